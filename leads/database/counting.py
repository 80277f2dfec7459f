"""What the funnel counts of leads and their stages, in few statements over all of them.

Where a database has millions of leads these take seconds: ``portal.dashboards.kept`` keeps what
they say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models import Window as Over
from django.db.models.functions import RowNumber, TruncMonth

from leads.database.models import Lead, Opportunity, Stage, StageChange
from leads.database.tally import (
    CYCLE,
    EVERY,
    PACED,
    SQL_OR_LATER,
    STEPS,
    Row,
    Tally,
    Window,
    number_of,
)
from portal.core.intervals import median_places

LONG = timedelta(days=84)


def count(
    window: Window,
    *,
    at: datetime,
    currency: str,
    source: int | None = None,
    shorter: Sequence[Window] = (),
) -> Tally:
    """Count what came and moved in the window; seven statements, and one for each window's stays.

    ``source``: of its leads alone. ``shorter``: windows that end with this one, whose medians are
    counted too, each for all sources and by source, so that the tally can be ``narrowed``.
    """
    lead = _Leads(source)
    windows = [window, *shorter]
    return Tally(
        at=at, zone=window.zone, months=window.months,
        came=_came(lead, window), reached=_reached(lead, window),
        entered=_entered(lead, window), firsts=_firsts(lead, window),
        here=_here(lead, at), won=_won(lead, window, currency),
        medians=[
            *(row for one in windows for row in _stayed(lead, one, by_source=bool(shorter))),
            *_medians(PACED, _paces(lead, window), windows),
            *_medians(CYCLE, _cycles(lead, window), windows),
        ],
    )  # fmt: skip


@dataclass(frozen=True)
class _Leads:
    """Leads that count, of one source if one is given, as seen along a path from another table."""

    source: int | None

    def of(self, path: str = "") -> Q:
        listed = Q(**{f"{path}duplicate_of": None})
        return listed if self.source is None else listed & Q(**{f"{path}source": self.source})


def _came(lead: _Leads, window: Window) -> list[Row]:
    rows = Lead.objects.filter(lead.of(), window.of("created_at")).annotate(
        month=TruncMonth("created_at", tzinfo=window.zone)
    )
    has_points = Q(standing__total__isnull=False, standing__engagement__gt=0)
    counted = rows.order_by().values_list("month", "source").annotate(
        n=Count("pk"), scored=Count("standing__total"), hits=Count("pk", filter=has_points)
    )  # fmt: skip
    return [(number_of(month), *rest) for month, *rest in counted]


def _reached(lead: _Leads, window: Window) -> list[Row]:
    changes = _changes(lead).filter(window.of("lead__created_at"), stage__in=STEPS)
    places = [When(stage=step, then=Value(place)) for place, step in enumerate(STEPS)]
    month = TruncMonth("lead__created_at", tzinfo=window.zone)
    rows = (
        changes.annotate(month=month)
        .values("lead", "month", "of_source")
        .annotate(furthest=Max(Case(*places, output_field=IntegerField())))
    )
    return [
        (number_of(month), source, furthest, n)
        for month, source, furthest, n in _grouped(rows, "month, of_source, furthest", "count(*)")
    ]


def _entered(lead: _Leads, window: Window) -> list[Row]:
    rows = _changes(lead).filter(window.of("entered_at"), stage__in=STEPS)
    months = rows.annotate(month=TruncMonth("entered_at", tzinfo=window.zone))
    counted = months.values_list("month", "of_source", "stage")
    found = counted.annotate(n=Count("lead", distinct=True))
    return [(number_of(month), *rest) for month, *rest in found]


def _firsts(lead: _Leads, window: Window) -> list[Row]:
    is_won = Case(When(stage=Stage.CUSTOMER, then=1), default=0, output_field=IntegerField())
    rows = (
        _changes(lead)
        .filter(stage__in=STEPS)
        .values("lead", "of_source")
        .annotate(
            first=Min("entered_at"),
            accepted=Min("entered_at", filter=Q(stage__in=SQL_OR_LATER)),
            is_won=Max(is_won),
        )
        .filter(window.of("first") | window.of("accepted"))
        .annotate(
            mql=TruncMonth("first", tzinfo=window.zone),
            sql=TruncMonth("accepted", tzinfo=window.zone),
        )
    )
    return [
        (number_of(mql), number_of(sql), *rest)
        for mql, sql, *rest in _grouped(rows, "mql, sql, of_source", "count(*), sum(is_won)")
    ]


def _here(lead: _Leads, at: datetime) -> list[Row]:
    rows = _changes(lead).filter(left_at=None).values_list("stage", "of_source")
    over = Count("pk", filter=Q(entered_at__lt=at - LONG))
    return list(rows.annotate(n=Count("pk"), over=over))


def _won(lead: _Leads, window: Window, currency: str) -> list[Row]:
    rows = Opportunity.objects.filter(
        lead.of("lead__"), window.of("lead__created_at"),
        outcome="won", currency__in=[currency, ""],
    ).annotate(month=TruncMonth("lead__created_at", tzinfo=window.zone))  # fmt: skip
    sums = rows.order_by().values_list("month", "lead__source").annotate(value=Sum("value"))
    return [(number_of(month), source, str(value or 0)) for month, source, value in sums]


def _stayed(lead: _Leads, window: Window, *, by_source: bool) -> list[Row]:
    """Rank the stays within their stage in the database, and read those around the middle."""
    length = ExpressionWrapper(F("left_at") - F("entered_at"), output_field=DurationField())
    stages = (Stage.KNOWN, *STEPS, Stage.RECYCLED)
    rows = _changes(lead).filter(window.of("left_at"), stage__in=stages).annotate(length=length)
    found: list[Row] = []
    for by in (("stage",), ("stage", "of_source"))[: 1 + by_source]:
        ranked = rows.annotate(
            n=Over(Count("pk"), partition_by=by),
            place=Over(RowNumber(), partition_by=by, order_by="length"),
        ).annotate(off=2 * F("place") - F("n") - 1)
        # Wider than the median's interval, whatever n: see ``median_places``.
        around = ranked.annotate(beyond=F("off") * F("off") - 5 * F("n") - 30).filter(beyond__lte=0)
        lengths: dict[Row, dict[int, timedelta]] = {}
        for stage, source, n, place, took in around.values_list(
            "stage", "of_source", "n", "place", "length"
        ):
            key = (stage, source if "of_source" in by else EVERY, n)
            lengths.setdefault(key, {})[place - 1] = took
        found += [
            (stage, window.months.start, source, n, *_middle(n, some))
            for (stage, source, n), some in lengths.items()
        ]
    return found


def _paces(lead: _Leads, window: Window) -> list[Row]:
    """Return when each lead first became an SQL, its source, and how long after its first MQL."""
    made = StageChange.objects.filter(window.of("entered_at"), stage__in=SQL_OR_LATER)
    rows = (
        _changes(lead)
        .filter(lead__in=made.values("lead"), stage__in=STEPS)
        .values("lead", "of_source")
        .annotate(
            mql=Min("entered_at", filter=Q(stage=Stage.MQL)),
            sql=Min("entered_at", filter=Q(stage__in=SQL_OR_LATER)),
        )
        .filter(window.of("sql"), mql__lte=F("sql"))
    )
    length = ExpressionWrapper(F("sql") - F("mql"), output_field=DurationField())
    return list(rows.annotate(length=length).values_list("sql", "of_source", "length"))


def _cycles(lead: _Leads, window: Window) -> list[Row]:
    won = Opportunity.objects.filter(
        lead.of("lead__"), window.of("closed_at"), outcome="won", lead__created_at__isnull=False
    )
    length = ExpressionWrapper(F("closed_at") - F("lead__created_at"), output_field=DurationField())
    return list(won.annotate(length=length).values_list("closed_at", "lead__source", "length"))


def _medians(what: str, rows: Iterable[Row], windows: Iterable[Window]) -> list[Row]:
    found: list[Row] = []
    for window in windows:
        lengths: dict[int | None, list[timedelta]] = {}
        for at, source, length in rows:
            if at >= window.begins:
                lengths.setdefault(EVERY, []).append(length)
                lengths.setdefault(source, []).append(length)
        found += [
            (what, window.months.start, source, len(some), *_middle(len(some), sorted(some)))
            for source, some in lengths.items()
        ]
    return found


def _changes(lead: _Leads) -> QuerySet[Any, Any]:
    """Return the stage changes of leads that count, unordered, with their source."""
    return StageChange.objects.filter(lead.of("lead__")).annotate(
        of_source=F("lead__source")
    ).order_by()  # fmt: skip


def _grouped(rows: QuerySet[Any, Any], by: str, counted: str) -> list[Row]:
    """Return what is ``counted`` of the rows ``by`` these of their columns.

    ``rows`` has one row for each lead; Django cannot group what it has grouped.
    """
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {by}, {counted} FROM ({sql}) AS r GROUP BY {by}", parameters)  # noqa: S608 - our own names
        return list(cursor.fetchall())


def _middle(
    n: int, lengths: Sequence[timedelta] | Mapping[int, timedelta]
) -> tuple[float, float | None, float | None]:
    """Return the median of ``n`` lengths by their places, and its interval, in seconds."""
    places = median_places(n)
    low, high = (lengths[place].total_seconds() for place in places) if places else (None, None)
    return lengths[n // 2].total_seconds(), low, high
