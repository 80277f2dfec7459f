from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from leads.dispositions.services import reject
from leads.handoffs.models import Handoff
from leads.routing import tasks
from leads.routing.handlers import route, route_into_freed_room
from leads.routing.services import route_handoffs, route_waiting
from portal.events.models import Event
from tests.factories import make_handoff, make_reason, make_team
from tests.leads.routing.builders import held, member, owner, why

pytestmark = pytest.mark.django_db


def test_a_handoff_goes_to_the_least_loaded_with_its_reason(team, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode")
    held(anna, team, 2)
    held(ben, team, 1)
    handoff = make_handoff(team=team)
    assert route_handoffs([handoff.pk], at=now) == [handoff.pk]
    assert owner(handoff) == ben
    assert why(handoff) == "Ben Ode had the fewest open handoffs of those with room: 1 of 25."
    event = Event.objects.get(kind="handoff.routed")
    assert (event.subject_id, event.payload["user"]) == (handoff.pk, ben.pk)
    assert "Ben" not in str(event.payload)
    assert route_handoffs([handoff.pk], at=now) == []


def test_equal_loads_go_in_turn(team, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode")
    held(anna, team, 1)
    Handoff.objects.update(routed_at=now - timedelta(hours=2))
    held(ben, team, 1)
    handoff = make_handoff(team=team)
    route_handoffs([handoff.pk], at=now)
    assert owner(handoff) == anna
    assert why(handoff) == (
        "Anna Berg and Ben Ode had 1 open handoff each; Anna Berg had waited longest for a new one."
    )


def test_equal_waits_go_by_the_list(team, now) -> None:
    anna = member(team, "Anna Berg")
    member(team, "Ben Ode")
    handoff = make_handoff(team=team)
    route_handoffs([handoff.pk], at=now)
    assert owner(handoff) == anna
    assert why(handoff).endswith("Anna Berg is first in the list.")


def test_half_a_weight_is_full_with_half_as_many(team, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode", weight=50)
    held(anna, team, 3)
    held(ben, team, 1)
    handoff, next_one = make_handoff(team=team), make_handoff(team=team)
    route_handoffs([handoff.pk], at=now)
    assert owner(handoff) == ben
    assert why(handoff) == (
        "Ben Ode had the least for their weight: 1 of 25 at 50 %, where Anna Berg had 3 at 100 %."
    )
    held(anna, team, 1)
    route_handoffs([next_one.pk], at=now)
    assert why(next_one).startswith("Anna Berg and Ben Ode had equally much for their weights; ")


def test_decided_handoffs_are_no_load(team, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode")
    for _ in range(3):
        make_handoff(owner=anna, team=team, is_decided=True, decided_at=now, routed_at=now)
    held(ben, team, 1)
    handoff = make_handoff(team=team)
    route_handoffs([handoff.pk], at=now)
    assert owner(handoff) == anna


def test_only_available_sdrs_take_handoffs(team, now) -> None:
    member(team, "Away", away_until=now + timedelta(days=1))
    member(team, "Full", cap=0)
    member(team, "Takes none", takes_handoffs=False)
    member(team, "Lead", role="sales_lead")
    member(team, "Left", is_active=False)
    handoff = make_handoff(team=team)
    assert route_handoffs([handoff.pk], at=now) == []
    assert why(handoff) == (
        "Nobody has room: Full is full and Away is away. It is routed as soon as somebody has."
    )
    back = member(team, "Back", away_until=now)
    route_handoffs([handoff.pk], at=now)
    assert owner(handoff) == back
    assert why(handoff) == "Only Back had room: 0 of at most 25 open handoffs."


def test_waiting_is_news_once(team, now) -> None:
    handoff = make_handoff(team=team)
    for _ in range(2):
        assert route_waiting(at=now) == []
    assert Event.objects.filter(kind="handoff.waiting").count() == 1
    assert why(handoff).startswith("Nobody in the team takes handoffs.")


def test_the_nearest_due_and_then_the_best_go_first(team, now) -> None:
    member(team, "Anna Berg", cap=2)
    low, due, high = (make_handoff(team=team, rank=rank) for rank in (40, 10, 90))
    Handoff.objects.filter(pk=due.pk).update(due_at=now)
    assert route_waiting(at=now) == [due.pk, high.pk]
    assert owner(low) is None


def test_a_full_team_holds_up_no_other(team, now) -> None:
    other = make_team()
    ben = member(other, "Ben Ode")
    for _ in range(3):
        make_handoff(team=team, at=now - timedelta(days=1))
    later = make_handoff(team=other, at=now)
    assert route_waiting(at=now, limit=2) == [later.pk]
    assert owner(later) == ben


def test_without_a_team_it_waits_for_one(now) -> None:
    handoff = make_handoff(team=None)
    route_waiting(at=now)
    assert why(handoff).startswith("No team takes handoffs yet.")
    team = make_team()
    anna = member(team, "Anna Berg")
    route_waiting(at=now)
    assert (owner(handoff), Handoff.objects.get().team) == (anna, team)


def test_imported_and_decided_handoffs_are_never_routed(team, now) -> None:
    member(team, "Anna Berg")
    history = make_handoff(team=team, origin="imported", cause="imported")
    done = make_handoff(team=team, is_decided=True, decided_at=now)
    assert route_handoffs([history.pk, done.pk], at=now) == []


def test_a_disposition_makes_room_for_what_waits(team, now) -> None:
    anna = member(team, "Anna Berg", cap=1)
    (busy,) = held(anna, team, 1)
    waits = make_handoff(team=team)
    route_waiting(at=now)
    reject(handoff=busy, reason=make_reason(), by=anna, at=now)
    events = list(Event.objects.filter(kind="handoff.rejected"))
    for _ in range(2):
        route_into_freed_room(events, now)
    assert owner(waits) == anna
    assert Event.objects.filter(kind="handoff.routed").count() == 1


def test_the_sweep_finds_who_is_back_by_the_clock(team, now) -> None:
    anna = member(team, "Anna Berg", away_until=now - timedelta(days=300))
    handoff = make_handoff(team=team)
    tasks.route_waiting()
    assert owner(handoff) == anna
    tasks.route_waiting()


def test_the_handler_routes_new_handoffs(team, now) -> None:
    anna = member(team, "Anna Berg")
    handoff = make_handoff(team=team)
    event = Event(kind="handoff.made", subject_id=handoff.pk)
    route([event], now)
    route([event], now)
    assert owner(handoff) == anna
    assert Event.objects.filter(kind="handoff.routed").count() == 1


def test_one_and_forty_cost_the_same(team, now) -> None:
    member(team, "Anna Berg")
    member(team, "Ben Ode", cap=3)

    def cost(count) -> int:
        ids = [make_handoff(team=team).pk for _ in range(count)]
        with CaptureQueriesContext(connection) as queries:
            route_handoffs(ids, at=now)
        return len(queries)

    one, forty = cost(1), cost(40)  # more than fit: the rest waits, in three more statements
    assert forty <= one + 4
    assert Handoff.objects.exclude(owner=None).count() == 28


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_cap_is_passed_when_many_route_at_once(team, now) -> None:
    people = [member(team, f"Person {n}", cap=7) for n in range(3)]
    ids = [make_handoff(team=team).pk for _ in range(40)]
    start, errors = Barrier(8), []

    def work(place: int) -> None:
        try:
            start.wait()
            for pk in ids[place::4]:
                route_handoffs([pk], at=now)
            route_waiting(at=now)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(n % 4,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    loads = [Handoff.objects.open().filter(owner=one).count() for one in people]
    assert loads == [7, 7, 7]
    assert Event.objects.filter(kind="handoff.routed").count() == 21
