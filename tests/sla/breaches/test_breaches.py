"""Breaches: found once, stamped with the deadline, withdrawn when the promise was kept."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Role
from portal.events.models import Event
from portal.notifications.models import Notification
from sla.breaches.handlers import keep_clocks, recompute_clocks
from sla.breaches.models import Breach
from sla.breaches.services import find_breaches, follow_handoffs
from sla.breaches.tasks import find_breaches as find_breaches_task
from sla.calendar.services import save_day, seed_calendars
from sla.clocks.models import Clock
from sla.clocks.pausing import pause_clock
from sla.escalations.climbing import climb
from sla.escalations.handlers import begin_escalation
from tests.factories import make_activity, make_handoff, make_team, make_terms, make_user

MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 10:00 in Berlin
DUE = datetime(2026, 3, 2, 13, tzinfo=UTC)
SIGNED = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.django_db


def handoffs(count: int, **values):
    make_terms(at=SIGNED)
    made = [make_handoff(at=MADE, **values) for _ in range(count)]
    follow_handoffs([each.pk for each in made], at=MADE)
    return made


def breached_events():
    return list(Event.objects.filter(kind="clock.breached").order_by("pk"))


def test_a_clock_is_breached_after_its_due_second_and_not_in_it() -> None:
    handoffs(1)
    assert find_breaches(at=DUE) == 0
    assert find_breaches(at=DUE + SECOND) == 1
    assert Breach.objects.get().at == DUE


def test_an_outage_of_six_hours_is_caught_up_with_the_right_stamps() -> None:
    make_terms(at=SIGNED)
    made = [make_handoff(at=MADE + timedelta(minutes=10 * step)) for step in range(12)]
    follow_handoffs([each.pk for each in made], at=MADE)
    back = DUE + timedelta(hours=6)
    while find_breaches(at=back, limit=5):
        pass
    assert find_breaches(at=back) == 0
    stamps = Breach.objects.order_by("at").values_list("at", flat=True)
    assert list(stamps) == [DUE + timedelta(minutes=10 * step) for step in range(12)]
    assert set(Breach.objects.values_list("found_at", flat=True)) == {back}
    assert len(breached_events()) == 12
    told = sorted(event.at for event in breached_events())  # so the lead's story has it there
    assert told == list(stamps)


def test_the_task_finds_all_that_is_due_and_again_nothing() -> None:
    handoffs(3)
    find_breaches_task()
    find_breaches_task()
    assert Breach.objects.count() == 6  # both clocks of each are long over


def test_what_was_late_and_over_before_the_sweep_came_is_a_breach_too() -> None:
    (handoff,) = handoffs(1)
    make_activity(handoff.lead, kind="call_outbound", at=DUE + timedelta(minutes=5))
    follow_handoffs([handoff.pk], at=DUE + timedelta(minutes=6))
    assert Breach.objects.get().at == DUE
    assert find_breaches(at=DUE + timedelta(hours=1)) == 0


def test_a_paused_clock_is_not_breached() -> None:
    (handoff,) = handoffs(1)
    clock = Clock.objects.get(handoff=handoff, kind="first_touch")
    pause_clock(clock=clock, reason="wrong number", by=None, at=MADE)
    assert find_breaches(at=DUE + timedelta(hours=1)) == 0


def test_a_breach_whose_deadline_moved_is_withdrawn_and_found_anew() -> None:
    handoffs(1)
    find_breaches(at=DUE + SECOND)
    office = seed_calendars(by=None, at=SIGNED)["office-hours"]
    hours = [["11:00", "17:00"]]
    save_day(calendar=office, day=MADE.date(), name="Late start", intervals=hours, by=None, at=DUE)
    later = DUE + timedelta(minutes=10)
    recompute_clocks(list(Event.objects.filter(kind="calendar.changed")), later)
    assert Breach.objects.get().withdrawn_at == later
    moved = DUE + timedelta(hours=1)
    assert find_breaches(at=moved + SECOND) == 1
    assert Breach.objects.get(withdrawn_at=None).at == moved


def test_the_owner_and_the_sales_leads_of_the_team_are_told_once() -> None:
    team = make_team()
    owner, lead = make_user(team=team), make_user(team=team, role=Role.SALES_LEAD)
    make_user(role=Role.SALES_LEAD)  # of another team
    make_user(team=team, role=Role.SALES_LEAD, is_active=False)
    (handoff,) = handoffs(1, owner=owner, team=team)
    find_breaches(at=DUE + SECOND)
    for _ in range(2):
        begin_escalation(breached_events(), DUE + SECOND)
        climb(at=DUE + SECOND)
    told = {note.user: note for note in Notification.objects.filter(kind="clock.breached")}
    assert set(told) == {owner, lead}
    assert (
        told[owner].text
        == f"No first touch of {handoff.lead.name} yet: it was due Mon 2 Mar, 14:00."
    )
    assert told[owner].url == handoff.get_absolute_url()


def test_nobody_is_told_of_what_has_been_done_meanwhile() -> None:
    (handoff,) = handoffs(1, owner=make_user())
    find_breaches(at=DUE + SECOND)
    make_activity(handoff.lead, kind="call_outbound", at=DUE + 2 * SECOND)
    events = breached_events()
    keep_clocks(events, DUE + 3 * SECOND)
    climb(at=DUE + 3 * SECOND)
    assert not Notification.objects.filter(kind="clock.breached").exists()


def test_forty_breaches_cost_the_statements_of_one() -> None:
    costs = []
    team = make_team()
    make_user(team=team, role=Role.SALES_LEAD)
    for count in (1, 40):
        handoffs(count, team=team, owner=make_user())
        with CaptureQueriesContext(connection) as finding:
            assert find_breaches(at=DUE + SECOND) == count
        costs.append(len(finding))
    assert costs[0] == costs[1]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_sweeps_at_once_find_each_breach_once() -> None:
    handoffs(60)
    start, found = threading.Barrier(4), []

    def sweep() -> None:
        try:
            start.wait()
            found.extend(find_breaches(at=DUE + SECOND, limit=7) for _ in range(30))
        finally:
            connection.close()

    workers = [threading.Thread(target=sweep) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(found) == Breach.objects.count() == len(breached_events()) == 60
