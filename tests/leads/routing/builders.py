"""Members of a team and what they hold."""

from typing import Any

from leads.handoffs.models import Handoff
from leads.routing.reasons import explain_routing
from portal.accounts.models import Membership, Team, User
from tests.factories import make_handoff, make_user

OF_THE_PLACE = {field.name for field in Membership._meta.fields} - {"id", "user", "team"}


def member(team: Team, name: str, *, cap: int = 25, **values: Any) -> User:
    """Make an SDR of the team; ``values`` are the membership's or the person's."""
    place = {key: values.pop(key) for key in OF_THE_PLACE & set(values)}
    user = make_user(name=name, team=team, **values)
    Membership.objects.filter(user=user).update(cap=cap, **place)
    return user


def place_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def held(user: User | None, team: Team, count: int) -> list[Handoff]:
    return [make_handoff(owner=user, team=team) for _ in range(count)]


def owner(handoff: Handoff) -> User | None:
    return Handoff.objects.get(pk=handoff.pk).owner


def why(handoff: Handoff) -> str:
    (words,) = explain_routing([Handoff.objects.get(pk=handoff.pk)]).values()
    return words
