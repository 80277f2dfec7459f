from datetime import timedelta

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from portal.accounts.models import User
from portal.events import delivery
from portal.events.bells import held, ring_after_commit
from portal.events.models import Delivery, Event, EventLead
from portal.events.services import record, record_each
from portal.events.table import Handler

pytestmark = pytest.mark.django_db
calls: list[tuple[str, list[int]]] = []


def first(events, at):
    calls.append(("first", [event.subject_id for event in events]))


def second(events, at):
    calls.append(("second", [event.subject_id for event in events]))


def stumble(events, at):
    """Fails for subjects with an odd id, and writes before it fails."""
    for event in events:
        User.objects.filter(pk=event.subject_id).update(name="touched")
    if any(event.subject_id % 2 for event in events):
        raise RuntimeError("odd")


def lead_on(events, at):
    """Records an event for each subject, with what that one owes."""
    for event in events:
        record("test.led", subject=User(pk=event.subject_id), actor=None, at=at)


def bell(ids, at):
    calls.append(("bell", list(ids)))


HANDLERS = {
    "test.plain": (Handler(first), Handler(second)),
    "test.now": (Handler(first, now=True), Handler(second, after=timedelta(seconds=10))),
    "test.stumble": (Handler(stumble),),
    "test.leads": (Handler(lead_on, now=True), Handler(first, now=True)),
    "test.led": (Handler(first, now=True), Handler(second)),
    "test.half": (Handler(first, now=True), Handler(stumble, now=True)),
}
BELLS = {"test.bell": (bell,)}


@pytest.fixture(autouse=True)
def lifecycle(settings):
    settings.LIFECYCLE_HANDLERS = f"{__name__}.HANDLERS"
    settings.LIFECYCLE_BELLS = f"{__name__}.BELLS"
    calls.clear()


@pytest.fixture
def people():
    return [User.objects.create(email=f"{n}@example.test", name="N") for n in range(4)]


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused(people):
    with pytest.raises(TransactionManagementError):
        record("test.plain", subject=people[0], actor=None)


def test_many_events_take_as_many_statements_as_one(people, now, django_assert_num_queries):
    for some in (people[:1], people):
        with transaction.atomic(), held(), django_assert_num_queries(2):
            record_each("test.plain", [(one, {}) for one in some], actor=None, at=now)
    assert Delivery.objects.count() == 10


def test_an_act_on_many_leads_is_one_event_linked_to_each(people, now):
    with transaction.atomic():
        event = record("import.finished", subject=people[0], actor=None, at=now, leads=[7, 5, 7])
    assert list(EventLead.objects.order_by("lead_id").values_list("event", "lead_id")) == [
        (event.pk, 5),
        (event.pk, 7),
    ]


def test_handlers_run_in_the_order_of_the_table_in_one_set_each(people, now):
    with held(), transaction.atomic():
        record_each("test.plain", [(one, {}) for one in people], actor=None, at=now)
    assert delivery.deliver_pending(at=now) == 8
    ids = [one.pk for one in people]
    assert calls == [("first", ids), ("second", ids)]
    assert delivery.deliver_pending(at=now + timedelta(days=1)) == 0


def test_what_a_person_waits_for_is_done_at_commit_the_rest_after_its_time(
    people, django_capture_on_commit_callbacks, settings
):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        event = record("test.now", subject=people[0], actor=None)
    assert calls == [("first", [people[0].pk])]
    assert delivery.deliver_pending(at=event.at + timedelta(seconds=9)) == 0
    assert delivery.deliver_pending(at=event.at + timedelta(seconds=10)) == 1
    assert calls[-1] == ("second", [people[0].pk])


def test_what_is_urgent_runs_once_with_what_it_leads_to(people, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        record("test.leads", subject=people[0], actor=None)
    assert calls[0] == ("first", [people[0].pk, people[0].pk])  # both events, in one set
    assert [name for name, _ in calls].count("first") == 1
    states = dict(Delivery.objects.values_list("handler", "state"))
    assert states.pop(f"{__name__}.lead_on") == states.pop(f"{__name__}.first") == "done"
    assert Delivery.objects.filter(state="done").count() >= 3


def test_of_urgent_handlers_that_fail_together_each_is_tried_alone(
    people, django_capture_on_commit_callbacks
):
    odd = next(one for one in people if one.pk % 2)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        record("test.half", subject=odd, actor=None)
    states = dict(Delivery.objects.values_list("handler", "state"))
    assert states == {f"{__name__}.first": "done", f"{__name__}.stumble": "pending"}
    assert not User.objects.filter(name="touched").exists()


def test_one_failing_event_does_not_hold_up_its_neighbours(people, now):
    with held(), transaction.atomic():
        record_each("test.stumble", [(one, {}) for one in people], actor=None, at=now)
    delivery.deliver_pending(at=now)
    even = {one.pk for one in people if one.pk % 2 == 0}
    assert set(User.objects.filter(name="touched").values_list("pk", flat=True)) == even
    states = Delivery.objects.values_list("event__subject_id", "state", "attempts")
    assert all(state == ("done" if pk in even else "pending") for pk, state, _ in states)


def test_a_failing_handler_is_tried_five_times_and_then_waits_for_an_admin(people, now):
    odd = next(one for one in people if one.pk % 2)
    with held(), transaction.atomic():
        record("test.stumble", subject=odd, actor=None, at=now)
    at, gaps = now, []
    for minutes in (1, 5, 30, 120, 1):
        delivery.deliver_pending(at=at)
        row = Delivery.objects.get()
        gaps.append(row.not_before - at)
        at += timedelta(minutes=minutes)
    assert gaps[:4] == list(delivery.RETRY_AFTER)
    assert (row.state, row.attempts, row.error) == ("failed", 5, "RuntimeError: odd")
    assert delivery.retry_failed(at=at) == 1
    assert Delivery.objects.get().state == "pending"


def test_delivering_twice_does_the_work_once(people, now):
    with held(), transaction.atomic():
        record("test.plain", subject=people[0], actor=None, at=now)
    ids = list(Delivery.objects.values_list("pk", flat=True))
    delivery.run_deliveries(ids, at=now)
    delivery.run_deliveries(ids, at=now)
    assert len(calls) == 2


def test_a_bell_rings_after_the_commit_and_is_silent_in_a_replay(
    now, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        ring_after_commit("test.bell", [3, 4], at=now)
        assert calls == []
    assert calls == [("bell", [3, 4])]
    with django_capture_on_commit_callbacks(execute=True), held():
        ring_after_commit("test.bell", [5], at=now)
    assert len(calls) == 1


def test_a_row_that_is_rung_for_twice_in_one_transaction_is_answered_once(
    now, django_capture_on_commit_callbacks
):
    for _ in range(2):
        calls.clear()
        with django_capture_on_commit_callbacks(execute=True):
            ring_after_commit("test.bell", [3, 4], at=now)
            ring_after_commit("test.bell", [4, 5], at=now)
            ring_after_commit("test.bell", [3], at=now)
        assert calls == [("bell", [3, 4]), ("bell", [5])]


def test_a_rolled_back_act_leaves_no_event_and_rings_nothing(
    people, now, django_capture_on_commit_callbacks
):
    @transaction.atomic
    def act() -> None:
        record("test.now", subject=people[0], actor=None, at=now)
        raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        act()
    assert calls == []
    assert not Event.objects.exists()
