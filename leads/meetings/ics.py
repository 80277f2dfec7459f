"""A meeting as a calendar file, RFC 5545. Pure: a loaded meeting in, text out."""

from datetime import UTC, datetime
from enum import StrEnum

from icalendar import Calendar, Event, vCalAddress, vText

from leads.meetings.checks import is_address
from leads.meetings.models import Meeting

PRODUCT = "-//Alignment portal//Meetings//EN"
MIME = "text/calendar"


class Method(StrEnum):
    """What the file asks of the calendar that takes it in."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"  # a copy to keep: nobody is asked to answer


def calendar_text(meeting: Meeting, *, method: Method, at: datetime) -> str:
    """Return the file: UTC times, lines folded at 75 octets, CRLF. Load lead and host.

    The UID is the meeting's own for as long as it lives; SEQUENCE grows with each change, so that
    a calendar replaces what it had.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("method", method)
    calendar.add_component(_event(meeting, at, asks=method != Method.PUBLISH))
    return str(calendar.to_ical().decode("utf-8"))


def _event(meeting: Meeting, at: datetime, *, asks: bool) -> Event:
    """Return the event; who is asked to come stands in it only when somebody is (RFC 5546)."""
    is_off = meeting.cancelled_at is not None
    event = Event()
    event.add("uid", str(meeting.public_id))
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", meeting.ends_at.astimezone(UTC))
    event.add("summary", meeting.subject)
    if meeting.place:
        event.add("location", meeting.place)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("organizer", _person(meeting.host.email, meeting.host.name))
    if asks:
        event.add("attendee", _person(meeting.host.email, meeting.host.name, "ACCEPTED"))
    if asks and meeting.invites_lead and is_address(meeting.lead.email):
        lead = _person(meeting.lead.email, meeting.lead.label, "NEEDS-ACTION")
        event.add("attendee", lead)
    return event


def _person(email: str, name: str, answer: str = "") -> vCalAddress:
    """Return an address. Quotes and control characters cannot stand in its parameters."""
    person = vCalAddress(f"mailto:{email}")
    person.params["CN"] = vText("".join(one for one in name if one.isprintable() and one != '"'))
    if answer:
        person.params["ROLE"] = vText("REQ-PARTICIPANT")
        person.params["PARTSTAT"] = vText(answer)
        person.params["RSVP"] = vText("TRUE" if answer == "NEEDS-ACTION" else "FALSE")
    return person
