"""How far leads came: by cohort and by period, how long it took, what it cost.

A lead has reached a step when it entered that stage or a later one, ever: what was taken back or
recycled later still came so far. A cohort is all leads that began in one month (came in, or first
became an MQL, or first became an SQL), wherever they are now. A young cohort is not complete: it
matures for 84 days, the length of nurture that the founding documents state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import TruncMonth

from leads.database.models import Lead, Opportunity, Source, Spend, Stage, StageChange

MATURES = timedelta(days=84)
STEPS = (Stage.MQL, Stage.WITH_SALES, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)
KNOWN = "known"


@dataclass(frozen=True)
class Window:
    """Months of one zone, from the first instant of the first to the end of the last."""

    begins: datetime
    ends: datetime
    zone: ZoneInfo

    def of(self, path: str) -> Q:
        return Q(**{f"{path}__gte": self.begins, f"{path}__lt": self.ends})


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
    done: int
    median: timedelta | None
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


def cohorts(leads: "QuerySet[Lead]", window: Window, *, at: datetime) -> list[Cohort]:
    """Return the leads that came in each month and how far they are, newest first."""
    came = leads.filter(window.of("created_at"))
    counts: dict[datetime, dict[str, int]] = {}
    for month, n in _by_month(came, "created_at", window, Count("pk")):
        counts.setdefault(month, dict.fromkeys([KNOWN, *STEPS], 0))[KNOWN] = n
    for step in STEPS:
        reached = StageChange.objects.filter(lead__in=came.values("pk"), stage__in=_from(step))
        for month, n in _by_month(reached, "lead__created_at", window, _LEADS):
            counts[month][step] = n
    return [
        Cohort(month, counts[month], at - _next(month) < MATURES)
        for month in sorted(counts, reverse=True)
    ]


def by_period(leads: "QuerySet[Lead]", window: Window) -> dict[datetime, dict[str, int]]:
    """Return how many leads entered each stage in each month, whenever they came."""
    found: dict[datetime, dict[str, int]] = {}
    for month, n in _by_month(leads.filter(window.of("created_at")), "created_at", window, _PKS):
        found.setdefault(month, dict.fromkeys([KNOWN, *STEPS], 0))[KNOWN] = n
    entered = StageChange.objects.filter(
        window.of("entered_at"), stage__in=STEPS, lead__in=leads.values("pk")
    )
    months = entered.annotate(month=TruncMonth("entered_at", tzinfo=window.zone))
    for month, stage, n in (
        months.order_by().values_list("month", "stage").annotate(n=Count("lead", distinct=True))
    ):
        found.setdefault(month, dict.fromkeys([KNOWN, *STEPS], 0))[stage] = n
    return dict(sorted(found.items(), reverse=True))


def rates(
    leads: "QuerySet[Lead]", step: Stage, later: Stage, window: Window, *, at: datetime
) -> list[Rate]:
    """Return how many that first reached ``step`` in each month ever reached ``later``.

    Oldest first; one statement. MQL to SQL is accepted leads over MQLs of the cohort.
    """
    changes = StageChange.objects.filter(lead=OuterRef("lead"))
    before = changes.filter(stage__in=_from(step)).filter(
        Q(entered_at__lt=OuterRef("entered_at"))
        | Q(entered_at=OuterRef("entered_at"), pk__lt=OuterRef("pk"))
    )
    first = StageChange.objects.filter(
        ~Exists(before), window.of("entered_at"), stage__in=_from(step), lead__in=leads.values("pk")
    )
    came = Count("pk", filter=Exists(changes.filter(stage__in=_from(later))))
    months = first.annotate(month=TruncMonth("entered_at", tzinfo=window.zone)).order_by()
    return [
        Rate(month, of, so_far, at - _next(month) < MATURES)
        for month, of, so_far in months.values_list("month")
        .annotate(of=Count("pk"), so_far=came)
        .order_by("month")
    ]


def stays(leads: "QuerySet[Lead]", window: Window, *, at: datetime) -> list[Stay]:
    """Return how long leads stayed in each stage that they left in the window, and who is there.

    A stay that lasts is censored, not left out: it is counted beside the median of those that
    ended. Three statements for each stage.
    """
    rows = StageChange.objects.filter(lead__in=leads.values("pk"))
    long_ago = at - MATURES
    lasting = {
        stage: (n, over)
        for stage, n, over in rows.filter(left_at=None)
        .order_by()
        .values_list("stage")
        .annotate(n=Count("pk"), over=Count("pk", filter=Q(entered_at__lt=long_ago)))
    }
    length = ExpressionWrapper(F("left_at") - F("entered_at"), output_field=DurationField())
    found = []
    for stage in (Stage.KNOWN, *STEPS, Stage.RECYCLED):
        done = rows.filter(window.of("left_at"), stage=stage)
        n = done.count()
        lengths = done.annotate(length=length).order_by("length").values_list("length", flat=True)
        here, over = lasting.get(stage, (0, 0))
        found.append(Stay(str(stage), n, lengths[n // 2] if n else None, here, over))
    return found


def sales_cycle(leads: "QuerySet[Lead]", window: Window) -> tuple[int, timedelta | None]:
    """Return n and the median time from first contact to won, of what was won in the window."""
    won = Opportunity.objects.filter(
        window.of("closed_at"), outcome="won", lead__in=leads.values("pk")
    ).exclude(lead__created_at=None)
    n = won.count()
    length = ExpressionWrapper(F("closed_at") - F("lead__created_at"), output_field=DurationField())
    lengths = won.annotate(length=length).order_by("length").values_list("length", flat=True)
    return n, lengths[n // 2] if n else None


def source_sums(leads: "QuerySet[Lead]", window: Window, currency: str) -> list[SourceSums]:
    """Return each source with its leads, what became of them and what it cost; eight statements.

    Counts are of the leads that came in the window, spend of its days; only amounts in
    ``currency`` are added, and a source with spend in another one is incomplete.
    """
    came = leads.filter(window.of("created_at"))
    sums: dict[int | None, SourceSums] = {}
    names = dict(Source.objects.values_list("pk", "name"))

    def of(source: int | None) -> SourceSums:
        return sums.setdefault(source, SourceSums(source, names.get(source or 0, "")))

    for source, n in came.order_by().values_list("source").annotate(n=Count("pk")):
        of(source).counts[KNOWN] = n
    for step in STEPS:
        reached = StageChange.objects.filter(lead__in=came.values("pk"), stage__in=_from(step))
        for source, n in reached.order_by().values_list("lead__source").annotate(n=_LEADS):
            of(source).counts[step] = n
    for source, cost in _spend(window, currency).items():
        of(source).cost = cost
    won = Opportunity.objects.filter(
        outcome="won", currency__in=[currency, ""], lead__in=came.values("pk")
    )
    for source, value in won.order_by().values_list("lead__source").annotate(v=Sum("value")):
        of(source).won = Decimal(value or 0)
    return sorted(sums.values(), key=lambda one: -one.counts.get(KNOWN, 0))


def _spend(window: Window, currency: str) -> dict[int, Decimal | None]:
    days = Q(day__gte=window.begins.date(), day__lt=window.ends.date())
    sums: dict[int, Decimal | None] = {}
    rows = Spend.objects.filter(days).order_by().values_list("source", "currency")
    for source, unit, cost in rows.annotate(cost=Sum("amount")):
        is_known = unit == currency and sums.get(source, 0) is not None
        sums[source] = Decimal(cost).quantize(CENT) if is_known else None
    return sums


CENT = Decimal("0.01")
_LEADS = Count("lead", distinct=True)
_PKS = Count("pk")


def _by_month(
    rows: QuerySet[Any], path: str, window: Window, counted: Count
) -> Sequence[tuple[datetime, int]]:
    months = rows.annotate(month=TruncMonth(path, tzinfo=window.zone))
    return list(months.order_by().values_list("month").annotate(n=counted))


def _from(step: Stage) -> tuple[Stage, ...]:
    return STEPS[STEPS.index(step) :]


def _month(instant: datetime, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month: datetime) -> datetime:
    """Return the first instant after the month."""
    later = month + timedelta(days=32)
    return later.replace(day=1)


def _share(part: int, of: int) -> float | None:
    return part / of if of else None
