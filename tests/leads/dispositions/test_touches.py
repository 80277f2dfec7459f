from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.activities.models import Activity
from leads.database.models import Note
from leads.dispositions.services import Incomplete, log_touch, stamp_touches
from leads.handoffs.models import Handoff
from portal.core.errors import NotAllowed
from portal.events.models import Event
from tests.factories import make_activity, make_handoff, make_lead, make_team, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def anna():
    return make_user(name="Anna Berg", team=make_team())


@pytest.fixture
def handoff(anna):
    return make_handoff(owner=anna)


def touch(handoff, by, at, **given) -> int:
    usual = {"kind": "call_outbound", "outcome": "no_answer", "note": "", "by": by, "at": at}
    return log_touch(**{"lead": handoff.lead, "handoff": handoff} | usual | given)


def first(handoff):
    return Handoff.objects.get(pk=handoff.pk).first_touch_at


def test_a_touch_is_an_activity_a_stamp_an_event_and_a_note(handoff, anna, now) -> None:
    pk = touch(handoff, anna, now + MINUTE, note="Rang for long.")
    activity = Activity.objects.get(pk=pk)
    assert (activity.registered.name, activity.actor) == ("call_outbound", anna)
    assert activity.properties == {"outcome": "no_answer"}
    assert first(handoff) == now + MINUTE
    event = Event.objects.get(kind="handoff.touched")
    assert (event.subject_id, event.payload["activity"]) == (handoff.pk, pk)
    assert Note.objects.get().text == "Rang for long."


def test_a_form_sent_twice_logs_once(handoff, anna, now) -> None:
    once = touch(handoff, anna, now, token="abc", note="Hello.")
    assert touch(handoff, anna, now + MINUTE, token="abc", note="Hello.") == once
    assert (Activity.objects.count(), Note.objects.count()) == (1, 1)
    assert touch(handoff, anna, now, token="other") != once


def test_the_earliest_stamp_stays_in_whatever_order_touches_come(handoff, anna, now) -> None:
    touch(handoff, anna, now + 9 * MINUTE)
    touch(handoff, anna, now + 9 * MINUTE, occurred_at=now + 2 * MINUTE)
    touch(handoff, anna, now + 9 * MINUTE, occurred_at=now + 5 * MINUTE)
    touch(handoff, anna, now + 9 * MINUTE, occurred_at=now - MINUTE)  # before it was handed off
    assert first(handoff) == now + 2 * MINUTE
    assert Event.objects.filter(kind="handoff.touched").count() == 4


def test_a_touch_from_the_leads_page_belongs_to_its_open_handoff(handoff, anna, now) -> None:
    given = {"handoff": None, "kind": "meeting_held", "outcome": "", "note": "", "by": anna}
    log_touch(lead=handoff.lead, at=now, **given)
    assert first(handoff) == now
    log_touch(lead=make_lead(), at=now, **given)
    assert Event.objects.filter(kind="handoff.touched").count() == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "page_view"}, "Choose a call, a mail, a LinkedIn message or a meeting."),
        ({"outcome": "shouted"}, "Choose one of the outcomes in the list."),
        ({"occurred_at": "later"}, "A touch is logged once it happened. Choose a time up to now."),
    ],
)
def test_what_cannot_be_logged_is_said(handoff, anna, now, given, sentence) -> None:
    if "occurred_at" in given:
        given = {"occurred_at": now + MINUTE}
    with pytest.raises(Incomplete) as refusal:
        touch(handoff, anna, now, **given)
    assert str(refusal.value) == sentence
    assert not Activity.objects.exists()


def test_marketing_logs_no_touches(handoff, now) -> None:
    with pytest.raises(NotAllowed, match=r"Touches are logged by sales. Write a note instead"):
        touch(handoff, make_user(role="marketing"), now)


def test_a_touch_of_another_lead_is_a_mistake(handoff, anna, now) -> None:
    with pytest.raises(ValueError, match="another lead"):
        touch(handoff, anna, now, lead=make_lead())


def test_touches_that_came_by_the_api_are_stamped(now) -> None:
    handoffs = [make_handoff() for _ in range(5)]
    for place, one in enumerate(handoffs[:4]):
        make_activity(one.lead, kind="call_outbound", at=now + (place + 1) * MINUTE)
        make_activity(one.lead, kind="call_outbound", at=now + 30 * MINUTE)
    make_activity(handoffs[3].lead, kind="call_outbound", at=now - MINUTE)
    make_activity(handoffs[4].lead, kind="call_outbound", at=now + MINUTE, is_bot=True)
    leads = [one.lead_id for one in handoffs]
    assert len(stamp_touches(leads, by=None, at=now)) == 4
    assert [first(one) for one in handoffs] == [*(now + n * MINUTE for n in (1, 2, 3, 4)), None]
    assert stamp_touches(leads, by=None, at=now) == []


def test_stamping_one_and_forty_costs_the_same(now) -> None:
    def cost(count) -> int:
        leads = [make_handoff().lead for _ in range(count)]
        for lead in leads:
            make_activity(lead, kind="meeting_held", at=now + MINUTE)
        with CaptureQueriesContext(connection) as queries:
            assert len(stamp_touches([lead.pk for lead in leads], by=None, at=now)) == count
        return len(queries)

    assert cost(1) == cost(40)
