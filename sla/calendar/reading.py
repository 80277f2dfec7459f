"""From stored text to working time: a signed zone and week, with the days that differ."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from functools import lru_cache
from typing import Any, Protocol

from sla.calendar.hours import WorkingCalendar, problems_with
from sla.calendar.timetable import Intervals

Hours = tuple[tuple[str, str], ...]
Days = tuple[tuple[date, Hours], ...]


class Day(Protocol):
    """A date that differs from the week: a holiday, or hours of its own."""

    day: date
    is_holiday: bool
    intervals: Any


def working_calendar(signed: Mapping[str, Any], *, days: Iterable[Day] = ()) -> WorkingCalendar:
    """Return the calendar of a signed ``zone`` and ``week`` with its dated exceptions.

    ``week`` maps "0" (Monday) to "6" to lists of ["09:00", "17:00"]. Equal input gives the same
    object, whose timetable is warm. Raises ValueError for a text that no check has passed.
    """
    week = tuple((int(day), _frozen(hours)) for day, hours in sorted(signed["week"].items()))
    rows = list(days)
    holidays = frozenset(row.day for row in rows if row.is_holiday)
    own = tuple(sorted((row.day, _frozen(row.intervals)) for row in rows if not row.is_holiday))
    return _calendar(signed["zone"], week, holidays, own)


@lru_cache(maxsize=256)
def _calendar(
    zone: str, week: tuple[tuple[int, Hours], ...], holidays: frozenset[date], own: Days
) -> WorkingCalendar:
    return WorkingCalendar(
        zone,
        {day: _times(hours) for day, hours in week},
        holidays,
        {day: _times(hours) for day, hours in own},
    )


def problems_of(body: Mapping[str, Any]) -> list[str]:
    """Return what keeps a week as stored from being signed; ValueError when it cannot be read."""
    week = {int(day): _times(_frozen(hours)) for day, hours in body["week"].items()}
    return problems_with(week, zone=body["zone"])


def intervals_of(hours: Iterable[Iterable[str]]) -> Intervals:
    """Return stored hours as wall times; ValueError when one is no time of day."""
    return _times(_frozen(hours))


def _frozen(hours: Iterable[Iterable[str]]) -> Hours:
    pairs = []
    for interval in hours:
        opens, closes = interval
        pairs.append((opens, closes))
    return tuple(pairs)


def _times(hours: Hours) -> Intervals:
    return tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in hours)
