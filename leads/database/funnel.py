"""How far leads came: by cohort and by period, how long it took, what it cost.

A lead has reached a step when it entered that stage or a later one, ever: what was taken back or
recycled later still came so far. A cohort is all leads that began in one month (came in, or first
became an MQL, or first became an SQL), wherever they are now. A young cohort is not complete: it
matures for 84 days, the length of nurture that the founding documents state.

All of it follows from one ``Tally`` (leads.database.tally), which asks the database.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db.models import Sum

from leads.database.models import Source, Spend, Stage
from leads.database.tally import STEPS, Median, Tally, Window, month_at

MATURES = timedelta(days=84)
KNOWN = "known"
# What each rate is of, and what became of them.
RATES = {Stage.MQL: Stage.SQL, Stage.SQL: Stage.CUSTOMER}


@dataclass(frozen=True)
class Cohort:
    """Leads that came in one month, and how many of them reached each step by ``at``."""

    month: datetime
    reached: Mapping[str, int]  # by stage; "known" is all of them
    is_maturing: bool

    def steps(self) -> list[tuple[str, int, float | None]]:
        """Return (stage, number, share of the step before) for each step after the first."""
        names = [KNOWN, *STEPS]
        return [
            (str(stage), self.reached[stage], _share(self.reached[stage], self.reached[before]))
            for before, stage in pairwise(names)
        ]


@dataclass(frozen=True)
class Rate:
    """How many of one step became another, by the month in which they reached the first."""

    month: datetime
    of: int
    reached: int
    is_maturing: bool


@dataclass(frozen=True)
class Stay:
    """How long leads stay in one stage: completed stays apart from those that last."""

    stage: str
    took: Median
    lasting: int
    over: int  # of these, longer than 84 days


@dataclass
class SourceSums:
    """One source in the window. ``cost`` is None where no spend is known: incomplete, not 0."""

    id: int | None
    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys([KNOWN, *STEPS], 0))
    cost: Decimal | None = None
    sales_cost: Decimal | None = None  # its part of what sales' time cost
    won: Decimal = Decimal(0)

    def cost_per(self, step: str) -> Decimal | None:
        n = self.counts.get(step, 0)
        return self.cost / n if self.cost is not None and n else None

    @property
    def cost_per_lead(self) -> Decimal | None:
        return self.cost_per(KNOWN)

    @property
    def cost_per_mql(self) -> Decimal | None:
        return self.cost_per(Stage.MQL)

    @property
    def cost_per_sql(self) -> Decimal | None:
        """Marketing's spend and sales' time ÷ SQLs; None while either is not known."""
        n = self.counts.get(Stage.SQL, 0)
        if self.cost is None or self.sales_cost is None or not n:
            return None
        return (self.cost + self.sales_cost) / n

    @property
    def spend_per_sql(self) -> Decimal | None:
        return self.cost_per(Stage.SQL)

    @property
    def roi(self) -> Decimal | None:
        """(Won value - cost) / cost; None without a cost."""
        return (self.won - self.cost) / self.cost if self.cost else None


def cohorts(tally: Tally) -> list[Cohort]:
    """Return the leads that came in each month and how far they are, newest first."""
    counts: dict[int, dict[str, int]] = {}
    for month, _source, n, _scored, _engaged in tally.came:
        counts.setdefault(month, _none())[KNOWN] += n
    for month, _source, furthest, n in tally.reached:
        _add(counts.setdefault(month, _none()), furthest, n)
    found = [(month_at(month, tally.zone), counts[month]) for month in sorted(counts, reverse=True)]
    return [Cohort(month, reached, _matures(month, tally.at)) for month, reached in found]


def by_period(tally: Tally) -> dict[datetime, dict[str, int]]:
    """Return how many leads entered each stage in each month, whenever they came, newest first."""
    found: dict[int, dict[str, int]] = {}
    for month, _source, n, _scored, _engaged in tally.came:
        found.setdefault(month, _none())[KNOWN] += n
    for month, _source, stage, n in tally.entered:
        found.setdefault(month, _none())[stage] += n
    return {month_at(one, tally.zone): found[one] for one in sorted(found, reverse=True)}


def rates(tally: Tally, step: Stage) -> list[Rate]:
    """Return how many that first reached ``step`` in each month ever reached what follows it.

    Oldest first. MQL to SQL is accepted leads over MQLs of the cohort; see ``RATES``.
    """
    of, reached = Counter[int](), Counter[int]()
    for mql, sql, _source, n, customers in tally.firsts:
        month, came = (mql, n if sql is not None else 0) if step == Stage.MQL else (sql, customers)
        if month in tally.months:
            of[month] += n
            reached[month] += came
    months = [(one, month_at(one, tally.zone)) for one in sorted(of)]
    return [Rate(at, of[one], reached[one], _matures(at, tally.at)) for one, at in months]


def stays(tally: Tally) -> list[Stay]:
    """Return how long leads stayed in each stage that they left in the window, and who is there.

    A stay that lasts is censored, not left out: it is counted beside the median of those that
    ended.
    """
    done = tally.stayed
    here: dict[str, list[int]] = {}
    for stage, _source, n, over in tally.here:
        cell = here.setdefault(stage, [0, 0])
        cell[0] += n
        cell[1] += over
    return [
        Stay(str(stage), done.get(stage, Median(0)), *here.get(stage, (0, 0)))
        for stage in (Stage.KNOWN, *STEPS, Stage.RECYCLED)
    ]


def pace(tally: Tally) -> Median:
    """Return how long it took from first MQL to first SQL, of SQLs made in the window."""
    return tally.paced


def sales_cycle(tally: Tally) -> Median:
    """Return how long it took from first contact to won, of what was won in the window."""
    return tally.cycle


def engaged(tally: Tally) -> tuple[int, int]:
    """Return how many scored leads of the window have points for engagement now, of how many."""
    return sum(row[4] for row in tally.came), sum(row[3] for row in tally.came)


def brought_by_month(tally: Tally) -> dict[date, set[int | None]]:
    """Return which sources brought leads in each month."""
    found: dict[date, set[int | None]] = {}
    for month, source, *_counts in tally.came:
        found.setdefault(month_at(month, tally.zone).date(), set()).add(source)
    return found


def source_sums(tally: Tally, window: Window, currency: str) -> list[SourceSums]:
    """Return each source with its leads, what became of them and what it cost; two statements.

    Counts are of the leads that came in the window, spend of its days; only amounts in
    ``currency`` are added, and a source with spend in another one is incomplete.
    """
    sums: dict[int | None, SourceSums] = {}
    names = dict(Source.objects.values_list("pk", "name"))

    def of(source: int | None) -> SourceSums:
        return sums.setdefault(source, SourceSums(source, names.get(source or 0, "")))

    for _month, source, n, _scored, _engaged in tally.came:
        of(source).counts[KNOWN] += n
    for _month, source, furthest, n in tally.reached:
        _add(of(source).counts, furthest, n)
    for source, cost in _spend(window, currency).items():
        of(source).cost = cost
    for _month, source, value in tally.won:
        of(source).won += Decimal(value)
    return sorted(sums.values(), key=lambda one: -one.counts.get(KNOWN, 0))


def _spend(window: Window, currency: str) -> dict[int, Decimal | None]:
    sums: dict[int, Decimal | None] = {}
    days = Spend.objects.filter(day__gte=window.begins.date(), day__lt=window.ends.date())
    rows = days.order_by().values_list("source", "currency")
    for source, unit, cost in rows.annotate(cost=Sum("amount")):
        is_known = unit == currency and sums.get(source, 0) is not None
        sums[source] = Decimal(cost).quantize(CENT) if is_known else None
    return sums


CENT = Decimal("0.01")


def _none() -> dict[str, int]:
    return dict.fromkeys([KNOWN, *STEPS], 0)


def _add(counts: dict[str, int], furthest: int, n: int) -> None:
    """Count leads at the step that they came furthest to, and at each before it."""
    for step in STEPS[: furthest + 1]:
        counts[step] += n


def _matures(month: datetime, at: datetime) -> bool:
    return at - _next(month) < MATURES


def _next(month: datetime) -> datetime:
    """Return the first instant after the month."""
    later = month + timedelta(days=32)
    return later.replace(day=1)


def _share(part: int, of: int) -> float | None:
    return part / of if of else None
