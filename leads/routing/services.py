"""Dealing out handoffs: each to whom of its team has the least for their weight, under the cap."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from leads.handoffs.locks import TEAM_LOCK
from leads.handoffs.models import Handoff, HandoffQuerySet
from leads.handoffs.services import default_team
from leads.routing import reasons
from leads.routing.choose import deal
from leads.routing.members import PLACES, members_at
from portal.core.bulk import update_rows
from portal.core.instants import whole_second
from portal.core.prepared import Prepared, together
from portal.events.services import record_each

BATCH = 500  # waiting handoffs looked at by one sweep


@transaction.atomic(savepoint=False)
def route_handoffs(handoff_ids: Collection[int], *, at: datetime) -> list[int]:
    """Route the waiting ones of these handoffs; return the ids of those that found somebody.

    Nearest due first, then the highest score. Each stores why it went to whom and records
    ``handoff.routed``; for those that wait on, why nobody could take them, and
    ``handoff.waiting`` when that is news. Statements grow with teams, not with handoffs. Locks
    each team in turn, lowest first: loads are counted under that lock, so no cap is passed.
    What somebody has on the desk is left to them; the sweep comes back to it.
    """
    at = whole_second(at)
    wanted = Handoff.objects.waiting().filter(pk__in=handoff_ids).exclude(held_until__gt=at)
    found: set[int | None] = set(wanted.values_list("team_id", flat=True).distinct())
    teams = {pk for pk in found if pk is not None}
    if None in found:
        teams |= _give_to_default_team(wanted.filter(team=None), at)
    routed: list[int] = []
    for team_id in sorted(teams):
        routed += _route_in_team(team_id, handoff_ids, at)
    return routed


def _give_to_default_team(homeless: HandoffQuerySet, at: datetime) -> set[int]:
    team = default_team()
    if team is None:
        _wait_on(list(homeless), reasons.of_no_team(), at)
        return set()
    homeless.update(team=team)
    return {team.pk}


_waiting = Prepared(
    lambda ids, at, team_id: (
        Handoff.objects.waiting()
        .filter(pk__among=ids, team=team_id)
        .exclude(held_until__gt=at)
        .select_for_update(no_key=True, of=("self",))
        .order_by(F("due_at").asc(nulls_last=True), "-rank", "pk")
    ),
    list[int],
    datetime,
    int,
)


def _route_in_team(team_id: int, handoff_ids: Collection[int], at: datetime) -> list[int]:
    _team, waiting, places = together(
        (TEAM_LOCK, [team_id]), (_waiting, [list(handoff_ids), at, team_id]), (PLACES, [team_id])
    )
    if not waiting:
        return []
    members = members_at(places, at=at)
    choices = deal(members, len(waiting))
    given, left = waiting[: len(choices)], waiting[len(choices) :]
    stored = [reasons.of_choice(choice) for choice in choices]
    update_rows(
        Handoff,
        [
            {"id": one.pk, "owner_id": why["user"], "routed_at": at, "routing": why}
            for one, why in zip(given, stored, strict=True)
        ],
        key="id",
    )
    record_each(
        "handoff.routed",
        [(one, why) for one, why in zip(given, stored, strict=True)],
        actor=None,
        at=at,
    )
    _wait_on(left, reasons.of_nobody(members), at)
    return [one.pk for one in given]


def _wait_on(waiting: Sequence[Handoff], why: dict[str, Any], at: datetime) -> None:
    """Store why these wait, where it is not what they wait for already."""
    news = [one for one in waiting if one.routing != why]
    Handoff.objects.filter(pk__in=[one.pk for one in news]).update(routing=why)
    record_each("handoff.waiting", [(one, why) for one in news], actor=None, at=at)


def route_waiting(
    *, at: datetime, team_ids: Collection[int] | None = None, limit: int = BATCH
) -> list[int]:
    """Route up to ``limit`` of what waits in each team, oldest first; return what found somebody.

    One transaction for each team, so that a full one holds up nobody. Safe to repeat and to run
    twice at once: what is routed no longer waits.
    """
    waiting = Handoff.objects.waiting().exclude(held_until__gt=at)
    if team_ids is not None:
        waiting = waiting.filter(Q(team__in=team_ids) | Q(team=None))
    teams: set[int | None] = set(waiting.values_list("team_id", flat=True).distinct())
    routed: list[int] = []
    for team_id in sorted(teams, key=lambda pk: pk or 0):
        oldest = waiting.filter(team=team_id).order_by("made_at", "pk")
        routed += route_handoffs(list(oldest.values_list("pk", flat=True)[:limit]), at=at)
    return routed
