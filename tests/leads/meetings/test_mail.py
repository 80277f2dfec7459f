"""What leaves the house about a meeting, to whom, and when."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from icalendar import Calendar

from leads.activities.models import Activity
from leads.database.models import Lead
from leads.dispositions.errors import Incomplete
from leads.meetings.services import cancel
from portal.events.delivery import deliver_pending
from portal.events.models import Event
from tests.factories import make_lead
from tests.leads.meetings.making import change, make

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=11)


def deliver(at) -> None:
    while deliver_pending(at=at):
        pass


def files(mails) -> list[tuple[str, str, Calendar]]:
    """Return (to, method in the header, calendar) of each mail, read as a mail program reads it."""
    found = []
    for mail in mails:
        parsed = message_from_bytes(mail.message().as_bytes())
        (part,) = [one for one in parsed.walk() if one.get_content_type() == "text/calendar"]
        assert part.get_filename() == "meeting.ics"
        text = part.get_payload(decode=True)
        found.append((mail.to[0], part.get_param("method"), Calendar.from_ical(text)))
    return found


def event_of(calendar: Calendar):
    (event,) = calendar.walk("VEVENT")
    return event


def test_the_calendar_leaves_after_the_undo_window(booked, executive, now, mailoutbox) -> None:
    deliver(now + timedelta(seconds=9))
    assert not mailoutbox
    deliver(now + LATER)
    assert [mail.to for mail in mailoutbox] == [
        [executive.email],
        ["marta@kestrel.example"],
    ]
    for _to, method, calendar in files(mailoutbox):
        event = event_of(calendar)
        assert method == calendar["METHOD"] == "REQUEST"
        assert calendar["VERSION"] == "2.0"
        assert str(event["UID"]) == str(booked.public_id)
        assert event["SEQUENCE"] == 0
        assert event.decoded("DTSTART") == booked.starts_at
        assert event.decoded("DTEND") == booked.ends_at
        assert event["STATUS"] == "CONFIRMED"
        assert event["ORGANIZER"] == f"mailto:{executive.email}"
        assert len(event["ATTENDEE"]) == 2
    assert "Tuesday 3 March 2026, 10:00 to 10:30 CET" in mailoutbox[0].body
    assert "http" in mailoutbox[0].body
    assert "/meetings/" not in mailoutbox[1].body  # the lead has no page here
    assert mailoutbox[1].reply_to == [executive.email]


def test_changes_within_the_window_are_one_mail(booked, sdr, now, mailoutbox) -> None:
    change(booked, sdr, now + timedelta(seconds=5), starts_at=now + timedelta(days=2))
    deliver(now + timedelta(seconds=20))
    assert [(mail.subject, event_of(calendar)["SEQUENCE"]) for mail, (_to, _m, calendar)
            in zip(mailoutbox, files(mailoutbox), strict=True)] == [
        ("Meeting: First conversation", 1)] * 2  # fmt: skip


def test_a_change_is_an_update_and_calling_off_a_cancellation(booked, sdr, now, mailoutbox) -> None:
    deliver(now + LATER)
    change(booked, sdr, now + timedelta(hours=1), place="Room 2")
    deliver(now + timedelta(hours=1) + LATER)
    cancel(meeting=booked, by=sdr, at=now + timedelta(hours=2))
    deliver(now + timedelta(hours=2) + LATER)
    deliver(now + timedelta(hours=3))
    of_the_lead = [one for one in files(mailoutbox) if one[0] == "marta@kestrel.example"]
    assert [(method, event_of(one)["SEQUENCE"], str(event_of(one)["STATUS"]))
            for _to, method, one in of_the_lead] == [
        ("REQUEST", 0, "CONFIRMED"), ("REQUEST", 1, "CONFIRMED"), ("CANCEL", 2, "CANCELLED"),
    ]  # fmt: skip
    assert len({str(event_of(one)["UID"]) for _to, _method, one in of_the_lead}) == 1
    assert [mail.subject.partition(":")[0] for mail in mailoutbox] == [
        "Meeting", "Meeting", "Changed", "Changed", "Called off", "Called off",
    ]  # fmt: skip
    assert Activity.objects.filter(lead=booked.lead).count() == 1


def test_called_off_within_the_window_nobody_hears_of_it(booked, sdr, now, mailoutbox) -> None:
    cancel(meeting=booked, by=sdr, at=now + timedelta(seconds=3))
    assert cancel(meeting=booked, by=sdr, at=now + timedelta(seconds=4)).sequence == 1
    deliver(now + timedelta(minutes=5))
    assert not mailoutbox
    assert Event.objects.filter(kind="meeting.cancelled").count() == 1


def test_delivering_twice_mails_once(booked, now, mailoutbox) -> None:
    from leads.meetings.handlers import send_calendar  # noqa: PLC0415 - what is repeated

    events = list(Event.objects.filter(kind="meeting.booked"))
    for _ in range(2):
        send_calendar(events, now + LATER)
    assert len(mailoutbox) == 2


def test_the_lead_is_written_to_only_if_asked_and_willing(lead, sdr, now, mailoutbox) -> None:
    make(lead, sdr, now)
    deliver(now + LATER)
    assert [mail.to for mail in mailoutbox] == [[sdr.email]]
    mailoutbox.clear()
    asked = make(lead, sdr, now, invites_lead=True, starts_at=now + timedelta(days=3))
    Lead.objects.filter(pk=lead.pk).update(do_not_email=True)  # said before the mail left
    deliver(now + LATER)
    assert [mail.to for mail in mailoutbox] == [[sdr.email]]
    asked.lead.refresh_from_db()
    for unwilling in (asked.lead, make_lead(email="", external_id="7")):
        with pytest.raises(Incomplete, match="phone"):
            make(unwilling, sdr, now, invites_lead=True, starts_at=now + timedelta(days=4))


def test_an_address_that_is_none_is_not_written_to(sdr, now, mailoutbox) -> None:
    lead = make_lead()
    Lead.objects.filter(pk=lead.pk).update(email="marta@x.example\r\nBcc: all@x.example")
    lead.refresh_from_db()
    with pytest.raises(Incomplete, match="No e-mail address"):
        make(lead, sdr, now, invites_lead=True)


def test_nothing_typed_becomes_a_header_or_a_line_of_the_file(sdr, now, mailoutbox) -> None:
    evil = "Demo\r\nBcc: all@x.example\r\nATTENDEE:mailto:x@x.example\x00"
    lead = make_lead(name='M"\r\nMETHOD:CANCEL')
    made = make(lead, sdr, now, subject=evil, place=evil, note=evil, invites_lead=True)
    assert made.subject == "Demo Bcc: all@x.example ATTENDEE:mailto:x@x.example"
    deliver(now + LATER)
    for mail in mailoutbox:
        parsed = message_from_bytes(mail.message().as_bytes())
        assert parsed["Bcc"] is None
        assert len(mail.recipients()) == 1
    for _to, _method, calendar in files(mailoutbox):
        assert calendar["METHOD"] == "REQUEST"
        assert {str(one) for one in event_of(calendar)["ATTENDEE"]} == {
            f"mailto:{sdr.email}", f"mailto:{lead.email}",
        }  # fmt: skip
    raw = files(mailoutbox)[0][2].to_ical()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
