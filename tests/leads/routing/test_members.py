"""Caps, weights and days on the rota: set together, by two people at once too."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.routing.handlers import route_after_member_change
from leads.routing.members import ChangedMeanwhile, Terms, change_members
from portal.core.errors import DomainError, NotAllowed
from portal.events.models import Event
from tests.factories import make_handoff, make_team, make_user
from tests.leads.routing.builders import member, owner, place_of

pytestmark = pytest.mark.django_db


def change(user, by, now, *, seen=None, **values):
    place = place_of(user)
    seen = seen or Terms.of(place)
    wanted = {place.pk: replace(seen, **values)}
    return change_members(
        team_id=place.team_id, wanted=wanted, seen={place.pk: seen}, by=by, at=now
    )


def test_a_raised_cap_makes_room(team, boss, now) -> None:
    anna = member(team, "Anna Berg", cap=0)
    handoff = make_handoff(team=team)
    (changed,) = change(anna, boss, now, cap=1, weight=50)
    assert (changed.cap, place_of(anna).weight) == (1, 50)
    event = Event.objects.get(kind="member.changed")
    assert (event.actor, event.payload["changed"]) == (boss, ["cap", "weight"])
    route_after_member_change([event], now)
    assert owner(handoff) == anna


def test_what_stays_is_no_change(team, boss, now) -> None:
    anna = member(team, "Anna Berg")
    assert change(anna, boss, now) == []
    assert not Event.objects.filter(kind="member.changed").exists()


def test_members_are_changed_by_their_sales_lead(team, boss, now) -> None:
    anna = member(team, "Anna Berg")
    for by in (anna, make_user(role="sales_lead", team=make_team()), make_user(role="marketing")):
        with pytest.raises(NotAllowed, match="by a sales lead of their team or an admin"):
            change(anna, by, now, cap=3)
    assert change(anna, make_user(role="admin"), now, cap=3)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"cap": 1001}, "at most 1000"), ({"cap": -1}, "at most 1000"), ({"weight": 0}, "between 1"),
     ({"weight": 1001}, "between 1 and 1000")],
)  # fmt: skip
def test_numbers_have_bounds(team, boss, now, values, words) -> None:
    with pytest.raises(DomainError, match=words):
        change(member(team, "Anna Berg"), boss, now, **values)


def test_members_of_another_team_are_left_alone(team, boss, now) -> None:
    other = member(make_team(), "Ben Ode")
    place = place_of(other)
    terms = Terms.of(place)
    wanted = {place.pk: replace(terms, cap=1)}
    change_members(team_id=team.pk, wanted=wanted, seen={place.pk: terms}, by=boss, at=now)
    assert place_of(other).cap == 25


def test_two_people_who_change_different_things_lose_nothing(team, boss, now) -> None:
    anna = member(team, "Anna Berg")
    seen = Terms.of(place_of(anna))
    change(anna, boss, now, cap=10)
    change(anna, make_user(role="admin"), now, seen=seen, rota_days=0b11111)
    assert Terms.of(place_of(anna)) == Terms(10, 100, takes_handoffs=True, rota_days=0b11111)


def test_who_saves_the_same_later_sees_both(team, boss, now) -> None:
    anna = member(team, "Anna Berg")
    seen = Terms.of(place_of(anna))
    change(anna, boss, now, cap=10)
    with pytest.raises(ChangedMeanwhile) as told:
        change(anna, make_user(role="admin"), now + timedelta(minutes=1), seen=seen, cap=30)
    assert str(told.value).startswith("Sam Lee changed this 1 min ago, while you were editing.")
    (clash,) = told.value.clashes
    assert (clash.seen, clash.theirs, clash.yours) == (25, 10, 30)
    assert (str(clash.label), clash.by) == ("most open handoffs", boss)
    assert place_of(anna).cap == 10


def test_one_and_forty_cost_the_same(team, boss, now) -> None:
    def cost(count) -> int:
        places = [place_of(member(team, f"Person {n}")) for n in range(count)]
        seen = {one.pk: Terms.of(one) for one in places}
        wanted = {pk: replace(terms, cap=3) for pk, terms in seen.items()}
        with CaptureQueriesContext(connection) as queries:
            changed = change_members(team_id=team.pk, wanted=wanted, seen=seen, by=boss, at=now)
        assert len(changed) == count
        return len(queries)

    assert cost(1) == cost(40)
