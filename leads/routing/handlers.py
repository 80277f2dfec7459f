"""What routing does when something happened."""

from collections.abc import Sequence
from datetime import datetime

from leads.handoffs.models import Handoff
from leads.routing.services import route_handoffs, route_waiting
from portal.accounts.models import Membership
from portal.events.models import Event


def route(events: Sequence[Event], at: datetime) -> None:
    """``handoff.made``: find somebody for each new handoff."""
    route_handoffs([event.subject_id for event in events], at=at)


def route_into_freed_room(events: Sequence[Event], at: datetime) -> None:
    """``handoff.accepted``, ``handoff.rejected``: somebody in the team has room again."""
    handoffs = Handoff.objects.filter(pk__in=[event.subject_id for event in events])
    _route_in(set(handoffs.values_list("team_id", flat=True)), at)


def route_after_member_change(events: Sequence[Event], at: datetime) -> None:
    """``member.changed``: a cap was raised, or somebody is back."""
    places = Membership.objects.filter(pk__in=[event.subject_id for event in events])
    _route_in(set(places.values_list("team_id", flat=True)), at)


def _route_in(team_ids: set[int | None], at: datetime) -> None:
    known = {pk for pk in team_ids if pk is not None}
    if known:
        route_waiting(at=at, team_ids=known)
