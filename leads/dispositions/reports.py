"""Counting handoffs by what sales said of them, and how soon sales called."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, F, FilteredRelation, Q, QuerySet
from django.utils.translation import gettext as _

from leads.database.reports import (
    CENT,
    MONTH,
    SPEND_BY,
    Paths,
    Report,
    Span,
    columns_of,
    count_rows,
    shown,
    spend_report,
)
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation
from portal.core.errors import DomainError

HANDOFFS_BY: Paths = {
    "stage": "lead__stage",
    "source_stage": "source_stage",
    "disposition": "outcome",
    "reason": "decision__reason_id",
    "reason_text": "decision__reason_text",
    "source": "source__name",
    "campaign": "campaign__name",
    "owner": "owner__name",
    "source_owner": "source_owner",
    "outcome": "opportunity__outcome",
    "origin": "origin",
    "system": "external_source",
    MONTH: "made_at",
}


ACCEPTED = Count("pk", filter=Q(outcome="accepted"))


def handoffs() -> QuerySet[Handoff]:
    """Return all handoffs, live and imported, with the disposition that counts as ``decision``."""
    standing = Q(dispositions__withdrawn_at=None)
    return Handoff.objects.annotate(decision=FilteredRelation("dispositions", condition=standing))


def handoffs_report(*, by: Sequence[str], span: Span) -> Report:
    """Count handoffs by ``by``; ``span`` is about when they were made. Raises DomainError."""
    return count_rows("handoffs", handoffs(), HANDOFFS_BY, by=by, dated="made_at", span=span)


def speed_report(*, by: Sequence[str], span: Span) -> Report:
    """Return how soon leads were first called after their handoff, wall clock, in minutes.

    Handoffs without a date have no speed; those never called count in ``handoffs`` only.
    """
    columns = columns_of("speed_to_lead", by, HANDOFFS_BY, span.zone)
    rows = handoffs()
    unknown = rows.filter(made_at=None).count()
    dated = rows.filter(made_at__isnull=False, **span.instants("made_at"))
    waits: dict[tuple[Any, ...], list[timedelta | None]] = defaultdict(list)
    for line in dated.annotate(wait=F("first_touch_at") - F("made_at")).values_list(
        *columns.values(), "wait"
    ):
        waits[tuple(line[:-1])].append(line[-1])
    lines = [
        shown(dict(zip(columns, key, strict=True)), by) | _speed(found)
        for key, found in sorted(waits.items(), key=lambda item: [str(part) for part in item[0]])
    ]
    measures = ["handoffs", "touched", "median_minutes", "within_5_minutes"]
    return Report("speed_to_lead", list(by), lines, rows.count(), unknown, measures)


def _speed(waits: Sequence[timedelta | None]) -> dict[str, Any]:
    minutes = [wait.total_seconds() / 60 for wait in waits if wait is not None]
    return {
        "handoffs": len(waits),
        "touched": len(minutes),
        "median_minutes": round(median(minutes), 1) if minutes else None,
        "within_5_minutes": sum(each <= 5 for each in minutes),
    }


def cost_report(*, by: Sequence[str], span: Span) -> Report:
    """Return what one accepted handoff cost, by source and what else is asked for.

    Spend belongs to a source and a day, so it stands only in lines by source, campaign and month;
    asked by more, each line has the whole spend of its source. ``cost`` is None where nobody has
    entered a spend: incomplete, never 0. Amounts in the organisation's currency only; a line with
    spend in another one is incomplete, too. Raises DomainError without ``source``.
    """
    if "source" not in by:
        raise DomainError(_("What a lead cost is counted by source: add it."))
    columns = columns_of("cost", by, HANDOFFS_BY, span.zone)
    rows = handoffs().filter(**span.instants("made_at"))
    places = [name for name in by if name in SPEND_BY]
    spent = _spent(places, span)
    lines = []
    for row in rows.values(**columns).annotate(accepted=ACCEPTED).order_by(*columns):
        line = shown(row, by)
        cost = spent.get(tuple(line[name] for name in places))
        n = line["accepted"]
        each = (cost / n).quantize(CENT) if cost is not None and n else None
        lines.append(line | {"cost": cost, "cost_per_accepted": each})
    measures = ["accepted", "cost", "cost_per_accepted"]
    return Report("cost", list(by), lines, rows.count(), measures=measures)


def _spent(by: Sequence[str], span: Span) -> dict[tuple[Any, ...], Decimal | None]:
    currency = Organisation.current().currency
    found: dict[tuple[Any, ...], Decimal | None] = {}
    for line in spend_report(by=by, span=span).rows:
        place = tuple(line[name] for name in by)
        before = found.get(place, Decimal(0))
        is_ours = line["currency"] == currency and before is not None
        found[place] = before + line["amount"] if is_ours and before is not None else None
    return found
