"""The clock's arithmetic for the page: which hours counted, which did not, and why.

Pure, like ``hours``: the lines' ``used`` add up to ``working_time_between`` of the same arguments.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from sla.calendar.hours import Pause, WorkingCalendar, working_time_between, zone_named

NOTHING = timedelta(0)
ONE_SECOND = timedelta(seconds=1)


class Kind(StrEnum):
    """Why a line is there; an override that opens hours has them counted under its own kind."""

    USED = "used"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    OVERRIDE = "override"
    PAUSED = "paused"


class Span(NamedTuple):
    """One line: hours on ``day`` that counted or were paused, or a day on which none did.

    ``opens`` and ``closes`` are aware, in the calendar's zone, cut to the time asked about; None
    where nothing was open. ``day`` is the date on which the hours open. ``words`` is a sentence.
    """

    day: date
    opens: datetime | None
    closes: datetime | None
    used: timedelta
    kind: Kind
    words: str


def explain(
    start: datetime, end: datetime, calendar: WorkingCalendar, pauses: Iterable[Pause] = ()
) -> list[Span]:
    """Return the lines from ``start`` to ``end`` in order; none when end is not after start.

    Costs a line for each day. Raises ValueError if an instant is naive.
    """
    stops = list(pauses)
    working_time_between(start, end, calendar, stops)  # refuses naive instants
    if end <= start:
        return []
    zone = zone_named(calendar.zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    spans = [
        _open_line(day, (opens.astimezone(zone), closes.astimezone(zone)), calendar, paused=paused)
        for day, opens, closes in _open_pieces(start, end, calendar, (first, last))
        for opens, closes, paused in _cut(opens, closes, stops)
    ]
    told = {span.day for span in spans}
    dates = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
    spans += [_closed_line(day, start, end, calendar) for day in dates if day not in told]
    # In UTC: two walls of one zone are compared without looking at which hour occurs twice.
    return sorted(spans, key=lambda span: (span.day, (span.opens or start).astimezone(UTC)))


def _open_pieces(
    start: datetime, end: datetime, calendar: WorkingCalendar, dates: tuple[date, date]
) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield what was open, by the day it opened, in order; where intervals meet, once."""
    first, last = (each.toordinal() for each in dates)
    days = range(max(first - 2, 1), min(last + 1, date.max.toordinal()) + 1)
    found = [
        (*hours, day) for day in map(date.fromordinal, days) for hours in calendar.open_on(day)
    ]
    reached = start
    for opens, closes, day in sorted(found):
        begin, finish = max(opens, reached), min(closes, end)
        if begin < finish:
            yield day, begin, finish
            reached = finish


def _cut(
    opens: datetime, closes: datetime, pauses: list[Pause]
) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield the piece in parts, each wholly paused or wholly counted."""
    ends = {end for pause in pauses for end in pause if opens < end < closes}
    marks = [opens, *sorted(ends), closes]
    parts = [
        (begin, finish, any(since <= begin < until for since, until in pauses))
        for begin, finish in pairwise(marks)
    ]
    for paused, group in groupby(parts, key=itemgetter(2)):
        same = list(group)
        yield same[0][0], same[-1][1], paused


def _open_line(
    day: date, hours: tuple[datetime, datetime], calendar: WorkingCalendar, *, paused: bool
) -> Span:
    opens, closes = hours
    length = closes.astimezone(UTC) - opens.astimezone(UTC)  # elapsed, not what the wall shows
    said = {"opens": _clock(opens), "closes": _clock(closes), "time": duration(length)}
    if paused:
        words = _("Paused from %(opens)s to %(closes)s: %(time)s does not count.") % said
        return Span(day, opens, closes, NOTHING, Kind.PAUSED, words)
    if day in calendar.timetable.overrides:
        words = _("Hours set for this day: %(opens)s to %(closes)s counts %(time)s.") % said
        return Span(day, opens, closes, length, Kind.OVERRIDE, words)
    words = _("%(opens)s to %(closes)s counts %(time)s.") % said
    return Span(day, opens, closes, length, Kind.USED, words)


def _closed_line(day: date, start: datetime, end: datetime, calendar: WorkingCalendar) -> Span:
    hours = calendar.open_on(day)
    kind = Kind.CLOSED
    if day in calendar.holidays:
        kind, words = Kind.HOLIDAY, _("A holiday: nothing opens.")
    elif not hours and day in calendar.timetable.overrides:
        kind, words = Kind.OVERRIDE, _("Closed on this day only.")
    elif not hours:
        words = _("Closed on %(weekday)s.") % {"weekday": WEEKDAYS[day.weekday()]}
    elif hours[-1][1] <= start:
        words = _("The day’s hours were over when counting began.")
    elif hours[0][0] >= end:
        words = _("Counting ended before the day’s hours began.")
    else:
        words = _("No hours left to count on this day.")
    return Span(day, None, None, NOTHING, kind, words)


def duration(length: timedelta) -> str:
    """Return a length as people read it: ``2 h 40 min``, ``38 min``, ``12 s``, ``0 min``."""
    minutes, seconds = divmod(length // ONE_SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    units = ((hours, _("h")), (minutes, _("min")), (seconds, _("s")))
    return " ".join(f"{count} {unit}" for count, unit in units if count) or f"0 {_('min')}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
