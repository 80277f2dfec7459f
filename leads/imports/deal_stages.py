"""The stage that a lead's imported handoffs put it in (docs/reference/import-mapping.md)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from leads.database.models import Lead, Opportunity, Stage
from leads.database.opportunities import REST
from leads.database.stages import move_leads
from leads.dispositions.models import Disposition, Effect, Outcome
from leads.handoffs.models import Handoff, Origin
from portal.accounts.models import Organisation, User
from portal.core.bulk import update_rows

EVENT = "import.started"  # the event that names these leads


@dataclass(frozen=True)
class Place:
    """A stage, and when a recycled lead may come back (None: the source has no date)."""

    stage: Stage
    rests_from: datetime | None = None
    rest: timedelta = timedelta(0)


def follow_stages(lead_ids: Collection[int], *, by: User | None, at: datetime) -> None:
    """Move these leads to where their imported handoffs put them, in sets.

    A lead of which sales has had a live handoff stays where that led it.
    """
    places = _places(lead_ids)
    zone = ZoneInfo(Organisation.current().zone)
    by_stage: dict[Stage, list[int]] = defaultdict(list)
    for lead_id, place in places.items():
        by_stage[place.stage].append(lead_id)
    for stage, ids in by_stage.items():
        move_leads(ids, to=stage, by=by, at=at, cause=EVENT)
    days = {pk: _day(place, zone) for pk, place in places.items()}
    rows = Lead.objects.filter(pk__in=days).values_list("pk", "recycle_on")
    update_rows(
        Lead,
        [{"id": pk, "recycle_on": days[pk]} for pk, day in rows if days[pk] != day],
        key="id",
    )


def _day(place: Place, zone: ZoneInfo) -> date | None:
    if place.rests_from is None:
        return None
    return (place.rests_from + place.rest).astimezone(zone).date()


def _places(lead_ids: Collection[int]) -> dict[int, Place]:
    """Return the place of each lead that has one; leads with a live handoff have none."""
    live = Handoff.objects.live().filter(lead__in=lead_ids).values("lead")
    rows = Opportunity.objects.filter(lead__in=lead_ids).exclude(lead__in=live)
    ends = {one.handoff_id: one for one in rows}
    won = {one.lead_id for one in ends.values() if one.outcome == Opportunity.Outcome.WON}
    places = {lead_id: Place(Stage.CUSTOMER) for lead_id in won}
    for lead_id, decisions in _decisions(set(lead_ids) - won, live).items():
        judged = [one for one in decisions if not _is_duplicate(one)]
        if judged:
            last = max(judged, key=_order)
            places[lead_id] = _place(last, ends.get(last.handoff_id))
        else:
            places[lead_id] = Place(Stage.DISQUALIFIED)
    return places


def _decisions(
    lead_ids: Collection[int], live: QuerySet[Handoff, Any]
) -> dict[int, list[Disposition]]:
    rows = (
        Disposition.objects.standing()
        .filter(handoff__lead__in=lead_ids, origin=Origin.IMPORTED)
        .exclude(handoff__lead__in=live)
        .select_related("handoff", "reason")
    )
    found: dict[int, list[Disposition]] = defaultdict(list)
    for one in rows:
        found[one.handoff.lead_id].append(one)
    return found


def _is_duplicate(one: Disposition) -> bool:
    return one.reason is not None and one.reason.effect == Effect.DUPLICATE


def _order(one: Disposition) -> tuple[float, float, int]:
    """Later decisions come last; of those without a date, later handoffs."""
    made = one.handoff.made_at or one.decided_at
    decided = one.decided_at or made
    return (
        decided.timestamp() if decided else 0.0,
        made.timestamp() if made else 0.0,
        one.handoff_id,
    )


def _place(last: Disposition, end: Opportunity | None) -> Place:
    if last.outcome == Outcome.ACCEPTED or last.reason is None:
        if end is not None and end.outcome == Opportunity.Outcome.LOST:
            return Place(Stage.RECYCLED, end.closed_at, REST)
        return Place(Stage.SQL)
    if last.reason.effect == Effect.DISQUALIFY:
        return Place(Stage.DISQUALIFIED)
    return Place(Stage.RECYCLED, last.decided_at, timedelta(days=last.reason.recycle_days))
