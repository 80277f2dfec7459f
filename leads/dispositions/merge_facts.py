"""What is known of a lead that others became part of."""

from collections.abc import Sequence
from datetime import datetime

from leads.database.models import Lead
from leads.database.weaving import Woven, store_woven, weave
from leads.dispositions.models import Merge


def weave_into(kept: Lead, *, at: datetime) -> list[int]:
    """Write the facts of the lead anew out of all that was said of it and of who became it."""
    kept.refresh_from_db()
    return store_woven(facts_of([kept], into=kept), into=kept, at=at)


def facts_of(leads: Sequence[Lead], *, into: Lead) -> Woven:
    """Return the facts of these leads, and of those merged into them, as one lead's."""
    standing = Merge.objects.filter(undone_at=None, gone__duplicate_of__in=leads)
    leads = [*leads, *(one.gone for one in standing.select_related("gone"))]
    merges = Merge.objects.filter(kept__in=leads)
    woven = {
        pk for moved in merges.values_list("moved", flat=True) for pk in moved.get("woven", ())
    }
    return weave(leads, into=into, but=woven)
