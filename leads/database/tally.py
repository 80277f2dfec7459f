"""A tally: how many leads came, how far they are and how long it took, by month and source.

It holds small numbers alone, nothing about anybody. ``leads.database.counting`` counts it: of one
window, or of a long one with the medians of shorter ones, to be ``narrowed`` to each of them. So
it can be kept where counting a million leads takes seconds (``portal.dashboards.kept``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from leads.database.models import Stage

STEPS = (Stage.MQL, Stage.WITH_SALES, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)
SQL_OR_LATER = STEPS[STEPS.index(Stage.SQL) :]
EVERY = 0  # stands for all sources together; no source has this id
PACED, CYCLE = "paced", "cycle"
Row = Sequence[Any]


@dataclass(frozen=True)
class Window:
    """Months of one zone, from the first instant of the first to the end of the last."""

    begins: datetime
    ends: datetime
    zone: ZoneInfo

    def of(self, path: str) -> Q:
        return Q(**{f"{path}__gte": self.begins, f"{path}__lt": self.ends})

    @property
    def months(self) -> range:
        return range(number_of(self.begins) or 0, number_of(self.ends) or 0)


@dataclass(frozen=True)
class Median:
    """How long it took, the median of ``n``; ``low`` and ``high`` at 95 %, None under 30."""

    n: int
    value: timedelta | None = None
    low: timedelta | None = None
    high: timedelta | None = None


@dataclass(frozen=True)
class Tally:
    """Counts of the leads of a window at an instant. Months are numbers, see ``month_at``.

    ``medians`` are of windows that begin in one month, of one source or of ``EVERY``: (what, first
    month, source, n, seconds, from, to), the longer of two middle values, with the ends of its
    interval or None. What is ``stayed`` in a stage, ``paced`` from MQL to SQL, the sales ``cycle``.
    """

    at: datetime
    zone: ZoneInfo
    months: range
    came: Sequence[Row]  # month, source, leads, scored, with points for engagement
    reached: Sequence[Row]  # month they came, source, place of the furthest step, leads
    entered: Sequence[Row]  # month, source, stage, leads
    firsts: Sequence[Row]  # month of the first MQL, of the first SQL, source, leads, customers
    here: Sequence[Row]  # stage, source, leads in it now, longer than 84 days
    won: Sequence[Row]  # month they came, source, value
    medians: Sequence[Row]

    def rows(self) -> dict[str, Sequence[Row]]:
        """Return all rows by name, as JSON can tell them; ``replace`` puts them back."""
        named = ("came", "reached", "entered", "firsts", "here", "won", "medians")
        return {name: getattr(self, name) for name in named}

    def narrowed(self, window: Window, source: int | None) -> "Tally":
        """Return the part that is of a shorter window, and of one source if one is given."""
        months = window.months

        def ours(of: int | None) -> bool:
            return source is None or of == source

        def part(rows: Sequence[Row]) -> list[Row]:
            return [row for row in rows if row[0] in months and ours(row[1])]

        return replace(
            self,
            months=months,
            came=part(self.came),
            reached=part(self.reached),
            entered=part(self.entered),
            won=part(self.won),
            firsts=[row for row in self.firsts if ours(row[2])],
            here=[row for row in self.here if ours(row[1])],
            medians=[
                [what, begins, EVERY, *found]
                for what, begins, of, *found in self.medians
                if begins == months.start and of == (source or EVERY)
            ],
        )

    @property
    def stayed(self) -> dict[str, Median]:
        """How long leads stayed in each stage that they left."""
        return {
            what: _median(found)
            for what, begins, of, *found in self.medians
            if begins == self.months.start and of == EVERY and what not in (PACED, CYCLE)
        }

    @property
    def paced(self) -> Median:
        return self._of(PACED)

    @property
    def cycle(self) -> Median:
        return self._of(CYCLE)

    def _of(self, asked: str) -> Median:
        for what, begins, of, *found in self.medians:
            if (what, begins, of) == (asked, self.months.start, EVERY):
                return _median(found)
        return Median(0)


def _median(found: Row) -> Median:
    n, *seconds = found
    return Median(n, *(None if one is None else timedelta(seconds=one) for one in seconds))


def number_of(month: datetime | str | None) -> int | None:
    """Return the number of an instant's month in its own zone; SQLite tells a month as text."""
    if month is None:
        return None
    if isinstance(month, str):
        month = datetime.fromisoformat(month)
    return month.year * 12 + month.month - 1


def month_at(number: int, zone: ZoneInfo) -> datetime:
    """Return the first instant of the month with this number."""
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=zone)
