"""Booking, moving, calling off and holding meetings."""

from datetime import timedelta
from uuid import uuid4

import pytest

from leads.activities.models import Activity
from leads.database.models import Standing
from leads.dispositions.errors import Incomplete
from leads.handoffs.models import Handoff
from leads.meetings.checks import Overlap
from leads.meetings.models import Meeting
from leads.meetings.services import cancel, hold
from portal.accounts.models import Role
from portal.core.errors import Conflict, NotAllowed
from portal.events.models import Event
from tests.factories import make_handoff, make_lead, make_user
from tests.leads.meetings.making import change, make

pytestmark = pytest.mark.django_db


def test_booking_records_the_activity_that_rules_see_once(booked, lead, sdr, now) -> None:
    (activity,) = Activity.objects.filter(lead=lead)
    assert (activity.registered.name, activity.actor, activity.pk) == (
        "meeting_booked", sdr, booked.activity_id,
    )  # fmt: skip
    assert Standing.objects.get(pk=lead.pk).stale_since is not None
    event = Event.objects.get(kind="meeting.booked")
    assert (event.actor, event.lead_links.get().lead_id) == (sdr, lead.pk)
    assert not Handoff.objects.filter(lead=lead).exists()


def test_a_form_sent_twice_books_once(lead, sdr, now) -> None:
    token = uuid4()
    first = make(lead, sdr, now, public_id=token)
    assert make(lead, sdr, now, public_id=token) == first
    other = make(make_lead(), make_user(), now, public_id=token)  # somebody else's guess
    assert other.public_id != token
    assert Activity.objects.filter(lead=lead).count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"starts_at": timedelta(0)}, "starts_at"),
        ({"starts_at": timedelta(days=-1)}, "starts_at"),
        ({"starts_at": timedelta(days=400)}, "starts_at"),
        ({"minutes": 4}, "minutes"),
        ({"minutes": 481}, "minutes"),
        ({"subject": " \r\n "}, "subject"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(lead, sdr, now, given, field) -> None:
    if "starts_at" in given:
        given = {"starts_at": now + given["starts_at"]}
    with pytest.raises(Incomplete) as refusal:
        make(lead, sdr, now, **given)
    assert refusal.value.field == field
    assert not Meeting.objects.exists()
    assert not Activity.objects.exists()


def test_the_host_is_oneself_or_an_account_executive(lead, sdr, executive, now) -> None:
    for host in (
        make_user(),
        make_user(role=Role.MARKETING),
        make_user(role=Role.ACCOUNT_EXECUTIVE, is_active=False),
    ):
        with pytest.raises(Incomplete):
            make(lead, sdr, now, host=host)
    for by in (make_user(role=Role.MARKETING), make_user(role=Role.LEADERSHIP)):
        with pytest.raises(NotAllowed):
            make(lead, by, now, host=executive)


def test_a_second_meeting_at_that_time_is_said(booked, sdr, executive, now) -> None:
    at = booked.starts_at
    for begins, minutes in (
        (at, 30),
        (at - timedelta(minutes=20), 25),
        (at + timedelta(minutes=29), 5),
    ):
        with pytest.raises(Overlap, match="Hugo Marchetti has another meeting from"):
            make(make_lead(), sdr, now, host=executive, starts_at=begins, minutes=minutes)
    for begins in (at - timedelta(minutes=30), at + timedelta(minutes=30)):
        make(make_lead(), sdr, now, host=executive, starts_at=begins)
    make(make_lead(), sdr, now, starts_at=at)  # another host
    make(make_lead(), sdr, now, host=executive, starts_at=at, overlaps=True)


def test_other_peoples_meetings_are_theirs(booked, now) -> None:
    with pytest.raises(NotAllowed, match="Hugo"):
        change(booked, make_user(), now, place="Room 2")
    with pytest.raises(NotAllowed):
        cancel(meeting=booked, by=make_user(role=Role.ACCOUNT_EXECUTIVE), at=now)


def test_a_form_opened_before_somebody_elses_change_is_refused(booked, sdr, executive, now) -> None:
    change(booked, executive, now, place="Room 2")
    with pytest.raises(Conflict, match="Hugo Marchetti changed this meeting 30 s ago"):
        change(booked, sdr, now + timedelta(seconds=30), place="Room 3")
    assert change(booked, sdr, now, place="Room 2").sequence == 1  # the same wish is no clash
    cancel(meeting=booked, by=executive, at=now)
    with pytest.raises(Conflict, match="called this meeting off"):
        change(booked, sdr, now, sequence=2, place="Room 3")


def test_held_it_is_a_touch_once(lead, sdr, now) -> None:
    handoff = make_handoff(lead, at=now, owner=sdr)
    made = make(lead, sdr, now, handoff=handoff, starts_at=now + timedelta(hours=1))
    with pytest.raises(Conflict, match="still to come"):
        hold(meeting=made, by=sdr, at=now)
    after = now + timedelta(hours=2)
    for _ in range(2):
        hold(meeting=made, by=sdr, at=after)
    touches = [
        one for one in Activity.objects.filter(lead=lead) if one.registered.name == "meeting_held"
    ]
    assert [one.occurred_at for one in touches] == [made.starts_at]
    handoff.refresh_from_db()
    assert handoff.first_touch_at == made.starts_at
    for kind in ("meeting.held", "handoff.touched"):
        assert Event.objects.filter(kind=kind).count() == 1
    with pytest.raises(Conflict, match="took place"):
        cancel(meeting=made, by=sdr, at=after)
