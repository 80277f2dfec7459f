"""What pages say of leads that became one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from leads.database.models import Lead
from leads.dispositions.merge_checks import MERGES
from leads.dispositions.models import Merge
from leads.dispositions.needs import today_of
from portal.accounts.models import User

SHOWN = 20


@dataclass(frozen=True)
class Part:
    """A lead that became part of another; ``may_undo`` while this reader can take it back."""

    merge: Merge
    may_undo: bool


def parts_of(lead: Lead, *, reader: User, at: datetime) -> list[Part]:
    """Return who became part of this lead, the latest first; one query."""
    rows = Merge.objects.filter(kept=lead, undone_at=None).select_related("gone", "by")
    today = today_of(at)
    return [
        Part(
            row,
            may_undo=today_of(row.at) == today and (row.by_id == reader.pk or may_merge(reader)),
        )
        for row in rows.order_by("-at", "-pk")[:SHOWN]
    ]


def may_merge(reader: User) -> bool:
    """Tell whether this person makes two leads one without a handoff."""
    return reader.role in MERGES


def merged_into(public_id: UUID, *, reader: User) -> tuple[Lead, Lead] | None:
    """Return (the lead of this address, whom it became part of), as far as ``reader`` sees that."""
    row = (
        Merge.objects.filter(gone__public_id=public_id, undone_at=None)
        .select_related("gone__duplicate_of")
        .first()
    )
    if row is None or row.gone.duplicate_of is None:
        return None
    stays = row.gone.duplicate_of
    seen = Lead.objects.visible_to(reader).filter(pk=stays.pk)
    return (row.gone, stays) if seen.exists() else None
