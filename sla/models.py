"""Gathers the tables that the rooms of this app declare."""

from sla.breaches.models import Breach, Excuse
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.clocks.models import Clock, Pause
from sla.escalations.models import Escalation
from sla.scoreboard.models import DueFeed, PackedDay, TouchedDay

__all__ = [
    "Breach",
    "Calendar",
    "CalendarChoice",
    "Clock",
    "ClosedDay",
    "DueFeed",
    "Escalation",
    "Excuse",
    "PackedDay",
    "Pause",
    "TouchedDay",
]
