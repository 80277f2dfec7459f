"""What stands around the funnel: who visited before, and what sales' time cost.

A month that nobody has entered makes the sum incomplete: None, never 0.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from leads.database.funnel import SourceSums
from leads.database.models import SalesTime, Stage, VisitorCount
from leads.database.tally import Window

Months = Mapping[date, int | None]


def months_of(window: Window) -> list[date]:
    """Return the first day of each month of the window."""
    found, month = [], window.begins.date().replace(day=1)
    while month < window.ends.date():
        found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found


def visitors_by_month(
    window: Window, brought: Mapping[date, set[int | None]], source: int | None = None
) -> Months:
    """Return the visitors of each month, None where they are not known.

    Of one source: its own count. Of all: the count of the whole site where there is one, else the
    sum of the sources, once every source that ``brought`` leads in the month has a count.
    """
    rows = VisitorCount.objects.filter(
        month__gte=window.begins.date(), month__lt=window.ends.date()
    )
    counts: dict[tuple[date, int | None], int] = {
        (month, one): n for month, one, n in rows.values_list("month", "source", "visitors")
    }
    found: dict[date, int | None] = {}
    for month in months_of(window):
        if source is not None:
            found[month] = counts.get((month, source))
            continue
        by_source = {one: n for (of, one), n in counts.items() if of == month and one is not None}
        is_whole = by_source and brought.get(month, set()) <= set(by_source)
        found[month] = counts.get((month, None), sum(by_source.values()) if is_whole else None)
    return found


def sales_cost(
    window: Window, currency: str, *, until: datetime
) -> tuple[Decimal | None, list[date]]:
    """Return what sales' time cost in the window, and the months that nobody has entered.

    Months that have begun by ``until`` count. None as soon as one is missing or in another
    currency.
    """
    rows = SalesTime.objects.filter(month__gte=window.begins.date(), month__lt=window.ends.date())
    known = {row.month: row.hours * row.rate for row in rows if row.currency == currency}
    begun = [one for one in months_of(window) if one <= until.astimezone(window.zone).date()]
    missing = [one for one in begun if one not in known]
    return (None if missing else sum(known.values(), Decimal(0))), missing


def spread_sales_cost(sums: list[SourceSums], cost: Decimal | None) -> None:
    """Give each source its part of sales' time: by the leads of it that went to sales."""
    handed = sum(one.counts[Stage.WITH_SALES] for one in sums)
    for one in sums:
        if cost is not None and handed:
            part = cost * one.counts[Stage.WITH_SALES] / handed
            one.sales_cost = part.quantize(Decimal("0.01"))
