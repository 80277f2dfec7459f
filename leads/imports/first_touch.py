"""The first touch of an imported handoff: the first outbound call at or after it was made."""

from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, Q, Subquery

from leads.activities.models import Activity
from leads.database.registry import KINDS_BY_NAME
from leads.handoffs.models import Handoff, Origin

CALL = KINDS_BY_NAME["call_outbound"].code


def stamp_first_touches(lead_ids: Collection[int]) -> int:
    """Stamp the imported handoffs of these leads in one statement; return how many changed.

    Worked out from the activities each time, so it does not matter which file came first.
    """
    if not lead_ids:
        return 0
    calls = Activity.objects.filter(
        lead=OuterRef("lead"), kind=CALL, is_bot=False, occurred_at__gte=OuterRef("made_at")
    )
    first = Subquery(calls.order_by("occurred_at").values("occurred_at")[:1])
    handoffs = Handoff.objects.filter(
        lead__in=lead_ids, origin=Origin.IMPORTED, made_at__isnull=False
    )
    earlier = Q(first_touch_at=None) | Q(first_touch_at__gt=F("first"))
    found = handoffs.filter(Exists(calls)).annotate(first=first).filter(earlier)
    return Handoff.objects.filter(pk__in=found.values("pk")).update(first_touch_at=first)
