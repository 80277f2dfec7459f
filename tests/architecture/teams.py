"""What the addresses of the team board need in their path."""

from collections.abc import Mapping
from typing import Any

from leads.routing.passing import pass_on
from portal.accounts.models import Membership
from portal.events.models import Event
from tests.architecture.world import World
from tests.factories import make_user


def of_team(world: World) -> Mapping[str, Any]:
    assert world.people, "who belongs to the team is made with it"
    return {"team_id": world.team.pk}


def of_member(world: World) -> Mapping[str, Any]:
    team = of_team(world)
    return {**team, "member_id": Membership.objects.get(team=world.team, user=world.sdr).pk}


def of_pass(world: World) -> Mapping[str, Any]:
    """The sales lead passed a handoff on, a moment ago."""
    boss, handoff = world.people["sales_lead"], world.handoff
    passes = Event.objects.filter(kind="handoff.routed", actor=boss, subject_id=handoff.pk)
    if not passes.exists():
        wishes = {handoff.pk: handoff.owner_id}
        to = make_user(name="Colleague", team=world.team)
        pass_on(team=world.team, wishes=wishes, to=to, by=boss, at=world.at)
    return {**of_team(world), "event_id": passes.get().pk}
