"""Ten minutes on one desk: taken once, extended, broken by a manager, over by itself."""

from contextlib import closing
from datetime import timedelta
from threading import Barrier, Thread
from threading import Event as Signal

import pytest
from django.db import connections, transaction

from leads.handoffs.handlers import tell_holder
from leads.handoffs.holding import (
    LEASE,
    Held,
    break_hold,
    check_not_held,
    extend_hold,
    give_up,
    leave_the_desk,
    take_hold,
)
from leads.handoffs.models import Handoff
from leads.routing.leaving import take_back
from leads.routing.services import route_handoffs, route_waiting
from portal.accounts.models import Membership, Role
from portal.core.errors import NotAllowed
from portal.events.models import Event
from portal.notifications.models import Notification
from tests.factories import make_handoff, make_team, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def tom(team):
    return make_user(team=team, role=Role.SALES_LEAD, name="Tom Falk")


def again(handoff: Handoff) -> Handoff:
    return Handoff.objects.get(pk=handoff.pk)


def kinds(handoff: Handoff) -> list[str]:
    rows = Event.objects.filter(subject_type="leads.handoff", subject_id=handoff.pk)
    return list(rows.order_by("pk").values_list("kind", flat=True))


def test_a_free_handoff_is_held_for_ten_minutes(team, sofia, now) -> None:
    handoff = make_handoff(team=team)
    assert take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    held = again(handoff)
    assert (held.held_by, held.held_since, held.held_until) == (sofia, now, now + LEASE)
    assert held.is_held(now + LEASE - timedelta(seconds=1))
    assert not held.is_held(now + LEASE)
    assert kinds(handoff) == ["handoff.held"]


def test_the_second_one_does_not_get_it(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team)
    assert take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    assert not take_hold(handoff_id=handoff.pk, by=anna, at=now + 9 * MINUTE)
    assert again(handoff).held_by == sofia


def test_an_expired_hold_is_free_without_a_sweep(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    assert take_hold(handoff_id=handoff.pk, by=anna, at=now + LEASE)
    assert again(handoff).held_by == anna
    assert kinds(handoff) == ["handoff.held", "handoff.held"]


def test_ones_own_hold_is_extended_and_no_event_says_so(team, sofia, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    assert take_hold(handoff_id=handoff.pk, by=sofia, at=now + 5 * MINUTE)
    assert extend_hold(handoff_id=handoff.pk, by=sofia, at=now + 6 * MINUTE)
    held = again(handoff)
    assert (held.held_since, held.held_until) == (now, now + 6 * MINUTE + LEASE)
    assert kinds(handoff) == ["handoff.held"]


def test_nothing_is_extended_that_one_does_not_have(team, sofia, anna, tom, now) -> None:
    handoff = make_handoff(team=team)
    assert not extend_hold(handoff_id=handoff.pk, by=sofia, at=now)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    break_hold(handoff=handoff, by=tom, at=now)
    assert not extend_hold(handoff_id=handoff.pk, by=sofia, at=now)
    assert again(handoff).held_by is None


def test_who_comes_back_late_goes_on_when_nobody_took_it(team, sofia, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    assert extend_hold(handoff_id=handoff.pk, by=sofia, at=now + 2 * LEASE)
    assert again(handoff).held_since == now + 2 * LEASE


def test_taking_one_gives_up_the_others(team, sofia, now) -> None:
    first, second = make_handoff(team=team), make_handoff(team=team)
    take_hold(handoff_id=first.pk, by=sofia, at=now)
    take_hold(handoff_id=second.pk, by=sofia, at=now)
    assert again(first).held_by is None
    assert again(second).held_by == sofia
    assert Event.objects.get(subject_id=second.pk, kind="handoff.held").payload == {
        "gave_up": [first.pk]
    }


def test_trying_in_vain_gives_up_nothing(team, sofia, anna, now) -> None:
    mine, hers = make_handoff(team=team), make_handoff(team=team)
    take_hold(handoff_id=mine.pk, by=sofia, at=now)
    take_hold(handoff_id=hers.pk, by=anna, at=now)
    assert not take_hold(handoff_id=hers.pk, by=sofia, at=now)
    assert again(mine).held_by == sofia


@pytest.mark.parametrize("role", Role.values)
def test_only_sales_holds_what_nobody_has(team, role, now) -> None:
    handoff, person = make_handoff(team=team), make_user(role=role, team=team)
    holds = take_hold(handoff_id=handoff.pk, by=person, at=now)
    assert holds == (role in {Role.SDR, Role.SALES_LEAD})


def test_others_and_other_teams_do_not_hold(team, sofia, anna, tom, now) -> None:
    hers = make_handoff(team=team, owner=anna)
    elsewhere = make_handoff(team=make_team())
    for person in (sofia, tom):
        assert not take_hold(handoff_id=hers.pk, by=person, at=now)
        assert not take_hold(handoff_id=elsewhere.pk, by=person, at=now)
    assert take_hold(handoff_id=hers.pk, by=anna, at=now)


def test_a_hold_ends_when_the_handoff_passes_to_somebody_else(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    Handoff.objects.filter(pk=handoff.pk).update(owner=anna)
    assert not again(handoff).is_held(now)
    assert take_hold(handoff_id=handoff.pk, by=anna, at=now)


def test_a_manager_breaks_a_hold(team, sofia, tom, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    break_hold(handoff=handoff, by=tom, at=now + MINUTE)
    broken = again(handoff)
    assert (broken.held_by, broken.held_since, broken.held_until) == (None, None, None)
    assert kinds(handoff) == ["handoff.held", "handoff.hold_broken"]
    assert Event.objects.get(kind="handoff.hold_broken").payload == {"from": sofia.pk}
    break_hold(handoff=handoff, by=tom, at=now + MINUTE)  # already as wanted
    assert len(kinds(handoff)) == 2


def test_only_a_manager_of_the_team_breaks(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    other = make_user(role=Role.SALES_LEAD, team=make_team())
    for person in (anna, other, make_user(role=Role.MARKETING_LEAD)):
        with pytest.raises(NotAllowed):
            break_hold(handoff=handoff, by=person, at=now)
    assert again(handoff).held_by == sofia


def test_held_says_who_and_until_when(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    check_not_held(again(handoff), sofia, now)
    with pytest.raises(Held, match="Sofia Berg has this on the desk until 09:10") as refusal:
        check_not_held(again(handoff), anna, now)
    assert (refusal.value.holder, refusal.value.until) == (sofia, now + LEASE)
    check_not_held(again(handoff), anna, now + LEASE)


def test_giving_up_frees_all_or_one(team, sofia, now) -> None:
    first, second = make_handoff(team=team), make_handoff(team=team)
    take_hold(handoff_id=first.pk, by=sofia, at=now)
    give_up(by=sofia, at=now, handoff_id=second.pk)
    assert again(first).held_by == sofia
    give_up(by=sofia, at=now)
    assert again(first).held_by is None
    assert kinds(first) == ["handoff.held", "handoff.let_go"]


def test_a_decision_leaves_neither_hold_nor_snooze(team, sofia, now) -> None:
    handoff = make_handoff(
        team=team, held_by=sofia, held_since=now, held_until=now + LEASE, snoozed_at=now,
        snoozed_until=now + LEASE, wakes_on_activity=True,
    )  # fmt: skip
    handoff.save(update_fields=leave_the_desk(handoff))
    left = again(handoff)
    assert not any((left.held_by, left.held_since, left.held_until, left.wakes_on_activity))
    assert not any((left.snoozed_at, left.snoozed_until))


def test_nobody_is_given_what_somebody_has_on_the_desk(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    assert route_handoffs([handoff.pk], at=now) == []
    assert route_waiting(at=now + 9 * MINUTE) == []
    assert again(handoff).owner is None
    assert route_waiting(at=now + LEASE) == [handoff.pk]


def test_what_a_leaver_had_on_the_desk_goes_on_at_once(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team, owner=sofia)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    take_back(user_id=sofia.pk, at=now)
    Membership.objects.filter(user=sofia).delete()
    assert route_handoffs([handoff.pk], at=now) == [handoff.pk]
    assert take_hold(handoff_id=handoff.pk, by=anna, at=now)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_claimers_of_one_handoff(now) -> None:
    team = make_team()
    handoff = make_handoff(team=team)
    people = [make_user(team=team) for _ in range(5)]
    won, start = [], Barrier(len(people))

    def play(person) -> None:
        try:
            start.wait()
            if take_hold(handoff_id=handoff.pk, by=person, at=now):
                won.append(person)
        finally:
            connections.close_all()

    threads = [Thread(target=play, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert again(handoff).held_by == won[0]
    assert kinds(handoff) == ["handoff.held"]


def test_the_holder_reads_once_who_broke_it(team, sofia, tom, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=sofia, at=now)
    break_hold(handoff=handoff, by=tom, at=now)
    for _ in range(2):
        tell_holder(list(Event.objects.filter(kind="handoff.hold_broken")), now)
    note = Notification.objects.get(user=sofia)
    assert "Tom Falk" in note.text
    assert note.url == handoff.get_absolute_url()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leaves", ["for another", "altogether"])
def test_what_a_colleague_is_just_trying_is_let_go_as_well(team, sofia, now, leaves) -> None:
    held, other = make_handoff(team=team), make_handoff(team=team)
    assert take_hold(handoff_id=held.pk, by=sofia, at=now)
    is_tried, has_left = Barrier(2), Signal()

    def try_it() -> None:
        with closing(connections["default"]), transaction.atomic():
            Handoff.objects.select_for_update(no_key=True).get(pk=held.pk)
            is_tried.wait(10)
            has_left.wait(0.5)  # by then she has what she wants, and waits for us

    colleague = Thread(target=try_it)
    colleague.start()
    is_tried.wait(10)
    if leaves == "altogether":
        give_up(by=sofia, at=now + MINUTE)
    else:
        assert take_hold(handoff_id=other.pk, by=sofia, at=now + MINUTE)
    has_left.set()
    colleague.join()
    assert again(held).held_by is None
