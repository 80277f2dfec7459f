"""Booking and changing as a test needs it; what it is not told is plausible."""

from datetime import timedelta

from leads.meetings.models import Meeting
from leads.meetings.services import book, move


def make(lead, by, now, **given) -> Meeting:
    usual = {
        "handoff": None, "host": by, "starts_at": now + timedelta(days=1), "minutes": 30,
        "subject": "First conversation", "place": "https://meet.example/1",
    }  # fmt: skip
    return book(lead=lead, by=by, at=now, **usual | given)


def change(meeting, by, at, **given) -> Meeting:
    usual = {
        name: getattr(meeting, name)
        for name in ("starts_at", "minutes", "subject", "place", "note", "sequence")
    }
    return move(meeting=meeting, by=by, at=at, **usual | given)
