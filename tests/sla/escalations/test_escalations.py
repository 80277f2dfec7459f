"""What follows a warning and a breach: each step once, at its time, in people's hours."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.handoffs.models import Handoff
from leads.tasks.models import FollowUp
from portal.accounts.models import Membership, Role
from portal.events.models import Event
from portal.notifications.models import Notification
from sla.breaches.models import Breach
from sla.breaches.services import find_breaches, follow_handoffs
from sla.calendar.models import Calendar
from sla.calendar.services import choose_calendar
from sla.clocks.models import Clock
from sla.clocks.pausing import pause_clock
from sla.escalations.climbing import climb
from sla.escalations.handlers import begin_escalation
from sla.escalations.ladders import open_ladders
from sla.escalations.models import Escalation
from sla.escalations.services import take_steps
from sla.escalations.story import story_of
from sla.terms.defaults import default_clauses
from tests.factories import make_activity, make_handoff, make_team, make_terms, make_user
from tests.sla.clocks.builders import SIGNED, clock_of, local

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TEN = local(2, 10)
DUE = local(2, 14)  # four hours after 10:00 on a Monday
HOUR = 3600
ALL = [
    {"do": "warn_owner", "when": "warn"},
    {"do": "warn_owner"},
    {"do": "tell_manager", "after_s": HOUR, "quiet": True},
    {"do": "task", "after_s": HOUR},
    {"do": "rest", "after_s": 2 * HOUR},
    {"do": "reassign", "after_s": 2 * HOUR},
]


class Floor:
    """A team of two SDRs and a sales lead, and terms with a ladder for the first touch."""

    def __init__(self, ladder=ALL):
        clauses = default_clauses("Europe/Berlin")
        clauses[3]["body"] |= {"ladder": ladder}
        make_terms(at=SIGNED, clauses=[row for row in clauses if row["key"] != "disposition"])
        self.team = make_team()
        self.owner, self.other = make_user(team=self.team), make_user(team=self.team)
        self.boss = make_user(team=self.team, role=Role.SALES_LEAD)

    def hand_over(self, count=1, at=TEN, **values):
        given = {"owner": self.owner, "team": self.team, "at": at} | values
        made = [make_handoff(**given) for _ in range(count)]
        follow_handoffs([each.pk for each in made], at=at)
        return made


def look(at):
    while find_breaches(at=at):
        pass
    climb(at=at)


def told():
    rows = Notification.objects.order_by("at", "pk").select_related("user")
    return [(one.user, one.kind, one.at) for one in rows]


def outcomes(**filters):
    rows = Escalation.objects.filter(**filters).order_by("due_at", "number")
    return [(one.act, one.due_at, one.outcome) for one in rows]


def test_the_ladder_is_climbed_step_by_step_each_once():
    floor = Floor()
    (handoff,) = floor.hand_over()
    times = [local(2, 12, 59), local(2, 13), DUE, DUE + MINUTE, DUE + 61 * MINUTE, local(2, 16, 5)]
    for at in times:
        for _again in range(2):
            look(at)
    assert told() == [
        (floor.owner, "clock.at_risk", local(2, 13)),
        (floor.owner, "clock.breached", DUE + MINUTE),
        (floor.boss, "clock.breached", DUE + 61 * MINUTE),
    ]
    assert outcomes() == [
        ("warn_owner", local(2, 13), "done"),
        ("warn_owner", DUE, "done"),
        ("tell_manager", local(2, 15), "done"),
        ("task", local(2, 15), "done"),
        ("rest", local(2, 16), "done"),
        ("reassign", local(2, 16), "done"),
    ]
    assert FollowUp.objects.get().assignee == floor.owner
    assert not Membership.objects.get(user=floor.owner).takes_handoffs
    handoff.refresh_from_db()
    assert handoff.owner == floor.other
    assert handoff.routing["from"] == floor.owner.pk
    events = Event.objects.filter(kind="clock.escalated", subject_id=handoff.pk).order_by("pk")
    assert [event.payload["act"] for event in events] == [step["do"] for step in ALL]
    assert Breach.objects.get().at == DUE
    assert Event.objects.filter(kind="member.rested").count() == 1


def test_six_hours_without_a_worker_are_caught_up_with_the_right_times():
    floor = Floor()
    made = [*floor.hand_over(3), *floor.hand_over(1, at=local(2, 10, 30))]
    look(DUE + timedelta(hours=6))
    breaches = Breach.objects.order_by("at").values_list("at", flat=True)
    assert list(breaches) == [DUE, DUE, DUE, DUE + 30 * MINUTE]
    rows = Escalation.objects.filter(clock__handoff=made[0])
    due = {one.act: one.due_at for one in rows}
    assert due == {
        "warn_owner": DUE, "tell_manager": local(2, 15), "task": local(2, 15),
        "rest": local(2, 16), "reassign": local(2, 16),
    }  # fmt: skip
    waiting = Escalation.objects.filter(taken_at=None)
    assert set(waiting.values_list("act", flat=True)) == {"tell_manager"}  # 20:00: they are home
    assert not any(kind == "clock.at_risk" for _who, kind, _at in told())
    look(local(3, 9))
    assert not Escalation.objects.filter(taken_at=None).exists()
    assert Event.objects.filter(kind="clock.escalated").count() == 4 * 5


def test_a_quiet_step_waits_for_each_ones_own_hours():
    floor = Floor([{"do": "tell_manager", "quiet": True}])
    late = make_user(team=floor.team, role=Role.SALES_LEAD, zone="Europe/Berlin")
    week = {str(day): [["18:00", "02:00"]] for day in range(5)}
    night = Calendar.objects.create(slug="night", name="Night", zone="Europe/Berlin", week=week)
    choose_calendar(user=late, calendar=night, by=None, at=SIGNED)
    floor.hand_over(at=local(2, 16, 30))  # due on Tuesday at 12:30
    floor.hand_over(at=local(2, 13))  # due on Monday at 17:00, when the boss goes home
    look(local(2, 19))
    assert told() == [(late, "clock.breached", local(2, 19))]
    assert Escalation.objects.get().not_before == local(3, 9)
    look(local(3, 9, 1))
    assert [who for who, _kind, _at in told()] == [late, floor.boss]
    assert Escalation.objects.get().outcome == "done"


def test_what_is_no_longer_needed_is_not_done():
    floor = Floor()
    touched, withdrawn, decided = floor.hand_over(3)
    look(DUE + MINUTE)
    make_activity(touched.lead, kind="call_outbound", at=DUE + 2 * MINUTE)
    make_activity(withdrawn.lead, kind="call_outbound", at=DUE - MINUTE)
    follow_handoffs([touched.pk, withdrawn.pk], at=DUE + 3 * MINUTE)
    Handoff.objects.filter(pk=decided.pk).update(is_decided=True, decided_at=DUE + 3 * MINUTE)
    look(local(2, 17))
    assert {row[2] for row in outcomes(due_at__gt=DUE)} == {"over"}
    assert Membership.objects.get(user=floor.owner).takes_handoffs


def test_the_page_does_not_announce_a_step_that_will_not_be_taken(client):
    floor = Floor([{"do": "warn_owner", "when": "warn", "quiet": True}, {"do": "warn_owner"}])
    (handoff,) = floor.hand_over(at=local(6, 16, 30))  # a Friday; due on Monday at 12:30
    clock = clock_of(handoff)
    night = local(8, 3)
    Clock.objects.filter(pk=clock.pk).update(warn_at=night - MINUTE, due_at=night + HOUR * MINUTE)
    look(night)
    clock.refresh_from_db()
    waits = story_of(clock, user=floor.boss, at=night).steps
    assert [(one.taken_at, one.outcome) for one in waits] == [(None, "")]
    over = story_of(clock, user=floor.boss, at=clock.due_at + MINUTE).steps
    assert [(one.taken_at, one.outcome) for one in over] == [(None, "no longer needed")]


def test_who_has_it_on_the_desk_keeps_it_and_who_passed_it_on_is_left_alone():
    floor = Floor([{"do": "reassign"}])
    held, passed = floor.hand_over(2)
    look(DUE - MINUTE)
    until = DUE + 8 * MINUTE
    Handoff.objects.filter(pk=held.pk).update(held_by=floor.owner, held_since=DUE, held_until=until)
    while find_breaches(at=DUE + MINUTE):
        pass
    begin_escalation(list(Event.objects.filter(kind="clock.breached")), DUE + MINUTE)
    Handoff.objects.filter(pk=passed.pk).update(owner=floor.other)
    take_steps(at=DUE + MINUTE)
    assert outcomes(clock__handoff=held) == [("reassign", DUE, "")]
    assert Escalation.objects.get(clock__handoff=held).not_before == until
    assert outcomes(clock__handoff=passed) == [("reassign", DUE, "over")]
    look(until)
    held.refresh_from_db()
    assert held.owner == floor.other


def test_nobody_to_turn_to_is_said_and_no_error():
    floor = Floor([{"do": "warn_owner"}, {"do": "rest"}, {"do": "reassign"}, {"do": "task"}])
    Membership.objects.filter(user__in=[floor.other, floor.boss]).delete()
    floor.hand_over(1, owner=None)
    floor.hand_over(1)
    look(DUE + MINUTE)
    assert sorted(row[2] for row in outcomes()) == ["done", "done", "done"] + ["nobody"] * 5


def test_a_paused_clock_is_not_warned_of():
    floor = Floor()
    (handoff,) = floor.hand_over()
    pause_clock(
        clock=clock_of(handoff), reason="wrong number", by=None, at=local(2, 11),
        limit_at=local(3, 12),
    )  # fmt: skip
    look(local(2, 15))
    assert not Escalation.objects.exists()


@pytest.mark.parametrize("act", ["open", "take"])
def test_forty_steps_cost_the_statements_of_one(act):
    floor = Floor()
    costs = []
    for count, start in ((1, local(2, 10)), (40, local(9, 10))):
        floor.hand_over(count, at=start)
        at = start + timedelta(hours=6, minutes=30)
        assert find_breaches(at=at) == count
        with CaptureQueriesContext(connection) as opening:
            begin_escalation(list(Event.objects.filter(kind="clock.breached"))[-count:], at)
        with CaptureQueriesContext(connection) as taking:
            take_steps(at=at, limit=500)
        costs.append(len(opening if act == "open" else taking))
    assert costs[0] == costs[1] or abs(costs[0] - costs[1]) <= 2 * (act == "take")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_take_each_step_once():
    floor = Floor()
    floor.hand_over(40)
    start = threading.Barrier(4)

    def work():
        try:
            start.wait()
            for _ in range(12):
                find_breaches(at=local(2, 16, 30), limit=7)
                open_ladders(at=local(2, 16, 30), limit=8)
                take_steps(at=local(2, 16, 30), limit=9)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    look(local(2, 16, 31))
    assert Escalation.objects.count() == 40 * 5
    events = Event.objects.filter(kind="clock.escalated")
    keys = [(event.payload["clock"], event.payload["step"]) for event in events]
    assert len(keys) == len(set(keys))
    assert Clock.objects.filter(is_breached=True).count() == 40
