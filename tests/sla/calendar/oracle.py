"""The sentences about due times, acted out minute by minute. Slow, plain, and apart from the code.

It shares nothing with the product but the shape of a calendar. Everything is on whole minutes.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Calendar:
    zone: str
    week: dict[int, list[tuple[time, time]]]
    holidays: set[date]
    overrides: dict[date, list[tuple[time, time]]]


def opening_hours(calendar, day):
    if day in calendar.holidays:  # a holiday wins over an override
        return []
    return calendar.overrides.get(day, calendar.week.get(day.weekday(), []))


def in_utc(zone, day, wall):
    """A repeated wall time is its first occurrence, a missing one has the offset before the gap."""
    local = datetime(day.year, day.month, day.day, wall.hour, wall.minute, tzinfo=zone, fold=0)
    return local.replace(tzinfo=UTC) - local.utcoffset()


def open_spans(calendar, first, last):
    zone = ZoneInfo(calendar.zone)
    day = first
    while day <= last:
        for opens, closes in opening_hours(calendar, day):
            ends_on = day if closes > opens else day + timedelta(days=1)
            yield in_utc(zone, day, opens), in_utc(zone, ends_on, closes)
        day += timedelta(days=1)


def counted_minutes(start, end, calendar, pauses=()):
    """Every minute from start to end that is open and not paused, by the instant it begins."""
    around = timedelta(days=4)
    spans = list(open_spans(calendar, (start - around).date(), (end + around).date()))
    minute = start
    while minute < end:
        is_open = any(opens <= minute < closes for opens, closes in spans)
        is_paused = any(begins <= minute < ends for begins, ends in pauses)
        if is_open and not is_paused:
            yield minute
        minute += MINUTE
