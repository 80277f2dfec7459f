"""The next two weeks of a calendar, day by day, with why a day is closed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _

from sla.calendar.hours import WorkingCalendar, zone_named
from sla.calendar.reading import Day

DAYS = 14


@dataclass(frozen=True)
class PreviewDay:
    """One date: its hours as the wall clock shows them, and what makes it differ."""

    day: date
    hours: str
    note: str
    is_special: bool

    @property
    def is_open(self) -> bool:
        return bool(self.hours)


def preview(
    calendar: WorkingCalendar, days: Iterable[Day], *, first: date, count: int = DAYS
) -> list[PreviewDay]:
    """Return ``count`` dates from ``first`` on; ``days`` are those that differ, with names."""
    special: dict[date, Day] = {}
    for one in days:
        if one.is_holiday or one.day not in special:  # a holiday wins
            special[one.day] = one
    return [_shown(calendar, first + timedelta(days=number), special) for number in range(count)]


def _shown(calendar: WorkingCalendar, day: date, special: dict[date, Day]) -> PreviewDay:
    zone = zone_named(calendar.zone)
    spans = [
        (opens.astimezone(zone), closes.astimezone(zone)) for opens, closes in calendar.open_on(day)
    ]
    hours = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in spans)
    one = special.get(day)
    note = getattr(one, "name", "") if one else ""
    if one is not None and one.is_holiday:
        note = _("holiday: %(name)s") % {"name": note}
    return PreviewDay(day, hours, note, one is not None)


def bounds_of(calendar: WorkingCalendar, day: date) -> tuple[datetime, datetime]:
    """Return the instants at which ``day`` begins and ends there; it may have 23 hours."""
    zone = zone_named(calendar.zone)
    begins, ends = (
        datetime.combine(day + timedelta(days=number), time(), zone).astimezone(UTC)
        for number in (0, 1)
    )
    return begins, ends


def open_parts(calendar: WorkingCalendar, day: date) -> list[tuple[float, float]]:
    """Return what is open of ``day`` as shares of it, the tail of the evening before included."""
    begins, ends = bounds_of(calendar, day)
    length = ends - begins
    return [
        (round((max(opens, begins) - begins) / length, 4), round((end - begins) / length, 4))
        for number in (-1, 0)
        for opens, closes in calendar.open_on(day + timedelta(days=number))
        if max(opens, begins) < (end := min(closes, ends))
    ]
