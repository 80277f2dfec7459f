"""Clocks whose calendar changes, that change hands or stand still; and late deliveries."""

from datetime import timedelta
from itertools import product

import pytest

from leads.handoffs.models import Handoff
from leads.routing.passing import pass_on
from portal.accounts.models import Membership
from portal.core.errors import Conflict, DomainError
from portal.events.models import Event
from sla.breaches.models import Breach
from sla.breaches.services import follow_handoffs
from sla.calendar.services import choose_calendar, remove_day, save_day, seed_calendars
from sla.clocks.models import Clock
from sla.clocks.pausing import pause_clock, resume_clock
from sla.clocks.services import sync_clocks
from sla.terms.defaults import default_clauses
from tests.factories import make_activity, make_handoff, make_team, make_terms, make_user
from tests.sla.clocks.builders import SIGNED, clock_of, decide, local, started

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def terms():
    return make_terms(at=SIGNED)


def test_a_holiday_moves_running_clocks_and_leaves_closed_ones_alone() -> None:
    office = seed_calendars(by=None, at=SIGNED)["office-hours"]
    running, closed = started(local(5, 15)), started(local(5, 15))
    decide(closed, local(5, 16))
    sync_clocks([closed.pk], at=local(5, 16))
    day = save_day(calendar=office, day=local(6, 12).date(), name="Day off", by=None, at=SIGNED)
    sync_clocks([running.pk, closed.pk], at=local(5, 17))
    assert clock_of(running).due_at == local(9, 11)
    assert clock_of(closed).due_at == local(6, 11)
    remove_day(day=day, by=None, at=SIGNED)
    sync_clocks([running.pk], at=local(5, 17))
    assert clock_of(running).due_at == local(6, 11)


def owners_hours():
    """Terms that count the first touch in its owner's hours, and an owner in New York."""
    clauses = default_clauses("Europe/Berlin")
    clauses[3]["body"] |= {"calendar": "owner", "otherwise": "office-hours"}
    make_terms(at=SIGNED + timedelta(days=1), clauses=clauses)
    office = seed_calendars(by=None, at=SIGNED)["office-hours"]
    west = type(office).objects.create(
        slug="west", name="West", zone="America/New_York", week=office.week
    )
    user = make_user()
    choose_calendar(user=user, calendar=west, by=None, at=SIGNED)
    return user


def test_reassignment_to_another_zone_keeps_what_was_used() -> None:
    user = owners_hours()
    handoff = started(local(2, 10))
    assert clock_of(handoff).due_at == local(2, 14)
    Handoff.objects.filter(pk=handoff.pk).update(owner=user, routed_at=local(2, 11))
    sync_clocks([handoff.pk], at=local(2, 11))
    clock = clock_of(handoff)
    assert (clock.calendar, clock.used, clock.moved_at) == ("west", 3600, local(2, 11))
    assert clock.due_at == local(2, 18)  # New York opens at 15:00 in Berlin; 3 hours are left
    once = Clock.objects.filter(pk=clock.pk).values().get()
    sync_clocks([handoff.pk], at=local(2, 16))
    assert Clock.objects.filter(pk=clock.pk).values().get() == once


def test_what_a_sales_lead_passes_on_keeps_what_was_used(
    django_capture_on_commit_callbacks,
) -> None:
    """By the whole way: the sales lead's word, its event, the clocks that follow it."""
    user, team = owners_hours(), make_team()
    Membership.objects.create(team=team, user=user)
    boss = make_user(role="sales_lead", team=team)
    handoff = started(local(2, 10), team=team)
    disposition = clock_of(handoff, "disposition").due_at
    with django_capture_on_commit_callbacks(execute=True):
        pass_on(team=team, wishes={handoff.pk: None}, to=user, by=boss, at=local(2, 11))
    clock = clock_of(handoff)
    assert (clock.calendar, clock.used, clock.moved_at) == ("west", 3600, local(2, 11))
    assert clock.due_at == local(2, 18)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.due_at) == (user, local(2, 18))
    assert clock_of(handoff, "disposition").due_at == disposition  # always open: it never moves


def test_a_clock_that_is_over_stays_over_when_it_changes_hands() -> None:
    user = owners_hours()
    handoff = started(local(2, 10))
    Handoff.objects.filter(pk=handoff.pk).update(owner=user, routed_at=local(2, 15))
    sync_clocks([handoff.pk], at=local(2, 15))
    assert clock_of(handoff).due_at == local(2, 14)


def test_a_touch_told_after_the_move_that_came_before_it_took_no_longer_for_that() -> None:
    user = owners_hours()
    handoff = started(local(2, 10))
    Handoff.objects.filter(pk=handoff.pk).update(owner=user, routed_at=local(2, 12))
    sync_clocks([handoff.pk], at=local(2, 12))
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 10, 30))
    sync_clocks([handoff.pk], at=local(2, 18))
    assert clock_of(handoff).worked == 1800


def test_a_pause_adds_the_working_time_it_covered() -> None:
    handoff = started(local(2, 10))
    pause_clock(clock=clock_of(handoff), reason="wrong number", by=None, at=local(2, 11))
    handoff.refresh_from_db()
    assert handoff.due_at == local(3, 10)  # the disposition's; the paused clock asks for nothing
    clock = resume_clock(clock=clock_of(handoff), by=None, at=local(2, 12, 30))
    assert clock.due_at == local(2, 15, 30)
    handoff.refresh_from_db()
    assert handoff.due_at == local(2, 15, 30)


def test_a_touch_during_a_pause_is_in_time() -> None:
    handoff = started(local(2, 10))
    pause_clock(clock=clock_of(handoff), reason="wrong number", by=None, at=local(2, 13))
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 16))
    sync_clocks([handoff.pk], at=local(2, 16))
    clock = clock_of(handoff)
    assert clock.stamped_at <= clock.due_at == local(2, 17)  # paused from 13 to 16
    assert clock.worked == 3 * 3600


def test_a_pause_runs_on_to_the_later_touch_when_a_robot_made_the_earlier() -> None:
    handoff = started(local(2, 10))
    pause_clock(clock=clock_of(handoff), reason="wrong number", by=None, at=local(2, 13))
    robot = make_activity(handoff.lead, kind="call_outbound", at=local(2, 14))
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 16))
    sync_clocks([handoff.pk], at=local(2, 16))
    assert clock_of(handoff).due_at == local(2, 15)
    type(robot).objects.filter(pk=robot.pk).update(is_bot=True)
    sync_clocks([handoff.pk], at=local(2, 17))
    clock = clock_of(handoff)
    assert clock.stamped_at == local(2, 16) <= clock.due_at == local(2, 17)


def what_happens(handoff: Handoff, user):
    """A routing, a touch and a disposition, each as the row that its service writes."""
    rows = Handoff.objects.filter(pk=handoff.pk)
    yield lambda: rows.update(owner=user, routed_at=local(2, 11))
    yield lambda: make_activity(handoff.lead, kind="call_outbound", at=local(2, 15, 30))
    yield lambda: decide(handoff, local(2, 17))


@pytest.mark.parametrize("delivered", list(product([False, True], repeat=4)))
def test_the_end_is_the_same_whichever_deliveries_came_late(delivered) -> None:
    user = owners_hours()
    handoff = make_handoff(at=local(2, 10))
    acts = [lambda: None, *what_happens(handoff, user)]
    for act, is_delivered in zip(acts, delivered, strict=True):
        act()
        if is_delivered:
            follow_handoffs([handoff.pk], at=local(2, 18))
    for _again in range(2):  # twice does no harm
        follow_handoffs([handoff.pk], at=local(2, 18))
    touch, decision = clock_of(handoff), clock_of(handoff, "disposition")
    assert (touch.calendar, touch.used, touch.due_at) == ("west", 3600, local(2, 18))
    assert (touch.stamped_at, touch.worked) == (local(2, 15, 30), 5400)
    assert (decision.stamped_at, decision.worked) == (local(2, 17), 7 * 3600)
    assert not Breach.objects.filter(clock__handoff=handoff, withdrawn_at=None).exists()


def test_only_a_running_clock_is_paused_and_only_a_paused_one_resumed() -> None:
    handoff = started(local(2, 10))
    with pytest.raises(Conflict, match="not paused any more"):
        resume_clock(clock=clock_of(handoff), by=None, at=local(2, 11))
    with pytest.raises(DomainError, match="Say why"):
        pause_clock(clock=clock_of(handoff), reason=" ", by=None, at=local(2, 11))
    pause_clock(clock=clock_of(handoff), reason="away", by=None, at=local(2, 11))
    with pytest.raises(Conflict, match="paused already"):
        pause_clock(clock=clock_of(handoff), reason="away", by=None, at=local(2, 11))
    resume_clock(clock=clock_of(handoff), by=None, at=local(2, 12))
    decide(handoff, local(2, 12))
    sync_clocks([handoff.pk], at=local(2, 12))
    with pytest.raises(Conflict, match="stopped already"):
        pause_clock(clock=clock_of(handoff), reason="away", by=None, at=local(2, 13))
    kinds = Event.objects.filter(subject_type="leads.handoff", subject_id=handoff.pk).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["clock.paused", "clock.resumed"]
