"""Counting rows by what people ask for: the numbers behind `manage.py report` and the pages.

A row without a date counts in every total and is left out of what runs over time; how many they
are is said beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf, TruncMonth
from django.utils.translation import gettext as _

from leads.database.models import Lead, Spend
from portal.core.errors import DomainError

MONTH = "month"
CENT = Decimal("0.01")
Paths = Mapping[str, str]  # what people may ask by: its name, and where it is found


@dataclass(frozen=True)
class Span:
    """Days, both included, in one zone; None is open."""

    zone: ZoneInfo
    since: date | None = None
    until: date | None = None

    @property
    def is_bounded(self) -> bool:
        return self.since is not None or self.until is not None

    def instants(self, path: str) -> dict[str, datetime]:
        """Return the filter of an instant: from midnight to midnight."""
        found = {}
        if self.since:
            found[f"{path}__gte"] = datetime.combine(self.since, time.min, self.zone)
        if self.until:
            end = self.until + timedelta(days=1)
            found[f"{path}__lt"] = datetime.combine(end, time.min, self.zone)
        return found

    def days(self, path: str) -> dict[str, date]:
        """Return the filter of a day."""
        found = {f"{path}__gte": self.since, f"{path}__lte": self.until}
        return {name: day for name, day in found.items() if day}


@dataclass(frozen=True)
class Report:
    """``rows`` hold a value for each thing asked by (None: nothing stated) and the measures."""

    subject: str
    by: list[str]
    rows: list[dict[str, Any]]
    total: int
    date_unknown: int = 0
    measures: list[str] = field(default_factory=lambda: ["count"])


LEADS_BY: Paths = {
    "stage": "stage",
    "source": "source__name",
    "campaign": "campaign__name",
    "owner": "owner__name",
    "system": "external_source",
    MONTH: "created_at",
}
SPEND_BY: Paths = {
    "source": "source__name",
    "campaign": "campaign__name",
    "ad_group": "ad_group",
    "ad": "ad",
    "currency": "currency",
    "day": "day",
    MONTH: "day",
}


def leads_report(*, by: Sequence[str], span: Span) -> Report:
    """Count leads by ``by``; ``span`` is about when they came in. Raises DomainError."""
    return count_rows(
        "leads", Lead.objects.listed(), LEADS_BY, by=by, dated="created_at", span=span
    )


def count_rows(
    subject: str,
    rows: QuerySet[Any, Any],
    paths: Paths,
    *,
    by: Sequence[str],
    dated: str,
    span: Span,
) -> Report:
    """Count ``rows`` by the named paths; one statement for the counts and one for the undated."""
    columns = columns_of(subject, by, paths, span.zone)
    total = rows.count()
    unknown = rows.filter(**{dated: None}).count()
    counted = rows.filter(**span.instants(dated))
    if MONTH in by or span.is_bounded:
        counted = counted.exclude(**{dated: None})
    found = counted.values(**columns).annotate(count=Count("pk")).order_by(*columns)
    return Report(subject, list(by), [shown(row, by) for row in found], total, unknown)


def spend_report(*, by: Sequence[str], span: Span) -> Report:
    """Add up spend by ``by``, each currency on its own. Raises DomainError."""
    asked = [*by, *([] if "currency" in by else ["currency"])]
    columns = columns_of("spend", asked, SPEND_BY, span.zone)
    rows = Spend.objects.filter(**span.days("day"))
    measures = {
        "count": Count("pk"),
        "amount": Sum("amount"),
        "impressions": Sum("impressions"),
        "clicks": Sum("clicks"),
    }
    found = rows.values(**columns).annotate(**{f"sum_{n}": m for n, m in measures.items()})
    lines = [
        shown({k.removeprefix("sum_"): v for k, v in row.items()}, asked)
        for row in found.order_by(*columns)
    ]
    for line in lines:  # SQLite adds decimals up as floating-point numbers
        line["amount"] = Decimal(line["amount"]).quantize(CENT)
    return Report("spend", asked, lines, Spend.objects.count(), measures=list(measures))


def columns_of(
    subject: str, by: Sequence[str], paths: Paths, zone: ZoneInfo
) -> dict[str, Combinable]:
    """Return the expression of each thing asked by, named ``by_<name>``."""
    unknown = [name for name in by if name not in paths]
    if unknown:
        raise DomainError(
            _("%(subject)s cannot be counted by “%(name)s”. Use: %(known)s.")
            % {"subject": subject, "name": unknown[0], "known": ", ".join(paths)}
        )
    return {f"by_{name}": _column(name, paths[name], zone) for name in by}


def _column(name: str, path: str, zone: ZoneInfo) -> Combinable:
    if name == MONTH:
        return TruncMonth(path) if path == "day" else TruncMonth(path, tzinfo=zone)
    return F(path) if path == "day" else NullIf(path, Value(""))  # blank and null are one line


def shown(row: Mapping[str, Any], by: Sequence[str]) -> dict[str, Any]:
    """Return one line: blanks as None, months as "2026-03", days as "2026-03-02"."""
    line = {name: _shown(name, row[f"by_{name}"]) for name in by}
    return line | {name: value for name, value in row.items() if not name.startswith("by_")}


def _shown(name: str, value: Any) -> Any:
    if value in (None, ""):
        return None
    if isinstance(value, date):
        return f"{value:%Y-%m}" if name == MONTH else f"{value:%Y-%m-%d}"
    return value
