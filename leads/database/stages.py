"""Moving leads from stage to stage, in sets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from leads.database.models import Lead, Stage, StageChange, StaleCause, Standing
from leads.database.standing import mark_stale_rows
from portal.accounts.models import User
from portal.core.bulk import insert_rows
from portal.core.instants import whole_second


@transaction.atomic
def move_leads(
    lead_ids: Iterable[int],
    *,
    to: Stage,
    by: User | None,
    at: datetime,
    cause: str,
    only_from: Sequence[Stage] | None = None,
) -> list[int]:
    """Move leads to a stage and return the ids of those that moved.

    Leads that are there already, or not in one of ``only_from``, stay. ``cause`` is the kind of
    the event that moves them, which the caller records. Locks the leads in the order of their ids.
    """
    at = whole_second(at)
    wanted = Lead.objects.filter(pk__in=set(lead_ids)).exclude(stage=to)
    if only_from is not None:
        wanted = wanted.filter(stage__in=only_from)
    locked = wanted.order_by("pk").select_for_update(no_key=True, of=("self",))
    moved = list(locked.values_list("pk", flat=True))
    move_locked(moved, to=to, by=by, at=at, cause=cause)
    return moved


def move_locked(
    lead_ids: Sequence[int], *, to: Stage, by: User | None, at: datetime, cause: str
) -> None:
    """Move leads that are at other stages; the caller has read that under their locks."""
    if not lead_ids:
        return
    Lead.objects.filter(pk__in=lead_ids).update(stage=to)
    Standing.objects.filter(pk__in=lead_ids).update(stage=to)
    StageChange.objects.filter(lead__in=lead_ids, left_at=None).update(left_at=at)
    change = {"stage": to, "entered_at": at, "by_id": by.pk if by else None, "cause": cause}
    insert_rows(StageChange, [{"lead_id": pk, **change} for pk in lead_ids])


def move_lead(
    lead: Lead, *, to: Stage, by: User | None, at: datetime, cause: str, **values: Any
) -> None:
    """Move one lead, whose lock the caller holds, and write further ``values`` of it.

    ``lead`` is its row as it is now; its standing keeps copies of stage, owner and whether it is
    listed. ``cause`` is the kind of the event that moves it, which the caller records.
    """
    moves, copies = lead.stage != to, dict[str, Any]()
    if moves:
        values["stage"] = copies["stage"] = to
    if "owner_id" in values:
        copies["owner_id"] = values["owner_id"]
    if "duplicate_of_id" in values:
        copies["is_listed"] = values["duplicate_of_id"] is None
    Lead.objects.filter(pk=lead.pk).update(**values, revision=F("revision") + 1)
    if copies:
        Standing.objects.filter(pk=lead.pk).update(**copies)
    if copies.get("is_listed"):  # a rescore may have passed it by meanwhile
        mark_stale_rows(Standing.objects.filter(pk=lead.pk), cause=StaleCause.LIVE, at=at)
    if not moves:
        return
    StageChange.objects.filter(lead=lead, left_at=None).update(left_at=at)
    change = {"stage": to, "entered_at": at, "by_id": by.pk if by else None, "cause": cause}
    insert_rows(StageChange, [{"lead_id": lead.pk, **change}])


def pass_through(lead_ids: Iterable[int], *, stage: Stage, at: datetime, cause: str) -> None:
    """Write down that leads were at ``stage`` on their way to one that they move to at once.

    Call it with their locks held, before they are moved on.
    """
    stay = {"stage": stage, "entered_at": at, "left_at": at, "cause": cause}
    insert_rows(StageChange, [{"lead_id": pk, **stay} for pk in sorted(set(lead_ids))])
