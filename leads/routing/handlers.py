"""What routing does when something happened."""

from collections.abc import Sequence
from datetime import datetime

from leads.handoffs.models import Handoff
from leads.routing.leaving import take_back
from leads.routing.services import route_handoffs, route_waiting
from portal.accounts.models import Membership, User
from portal.events.models import Event


def route(events: Sequence[Event], at: datetime) -> None:
    """``handoff.made``, ``handoff.returned``: find somebody for each that waits."""
    route_handoffs([event.subject_id for event in events], at=at)


def route_into_freed_room(events: Sequence[Event], at: datetime) -> None:
    """``handoff.accepted``, ``handoff.rejected``: somebody in the team has room again."""
    handoffs = Handoff.objects.filter(pk__in=[event.subject_id for event in events])
    _route_in(set(handoffs.values_list("team_id", flat=True)), at)


def route_after_member_change(events: Sequence[Event], at: datetime) -> None:
    """``member.changed``, ``absence.ended``: a cap was raised, or somebody is back."""
    places = Membership.objects.filter(pk__in=[event.subject_id for event in events])
    _route_in(set(places.values_list("team_id", flat=True)), at)


def take_back_from_leavers(events: Sequence[Event], at: datetime) -> None:
    """``person.left``: whoever is still away for good gives back what they hold."""
    gone = User.objects.filter(pk__in=[event.subject_id for event in events], is_active=False)
    for user_id in gone.order_by("pk").values_list("pk", flat=True):
        take_back(user_id=user_id, at=at)


def take_back_from_former_members(events: Sequence[Event], at: datetime) -> None:
    """``team.changed``: who is no member any more gives back what they hold of the team."""
    named = {(event.subject_id, event.payload.get("user")) for event in events}
    members = Membership.objects.filter(team__in={team for team, _ in named})
    left = named - set(members.values_list("team_id", "user_id"))
    for team_id, user_id in sorted(pair for pair in left if pair[1]):
        take_back(user_id=user_id, team_id=team_id, at=at)


def _route_in(team_ids: set[int | None], at: datetime) -> None:
    known = {pk for pk in team_ids if pk is not None}
    if known:
        route_waiting(at=at, team_ids=known)
