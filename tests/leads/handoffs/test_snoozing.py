"""Put aside until a time, or until the lead does something; awake again without a sweep."""

from datetime import timedelta

import pytest

from leads.activities.services import ActivityInput, record_activities
from leads.dispositions.services import accept, log_touch, reject, withdraw
from leads.handoffs.holding import Held, next_for, take_hold
from leads.handoffs.models import Handoff
from leads.handoffs.snoozing import LONGEST, NoTime, snooze, wake
from portal.accounts.models import Role
from portal.core.errors import Conflict, NotAllowed
from portal.events.models import Event
from tests.factories import make_activity, make_handoff, make_reason, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def handoff(team, sofia):
    return make_handoff(team=team, owner=sofia)


def sleep(handoff, by, now, *, wakes_on_activity=True, until=None):
    until = until or now + 2 * HOUR
    return snooze(handoff=handoff, by=by, at=now, until=until, wakes_on_activity=wakes_on_activity)


def is_asleep(handoff, at) -> bool:
    """Both conditions are asked: a handoff is one or the other, never both or neither."""
    asleep = Handoff.objects.asleep(at).filter(pk=handoff.pk).exists()
    awake = Handoff.objects.awake(at).filter(pk=handoff.pk).exists()
    assert asleep != awake
    return asleep


def test_it_sleeps_until_its_time(handoff, sofia, now) -> None:
    assert not is_asleep(handoff, now)
    sleep(handoff, sofia, now)
    assert is_asleep(handoff, now)
    assert is_asleep(handoff, now + 2 * HOUR - timedelta(seconds=1))
    assert not is_asleep(handoff, now + 2 * HOUR)
    event = Event.objects.get(kind="handoff.snoozed")
    assert (event.actor, event.payload["wakes_on_activity"]) == (sofia, True)


def test_play_mode_passes_over_it_until_then(handoff, sofia, now) -> None:
    assert next_for(sofia, at=now) == handoff.pk
    sleep(handoff, sofia, now)
    assert Handoff.objects.get(pk=handoff.pk).held_by is None
    assert next_for(sofia, at=now + HOUR) is None
    assert next_for(sofia, at=now + 2 * HOUR) == handoff.pk


def act(handoff, kind: str, at, **more) -> None:
    one = ActivityInput(lead_id=handoff.lead_id, kind=kind, occurred_at=at, external_id="1", **more)
    record_activities([one], source="test", by=None, at=at)


def test_what_the_lead_does_wakes_it(handoff, sofia, now) -> None:
    sleep(handoff, sofia, now)
    act(handoff, "page_view", now + HOUR)
    assert not is_asleep(handoff, now + HOUR)
    assert next_for(sofia, at=now + HOUR) == handoff.pk


def test_what_it_did_before_does_not(handoff, sofia, now) -> None:
    act(handoff, "page_view", now - HOUR)
    sleep(handoff, sofia, now)
    assert is_asleep(handoff, now + HOUR)


def test_our_own_touch_does_not(handoff, sofia, now) -> None:
    sleep(handoff, sofia, now)
    log_touch(
        lead=handoff.lead, handoff=handoff, kind="call_outbound", outcome="no_answer", note="",
        by=sofia, at=now + HOUR,
    )  # fmt: skip
    assert is_asleep(handoff, now + HOUR)


@pytest.mark.parametrize("kind", ["email_sent", "sms_sent", "email_outbound", "meeting_held"])
def test_nor_does_what_we_send(handoff, sofia, now, kind) -> None:
    sleep(handoff, sofia, now)
    act(handoff, kind, now + HOUR)
    assert is_asleep(handoff, now + HOUR)


def test_nor_does_a_robot(handoff, sofia, now) -> None:
    sleep(handoff, sofia, now)
    make_activity(handoff.lead, at=now + HOUR, is_bot=True)
    assert is_asleep(handoff, now + HOUR)


def test_without_the_wish_nothing_but_time_wakes_it(handoff, sofia, now) -> None:
    sleep(handoff, sofia, now, wakes_on_activity=False)
    act(handoff, "demo_request", now + HOUR)
    assert is_asleep(handoff, now + HOUR)


@pytest.mark.parametrize("until", [-HOUR, timedelta(0), LONGEST + timedelta(seconds=1)])
def test_the_time_lies_within_thirty_days(handoff, sofia, now, until) -> None:
    with pytest.raises(NoTime):
        sleep(handoff, sofia, now, until=now + until)
    assert not is_asleep(handoff, now)


def test_a_person_wakes_it_before_its_time(handoff, sofia, now) -> None:
    sleep(handoff, sofia, now)
    for _ in range(2):
        wake(handoff=handoff, by=sofia, at=now + HOUR)
    assert not is_asleep(handoff, now + HOUR)
    assert Event.objects.filter(kind="handoff.woken").count() == 1


def test_it_is_ones_own_to_put_aside(team, handoff, sofia, now) -> None:
    for other in (make_user(team=team), make_user(role=Role.MARKETING_LEAD)):
        with pytest.raises(NotAllowed):
            sleep(handoff, other, now)
    sleep(handoff, make_user(role=Role.SALES_LEAD, team=team), now)


def test_not_while_somebody_else_has_it_or_once_it_is_decided(team, sofia, now) -> None:
    handoff = make_handoff(team=team)
    take_hold(handoff_id=handoff.pk, by=make_user(team=team), at=now)
    for act in (
        lambda: sleep(handoff, sofia, now),
        lambda: wake(handoff=handoff, by=sofia, at=now),
    ):
        with pytest.raises(Held):
            act()
    reject(handoff=handoff, reason=make_reason(), by=sofia, at=now + HOUR)
    with pytest.raises(Conflict, match="decided"):
        sleep(handoff, sofia, now + HOUR)


def test_a_decision_ends_it_also_when_taken_back(handoff, sofia, now) -> None:
    sleep(handoff, sofia, now)
    decision = accept(handoff=handoff, by=sofia, at=now)
    withdraw(disposition=decision, by=sofia, at=now)
    assert not is_asleep(handoff, now)


def test_deciding_needs_the_hold_to_be_ones_own_or_nobodys(team, sofia, now) -> None:
    handoff, anna = make_handoff(team=team), make_user(team=team, name="Anna")
    take_hold(handoff_id=handoff.pk, by=anna, at=now)
    with pytest.raises(Held, match="Anna"):
        accept(handoff=handoff, by=sofia, at=now)
    with pytest.raises(Held, match="Anna"):
        reject(handoff=handoff, reason=make_reason(), by=sofia, at=now)
    accept(handoff=handoff, by=anna, at=now)
    left = Handoff.objects.get(pk=handoff.pk)
    assert (left.held_by, left.held_until, left.is_decided) == (None, None, True)
