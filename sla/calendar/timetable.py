"""A working calendar in UTC: which pieces of time are open.

Inside, an instant is a whole number of microseconds since 1970, because integers compare and add
exactly. Time is worked out one week of UTC at a time and each week is kept, so an answer costs a
step for each week between its ends and two searches, never a step for each second.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

Interval = tuple[time, time]  # opens, closes on the wall clock
Intervals = tuple[Interval, ...]
Piece = tuple[int, int]  # from, to in microseconds

DRY_DAYS: Final = 366  # days in a row without open time after which a calendar is unusable
DRY_WEEKS: Final = DRY_DAYS // 7 - 1  # a shorter wait for the next opening never has that many
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = EPOCH.toordinal()
LAST_DAY: Final = date.max.toordinal()
MICROSECOND: Final = timedelta(microseconds=1)
DAY: Final = 86_400_000_000  # microseconds
WEEK: Final = 7 * DAY
ONE_DAY: Final = timedelta(days=1)
NO_OFFSET: Final = timedelta(0)
WEEKS_KEPT: Final = 260  # for each calendar: about five years


def micros(instant: datetime) -> int:
    """Return ``instant`` in microseconds since 1970; ValueError if it is naive."""
    if instant.utcoffset() is None:
        raise ValueError("An instant needs a time zone: naive times are refused.")
    return (instant - EPOCH) // MICROSECOND


def moment(instant: int) -> datetime:
    """Return an instant in microseconds as a UTC datetime; ValueError outside years 1 to 9999."""
    try:
        return EPOCH + timedelta(microseconds=instant)
    except OverflowError as failure:
        raise ValueError("The time lies outside the years 1 to 9999.") from failure


@lru_cache(maxsize=1440)
def _since_midnight(wall: time) -> int:
    seconds = (wall.hour * 60 + wall.minute) * 60 + wall.second
    return seconds * 1_000_000 + wall.microsecond


@lru_cache(maxsize=1440)
def _length(length: timedelta) -> int:
    return length // MICROSECOND


class OpenWeek(NamedTuple):
    """One week of UTC: open pieces in order, none over another, all inside the week."""

    opens: list[int]
    closes: list[int]
    upto: list[int]  # open time from the week's beginning to the end of each piece

    @property
    def total(self) -> int:
        return self.upto[-1] if self.upto else 0

    def before(self, instant: int) -> int:
        """Return the open time from the week's beginning to ``instant``, which is inside it."""
        piece = bisect_right(self.opens, instant) - 1
        if piece < 0:
            return 0
        return self.upto[piece] - max(self.closes[piece] - instant, 0)

    def reached(self, amount: int) -> int:
        """Return the first instant by which ``amount``, above 0 and at most ``total``, was open."""
        piece = bisect_left(self.upto, amount)
        return self.closes[piece] - (self.upto[piece] - amount)


class Timetable:
    """A calendar's open time in UTC, worked out a week at a time and kept.

    Two threads may work out the same week: they get the same result, and either is kept.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        week: Mapping[int, Intervals],
        holidays: Collection[date],
        overrides: Mapping[date, Intervals],
    ) -> None:
        self.zone, self.holidays = zone, holidays
        self._week, self.overrides = week, overrides
        self._weeks: dict[int, OpenWeek] = {}

    def hours_on(self, day: date) -> Intervals:
        """Return the wall-clock intervals that open on ``day``."""
        if day in self.holidays:
            return ()
        if day in self.overrides:
            return self.overrides[day]
        return self._week.get(day.weekday(), ())

    def open_on(self, day: date) -> list[Piece]:
        """Return what opens on ``day`` and is not empty in UTC: each end is converted alone."""
        pieces = []
        for opens, closes in self.hours_on(day):
            begin = self._instant(day, opens)
            if closes > opens:
                end = self._instant(day, closes)
            elif day < date.max:
                end = self._instant(day + ONE_DAY, closes)
            else:
                end = self._instant(day, closes) + DAY
            if end > begin:
                pieces.append((begin, end))
        return pieces

    def _instant(self, day: date, wall: time) -> int:
        offset = datetime.combine(day, wall, self.zone).utcoffset() or NO_OFFSET
        return (day.toordinal() - EPOCH_DAY) * DAY + _since_midnight(wall) - _length(offset)

    def week(self, number: int) -> OpenWeek:
        """Return week ``number`` after 1970; ValueError outside the years 1 to 9999."""
        week = self._weeks.get(number)
        if week is None:
            if len(self._weeks) >= WEEKS_KEPT:
                self._weeks.clear()
            week = self._weeks[number] = self._open_week(number)
        return week

    def _open_week(self, number: int) -> OpenWeek:
        # A zone is less than a day from UTC and an interval ends on the day after it opens at the
        # latest, so what is open in these seven days opened from two days before to one day after.
        first = EPOCH_DAY + 7 * number
        if not -7 < first <= LAST_DAY:
            raise ValueError("Working time can be counted within the years 1 to 9999 only.")
        days = range(max(first - 2, 1), min(first + 7, LAST_DAY) + 1)
        pieces = [piece for day in map(date.fromordinal, days) for piece in self.open_on(day)]
        pieces.sort()
        reached, ends = number * WEEK, number * WEEK + WEEK  # all before ``reached`` is counted
        week, total = OpenWeek([], [], []), 0
        for opens, closes in pieces:
            begin = max(opens, reached)
            end = min(closes, ends)
            if end <= begin:
                continue
            total += end - begin
            week.opens.append(begin)
            week.closes.append(end)
            week.upto.append(total)
            reached = end
        return week

    def between(self, start: int, end: int) -> int:
        """Return the open time from ``start`` to ``end``, which is not before it."""
        first, last = start // WEEK, end // WEEK
        whole = sum(self.week(number).total for number in range(first, last))
        return whole + self.week(last).before(end) - self.week(first).before(start)

    def after(self, start: int, amount: int) -> int:
        """Return the first instant by which ``amount``, above zero, was open since ``start``."""
        number, closed = start // WEEK, start
        week = self.week(number)
        amount += week.before(start)
        while amount > week.total:
            amount -= week.total
            if week.closes:
                closed = max(closed, week.closes[-1])
            number += 1
            week = self.week(number)
            if number - closed // WEEK >= DRY_WEEKS:
                self._refuse_dry_run(closed, week.opens[0] if week.opens else number * WEEK)
        return week.reached(amount)

    def _refuse_dry_run(self, closed: int, until: int) -> None:
        """Raise ValueError if nothing opens on 366 dates in a row from ``closed`` to ``until``."""
        day = self._date(closed)
        first = day.toordinal() + bool(self.open_on(day))
        if self._date(until).toordinal() - first >= DRY_DAYS:
            raise ValueError(
                f"No working time opens on {DRY_DAYS} days in a row from {date.fromordinal(first)}."
            )

    def _date(self, instant: int) -> date:
        return moment(instant).astimezone(self.zone).date()
