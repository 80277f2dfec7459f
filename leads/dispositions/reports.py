"""Counting handoffs by what sales said of them, and how soon sales called."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from leads.database.reports import MONTH, Paths, Report, Span, columns_of, count_rows, shown
from leads.handoffs.models import Handoff

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
