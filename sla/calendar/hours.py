"""Working time: when work is done, when a promise is due, how much time has been used.

Pure: no database, no clock of its own. Instants come in aware and go out in UTC, with their
fractions. How the open time itself is found is in ``timetable``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sla.calendar.timetable import (
    MICROSECOND,
    Interval,
    Intervals,
    Timetable,
    micros,
    moment,
)

Pause = tuple[datetime, datetime]  # from, to: half-open
Key = TypeVar("Key", int, date)
Hours = Mapping[Key, Iterable[Interval]] | Iterable[tuple[Key, Iterable[Interval]]]


@dataclass(frozen=True)
class WorkingCalendar:
    """When work is done, in one zone. Hashable: mappings are taken and kept as sorted tuples.

    ``zone`` is an IANA name. ``week`` maps a weekday (Monday is 0; absent is closed) to its
    ``(opens, closes)`` wall times; a close that is not after its open is on the next day.
    ``holidays`` are closed; an override replaces what opens on its date, ``()`` closes it, and a
    holiday wins over it. What opened the evening before runs on. Where intervals meet, time counts
    once. Raises ValueError for an unknown zone or a weekday outside 0 to 6.
    """

    zone: str
    week: Hours[int]
    holidays: Collection[date] = frozenset()
    overrides: Hours[date] = ()

    def __post_init__(self) -> None:
        week = tuple((day, hours) for day, hours in _tidy(self.week).items() if hours)
        if any(day not in range(7) for day, _hours in week):
            raise ValueError("A weekday is a number from 0 (Monday) to 6 (Sunday).")
        zone_named(self.zone)
        object.__setattr__(self, "week", week)
        object.__setattr__(self, "holidays", frozenset(self.holidays))
        object.__setattr__(self, "overrides", tuple(_tidy(self.overrides).items()))

    @cached_property
    def timetable(self) -> Timetable:
        """What the calendar comes to in UTC. Equal calendars share one, so it stays warm."""
        return _timetable(self)

    @property
    def is_always_open(self) -> bool:
        """Whether it never closes: then its zone changes nothing but how days are named."""
        return self.week == ALWAYS_OPEN.week and not (self.holidays or self.overrides)

    def open_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return, in UTC, the intervals that open on ``day``; what is empty there is absent."""
        return [(moment(opens), moment(closes)) for opens, closes in self.timetable.open_on(day)]


def add_working_time(
    start: datetime, amount: timedelta, calendar: WorkingCalendar, pauses: Iterable[Pause] = ()
) -> datetime:
    """Return the first instant, in UTC, at which ``amount`` was open and unpaused since ``start``.

    That may be a closing time. A zero amount gives ``start``. Pauses may come in any order and
    overlap. Raises ValueError if an instant is naive, ``amount`` is negative, nothing opens on 366
    days in a row, or the answer lies outside the years 1 to 9999.
    """
    position, left = micros(start), amount // MICROSECOND
    if left < 0:
        raise ValueError("An amount of working time cannot be negative.")
    stops = _merged(pauses)
    earliest = moment(position + left)  # refuses at once what no calendar could answer
    if not left:
        return earliest
    timetable = calendar.timetable
    reached = timetable.after(position, left)
    for begins, ends in stops:
        if reached <= begins:
            break
        if ends <= position:
            continue
        if begins > position:
            left -= timetable.between(position, begins)
        position = ends
        reached = timetable.after(position, left)
    return moment(reached)


def working_time_between(
    start: datetime, end: datetime, calendar: WorkingCalendar, pauses: Iterable[Pause] = ()
) -> timedelta:
    """Return the open, unpaused time from ``start`` to ``end``; zero when end is not after start.

    Raises ValueError if an instant is naive.
    """
    begin, finish, stops = micros(start), micros(end), _merged(pauses)
    if finish <= begin:
        return timedelta(0)
    timetable = calendar.timetable
    used = timetable.between(begin, finish)
    for begins, ends in stops:
        paused_from, paused_to = max(begins, begin), min(ends, finish)
        if paused_to > paused_from:
            used -= timetable.between(paused_from, paused_to)
    return timedelta(microseconds=used)


def problems_with(
    week: Hours[int],
    overrides: Hours[date] = (),
    *,
    zone: str = "UTC",
    holidays: Collection[date] = frozenset(),
) -> list[str]:
    """Return what keeps a calendar from being saved, as sentences for people; [] when all is well.

    An unknown zone, no open time at all, and intervals that overlap: on one day, or because one
    runs on into the next day's. Intervals that touch are no problem.
    """
    problems = []
    try:
        zone_named(zone)
    except ValueError:
        problems.append(
            _("There is no time zone “%(zone)s”. Choose one such as Europe/Berlin.")
            % {"zone": zone}
        )
    days, dates = _tidy(week), _tidy(overrides)
    if not any(days.values()) and not any(dates.values()):
        problems.append(_("This calendar is never open. Add opening hours to at least one day."))
    for weekday, hours in days.items():
        name = str(WEEKDAYS[weekday])
        problems += _overlaps(name, hours)
        problems += _runs_into(name, hours, days.get((weekday + 1) % 7, ()))
    for day, hours in dates.items():
        problems += _overlaps(date_format(day, "j F Y"), hours)
    for day in sorted({day for each in dates for day in (each - timedelta(days=1), each)}):
        today, tomorrow = (
            () if each in holidays else dates.get(each, days.get(each.weekday(), ()))
            for each in (day, day + timedelta(days=1))
        )
        problems += _runs_into(date_format(day, "j F Y"), today, tomorrow)
    return problems


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``; ValueError if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as failure:
        raise ValueError(f"There is no time zone named {name!r}.") from failure


def _overlaps(name: str, hours: Intervals) -> Iterator[str]:
    for (opens, closes), (again, until) in pairwise(hours):
        if closes <= opens or closes > again:
            yield _(
                "On %(day)s, %(one)s and %(other)s overlap. End the first before the second begins."
            ) % {"day": name, "one": _span(opens, closes), "other": _span(again, until)}


def _runs_into(name: str, today: Intervals, tomorrow: Intervals) -> Iterator[str]:
    if not today or not tomorrow:
        return
    opens, closes = today[-1]
    if closes <= opens and closes > tomorrow[0][0]:
        yield _(
            "%(one)s on %(day)s runs on into the next day’s %(other)s. "
            "End it before the next day opens."
        ) % {"day": name, "one": _span(opens, closes), "other": _span(*tomorrow[0])}


def _span(opens: time, closes: time) -> str:
    return f"{opens:%H:%M}–{closes:%H:%M}"


@lru_cache(maxsize=256)
def _timetable(calendar: WorkingCalendar) -> Timetable:
    # A calendar tidies its hours when it is made: again here would be a tenth of a cold call.
    week = dict(cast("Iterable[tuple[int, Intervals]]", calendar.week))
    overrides = dict(cast("Iterable[tuple[date, Intervals]]", calendar.overrides))
    return Timetable(zone_named(calendar.zone), week, calendar.holidays, overrides)


def _tidy(hours: Hours[Key]) -> dict[Key, Intervals]:
    """Return the hours by day, days and intervals in order, as plain wall times."""
    pairs = hours.items() if isinstance(hours, Mapping) else hours
    return {
        day: tuple(sorted((_wall(opens), _wall(closes)) for opens, closes in intervals))
        for day, intervals in sorted(pairs, key=lambda pair: pair[0])
    }


def _wall(at: time) -> time:
    return at.replace(tzinfo=None, fold=0)  # a repeated hour is always its first occurrence


def _merged(pauses: Iterable[Pause]) -> list[tuple[int, int]]:
    """Return the pauses in order and apart; one that ends before it begins is none."""
    merged: list[tuple[int, int]] = []
    for begins, ends in sorted((micros(begins), micros(ends)) for begins, ends in pauses):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        elif ends > begins:
            merged.append((begins, ends))
    return merged


ALWAYS_OPEN = WorkingCalendar("UTC", {day: ((time(0), time(0)),) for day in range(7)})
