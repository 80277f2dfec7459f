"""Out of office: at once, planned, kept; back again; and what the sweep does."""

from datetime import timedelta

import pytest
from django.db import connections

from leads.handoffs.models import Handoff
from leads.routing import tasks
from leads.routing.absence import (
    AbsenceChanged,
    Moving,
    begin_absences,
    come_back,
    foresee,
    go_away,
    span_of,
)
from leads.routing.handlers import route_after_member_change
from portal.accounts.models import Membership
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from sla.clocks.models import Clock
from sla.clocks.services import sync_clocks
from tests.factories import make_handoff, make_lead, make_team, make_terms, make_user
from tests.faults.test_locks import together
from tests.leads.routing.builders import held, member, owner, place_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NONE = (None, None)


def leave(user, boss, now, *, starts=None, until=2 * DAY, keeps=False, seen=NONE):
    return go_away(
        place=place_of(user), away_from=starts, away_until=now + until, keeps=keeps,
        seen=seen, by=boss, at=now,
    )  # fmt: skip


def test_who_goes_now_leaves_what_is_open_to_those_with_room(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    anna, ben = member(team, "Anna Berg", cap=1), member(team, "Ben Ode", cap=2)
    handoffs = held(sofia, team, 4)
    Handoff.objects.filter(pk=handoffs[0].pk).update(held_by=sofia, held_until=now + DAY)
    assert foresee(place_of(sofia), at=now) == Moving(count=4, moves=3, people=2)
    assert leave(sofia, boss, now) == Moving(count=4, moves=3, people=2)
    assert sorted(str(owner(one)) for one in handoffs) == [
        "Anna Berg", "Ben Ode", "Ben Ode", "None",
    ]  # fmt: skip
    assert not Handoff.objects.exclude(held_by=None).exists()
    assert [(one.actor, one.payload["cause"]) for one in
            Event.objects.filter(kind="handoff.returned")] == [(boss, "away")] * 4  # fmt: skip
    began = Event.objects.get(kind="absence.began")
    assert (began.payload["moved"], began.payload["waiting"]) == (3, 1)
    assert begin_absences(at=now + timedelta(hours=1)) == 0
    assert {anna, ben} == {one.owner for one in Handoff.objects.exclude(owner=None)}


def test_clocks_run_on_while_a_person_is_away(team, boss, now) -> None:
    make_terms(at=now - timedelta(days=30))
    sofia, ben = member(team, "Sofia"), member(team, "Ben Ode")
    handoff = make_handoff(make_lead(at=now), at=now, owner=sofia, team=team)
    sync_clocks([handoff.pk], at=now)
    before = list(Clock.objects.order_by("pk").values_list("due_at", "started_at", "paused_at"))
    later = now + timedelta(hours=1)
    leave(sofia, boss, later)
    sync_clocks([handoff.pk], at=later)
    after = list(Clock.objects.order_by("pk").values_list("due_at", "started_at", "paused_at"))
    assert (owner(handoff), after) == (ben, before)
    assert len(after) == 2


def test_what_they_keep_stays(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    member(team, "Ben Ode")
    handoffs = held(sofia, team, 2)
    assert leave(sofia, boss, now, keeps=True) is None
    begin_absences(at=now + DAY)
    assert [owner(one) for one in handoffs] == [sofia, sofia]
    assert place_of(sofia).is_away(now)
    assert Event.objects.get(kind="absence.planned").payload["keeps"] is True


def test_a_planned_absence_begins_by_the_sweep_once(team, boss, now) -> None:
    sofia, ben = member(team, "Sofia"), member(team, "Ben Ode")
    begins = now + DAY
    assert leave(sofia, boss, now, starts=begins, until=3 * DAY) is None
    early = held(sofia, team, 1)
    assert begin_absences(at=now + timedelta(hours=23)) == 0
    assert owner(early[0]) == sofia
    assert not place_of(sofia).is_away(now)
    late = held(sofia, team, 1)  # came between planning and going
    assert begin_absences(at=begins) == 1
    assert [owner(one) for one in early + late] == [ben, ben]
    events = Event.objects.count()
    assert begin_absences(at=begins) == 0
    assert Event.objects.count() == events
    tasks.begin_absences()


def test_an_absence_that_is_over_before_the_sweep_comes_moves_nothing(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    member(team, "Ben Ode")
    leave(sofia, boss, now, starts=now + DAY)
    (handoff,) = held(sofia, team, 1)
    assert begin_absences(at=now + 3 * DAY) == 0
    assert owner(handoff) == sofia
    assert place_of(sofia).hands_over_at is None


def test_who_is_back_is_dealt_what_waits(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    handoffs = held(sofia, team, 1)
    leave(sofia, boss, now)
    assert owner(handoffs[0]) is None
    place = place_of(sofia)
    come_back(place=place, seen=span_of(place, at=now), by=boss, at=now)
    route_after_member_change(list(Event.objects.filter(kind="absence.ended")), now)
    assert owner(handoffs[0]) == sofia
    assert span_of(place_of(sofia), at=now) == NONE
    with pytest.raises(Conflict, match="Sofia is back already"):
        come_back(place=place, seen=NONE, by=boss, at=now)


def test_a_planned_absence_that_is_called_off_moves_nothing(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    leave(sofia, boss, now, starts=now + DAY)
    place = place_of(sofia)
    come_back(place=place, seen=span_of(place, at=now), by=boss, at=now)
    assert begin_absences(at=now + DAY) == 0


def test_absences_are_the_sales_leads_and_lie_ahead(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    for by in (sofia, make_user(role="sales_lead", team=make_team())):
        with pytest.raises(NotAllowed):
            leave(sofia, by, now)
    with pytest.raises(DomainError, match="Choose a day to come"):
        leave(sofia, boss, now, until=timedelta(0))
    with pytest.raises(DomainError, match="ends after it begins"):
        leave(sofia, boss, now, starts=now + 3 * DAY)
    assert not Event.objects.filter(kind="absence.planned").exists()


def test_who_saves_later_is_told_of_who_saved_first(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    leave(sofia, boss, now)
    with pytest.raises(AbsenceChanged) as told:
        leave(sofia, boss, now + timedelta(seconds=30), until=5 * DAY)
    assert str(told.value) == "Sam Lee changed this absence 30 s ago, while you were editing."
    assert told.value.place.away_until == now + 2 * DAY


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_begin_an_absence_once(team, boss, now) -> None:
    sofia = member(team, "Sofia")
    member(team, "Ben Ode")
    held(sofia, team, 5)
    Membership.objects.filter(user=sofia).update(
        away_from=now, away_until=now + DAY, hands_over_at=now
    )
    assert together(*[lambda: begin_absences(at=now)] * 4) == []
    connections.close_all()
    assert Event.objects.filter(kind="absence.began").count() == 1
    assert Event.objects.filter(kind="handoff.returned").count() == 5
    assert Handoff.objects.filter(owner__name="Ben Ode").count() == 5
