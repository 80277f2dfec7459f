"""Stepping in for somebody who did not respond: another gets the handoff, or they rest."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from leads.handoffs.locks import lock_team
from leads.handoffs.models import Handoff
from leads.routing import reasons
from leads.routing.choose import deal
from leads.routing.members import members_of
from portal.accounts.models import Membership
from portal.core.bulk import update_rows
from portal.core.instants import whole_second
from portal.events.services import record_each

Place = tuple[int, int]  # user, team


@transaction.atomic
def give_to_another(wishes: Mapping[int, int], *, at: datetime) -> list[int]:
    """Give open handoffs to somebody else of their team than who did not respond.

    ``wishes`` maps handoffs to that person. What is decided, has another owner by now, or is on
    somebody's desk stays; so does what nobody else has room for. Returns the ids of those that
    moved; each records ``handoff.routed`` with the person it came from, and its clocks keep what
    they used. Locks the teams, lowest first, then the handoffs.
    """
    at = whole_second(at)
    rows = Handoff.objects.open().filter(pk__in=wishes, team__isnull=False)
    teams = list(rows.order_by("team").values_list("team", flat=True).distinct())
    moved: list[int] = []
    for team_id in teams:
        lock_team(team_id)
    for team_id in teams:
        moved += _give_in_team(team_id, wishes, at=at)
    return moved


def _give_in_team(team_id: int, wishes: Mapping[int, int], *, at: datetime) -> list[int]:
    rows = Handoff.objects.open().filter(pk__in=wishes, team=team_id).exclude(held_until__gt=at)
    locked = rows.select_for_update(no_key=True, of=("self",)).order_by("due_at", "pk")
    there = [one for one in locked if one.owner_id == wishes[one.pk]]
    members = members_of(team_id, at=at)
    changes: list[dict[str, Any]] = []
    events: list[tuple[Handoff, dict[str, Any]]] = []
    for handoff in there:
        person, given = wishes[handoff.pk], Counter(row["owner_id"] for row in changes)
        others = [
            replace(one, load=one.load + given[one.user_id])
            for one in members
            if one.user_id != person
        ]
        for choice in deal(others, 1):
            why = {**reasons.of_choice(choice), "from": person, "cause": "breached"}
            changes.append(
                {"id": handoff.pk, "owner_id": choice.user_id, "routed_at": at, "routing": why}
            )
            events.append((handoff, why))
    update_rows(Handoff, changes, key="id")
    record_each("handoff.routed", events, actor=None, at=at)
    return [row["id"] for row in changes]


@transaction.atomic
def rest_members(places: Collection[Place], *, at: datetime) -> list[Place]:
    """Take people out of their teams' rotation until a sales lead puts them back.

    Each records ``member.rested``. Returns those who took handoffs until now. Locks the teams,
    lowest first.
    """
    teams = sorted({team for _user, team in places})
    for team_id in teams:
        lock_team(team_id)
    rows = Membership.objects.filter(team__in=teams, takes_handoffs=True).order_by("pk")
    resting = [one for one in rows if (one.user_id, one.team_id) in set(places)]
    Membership.objects.filter(pk__in=[one.pk for one in resting]).update(takes_handoffs=False)
    record_each(
        "member.rested",
        [(one, {"user": one.user_id, "team": one.team_id}) for one in resting],
        actor=None,
        at=whole_second(at),
    )
    return [(one.user_id, one.team_id) for one in resting]
