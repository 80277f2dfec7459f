"""Gathers the tables that the rooms of this app declare."""

from sla.breaches.models import Breach
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.clocks.models import Clock, Pause

__all__ = ["Breach", "Calendar", "CalendarChoice", "Clock", "ClosedDay", "Pause"]
