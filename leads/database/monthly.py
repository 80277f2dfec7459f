"""Figures that only others count, by month: visitors of each source, hours of sales.

They are typed or pasted as lines; the same month said again takes the place of the last.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from leads.database.models import SalesTime, Source, VisitorCount
from portal.accounts.models import Organisation, User
from portal.core.errors import DomainError
from portal.core.text import clean_text, fold
from portal.events.services import record

ALL = frozenset({"", "all", "*"})  # instead of a source: the whole site
MOST_LINES = 2_000
MOST_VISITORS = 10**12
MOST_AMOUNT = Decimal(1000000)


@dataclass(frozen=True)
class Visitors:
    """How many visited in a month; ``month`` is its first day."""

    month: date
    source: str  # folded; empty for the whole site
    visitors: int


@dataclass(frozen=True)
class Hours:
    """Hours of sales in a month, and what one costs."""

    month: date
    hours: Decimal
    rate: Decimal


def enter_visitors(*, text: str, by: User, at: datetime) -> int:
    """Store lines of ``month, source, visitors`` (2026-03, Paid search, 1200); return how many.

    All or nothing. ``all`` as source is the whole site. Raises DomainError with the number of
    the first line that cannot be read, and for a source that nobody knows.
    """
    return store_visitors([_visitors(*line) for line in _lines(text, 3)], by=by, at=at)


@transaction.atomic
def store_visitors(rows: Sequence[Visitors], *, by: User, at: datetime) -> int:
    """Store counts of visitors in the place of those before; return how many. All or nothing."""
    known = {one.key: one for one in Source.objects.all()}
    for number, one in enumerate(rows, start=1):
        if one.source and one.source not in known:
            raise DomainError(
                _("Line %(n)s: no source is called “%(name)s”.") % {"n": number, "name": one.source}
            )
    stored = {}
    for one in rows:
        source = known.get(one.source)
        stored[one.month, one.source], _new = VisitorCount.objects.update_or_create(
            month=one.month, source=source, defaults={"visitors": one.visitors}
        )
    last = list(stored.values())[-1]
    payload = {"figures": "visitors", "lines": len(stored)}
    record("figures.entered", subject=last, actor=by, at=at, payload=payload)
    return len(stored)


def enter_sales_time(*, text: str, by: User, at: datetime) -> int:
    """Store lines of ``month, hours, rate`` (2026-03, 320, 58.50); return how many.

    The rate is in the organisation's currency. All or nothing; DomainError names the line.
    """
    return store_sales_time([_hours(*line) for line in _lines(text, 3)], by=by, at=at)


@transaction.atomic
def store_sales_time(rows: Sequence[Hours], *, by: User, at: datetime) -> int:
    """Store hours of sales in the place of those before; return of how many months."""
    currency = Organisation.current().currency
    for one in rows:
        row, _new = SalesTime.objects.update_or_create(
            month=one.month,
            defaults={"hours": one.hours, "rate": one.rate, "currency": currency},
        )
    months = len({one.month for one in rows})
    payload = {"figures": "sales_time", "lines": months}
    record("figures.entered", subject=row, actor=by, at=at, payload=payload)
    return months


def _lines(text: str, cells: int) -> Iterable[tuple[int, Sequence[str]]]:
    """Return (number, cells) of each line that is not blank; commas, semicolons or tabs."""
    rows = clean_text(text).splitlines()
    if not any(row.strip() for row in rows):
        raise DomainError(_("Write at least one line."))
    if len(rows) > MOST_LINES:
        raise DomainError(_("Enter at most 2,000 lines at once."))
    found = []
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        comma = next((one for one in "\t;" if one in row), ",")
        parts = [part.strip() for part in next(csv.reader([row], delimiter=comma))]
        if len(parts) != cells:
            raise DomainError(
                _("Line %(n)s has %(found)s parts, not %(wanted)s.")
                % {"n": number, "found": len(parts), "wanted": cells}
            )
        found.append((number, parts))
    return found


def _month(number: int, text: str) -> date:
    try:
        return date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        words = {"n": number, "text": text[:40]}
        raise DomainError(_("Line %(n)s: “%(text)s” is no month. Write 2026-03.") % words) from None


def _visitors(number: int, cells: Sequence[str]) -> Visitors:
    month, source, count = cells
    digits = count.replace(" ", "")
    if not (digits.isascii() and digits.isdecimal() and int(digits[:20]) < MOST_VISITORS):
        raise DomainError(_("Line %s: visitors are a whole number.") % number)
    name = fold(source)
    return Visitors(_month(number, month), "" if name in ALL else name, int(digits))


def _hours(number: int, cells: Sequence[str]) -> Hours:
    month, hours, rate = cells
    amounts = []
    for text in (hours, rate):
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal(-1)
        if not (value.is_finite() and 0 <= value < MOST_AMOUNT):
            raise DomainError(_("Line %s: hours and what one costs are numbers.") % number)
        amounts.append(value.quantize(Decimal("0.01")))
    return Hours(_month(number, month), *amounts)
