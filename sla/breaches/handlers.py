"""What the SLA does when something happened. Every handler may run twice and in any order."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from portal.events.models import Event
from sla.breaches.services import follow_handoffs
from sla.calendar.models import Calendar
from sla.calendar.services import keep_calendars
from sla.clocks.impact import first_instant
from sla.clocks.models import Clock
from sla.terms.queries import terms_in_force

BATCH = 200


def keep_clocks(events: Sequence[Event], at: datetime) -> None:
    """Bring the clocks of the events' handoffs to what current rows say.

    For everything that happens to a handoff: made, routed, touched, decided, withdrawn.
    """
    follow_handoffs([event.subject_id for event in events], at=at)


def recompute_clocks(events: Sequence[Event], at: datetime) -> None:
    """After a change of calendars: work out the due times of running clocks anew, in sets.

    Those of the calendar, from the day that changed on; those of who chose another calendar.
    Closed clocks keep what they had.
    """
    wanted = Q(pk__in=[])
    for event in events:
        if event.kind == "calendar.chosen":
            wanted |= Q(handoff__owner=event.subject_id)
        else:
            wanted |= _of_calendar(event.payload)
    running = Clock.objects.running().filter(wanted).order_by("handoff_id")
    handoff_ids = list(running.values_list("handoff_id", flat=True).distinct())
    for start in range(0, len(handoff_ids), BATCH):
        follow_handoffs(handoff_ids[start : start + BATCH], at=at)


def _of_calendar(payload: Mapping[str, Any]) -> Q:
    wanted = Q(calendar=payload["calendar"])
    if "day" in payload:
        row = Calendar.objects.filter(slug=payload["calendar"]).first()
        if row is not None:
            wanted &= Q(due_at__gte=first_instant(row, date.fromisoformat(payload["day"])))
    return wanted


def keep_signed_calendars(events: Sequence[Event], at: datetime) -> None:
    """``terms.activated``: each signed calendar gets a row that keeps its holidays."""
    in_force = terms_in_force(at)
    if in_force is not None:
        keep_calendars(in_force[1].calendars, by=None, at=at)
