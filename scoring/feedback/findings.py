"""The one sentence on top: what the numbers below say."""

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.dispositions.models import Disposition, Outcome
from scoring.feedback.counts import APART, ReasonRow, SourceColumn


def finding(
    rows: QuerySet[Disposition],
    columns: Sequence[SourceColumn],
    reasons: Sequence[ReasonRow],
) -> dict[str, str]:
    """Return the finding as ``strong`` and ``more``; both empty when nothing was decided."""
    sums = rows.aggregate(
        n=Count("pk"),
        no=Count("pk", filter=Q(outcome=Outcome.REJECTED)),
        apart=Count("pk", filter=Q(reason__effect__in=APART)),
    )
    if not sums["n"]:
        return {"strong": "", "more": ""}
    numbers = {"no": sums["no"], "n": sums["n"], "share": round(100 * sums["no"] / sums["n"])}
    strong = _("Sales said no to %(no)s of %(n)s handoffs, %(share)s %%.") % numbers
    more = [text for text in (_busiest_cell(columns, reasons), _apart(sums["apart"])) if text]
    return {"strong": strong, "more": " ".join(more)}


def _busiest_cell(columns: Sequence[SourceColumn], reasons: Sequence[ReasonRow]) -> str:
    """Name the reason and source that meet most above what chance expects."""
    cells = [(cell, row) for row in reasons for cell in row.cells if cell.tint]
    if not cells:
        return ""
    cell, row = max(cells, key=lambda pair: (pair[0].ratio or 0) * pair[0].count)
    source = next(column for column in columns if column.id == cell.source)
    return _("%(source)s: %(count)s of its %(rejected)s rejections say “%(reason)s”.") % {
        "source": source.name or _("Without a source"),
        "count": cell.count,
        "rejected": source.rejected,
        "reason": row.label,
    }


def _apart(count: int) -> str:
    if not count:
        return ""
    return (
        ngettext(
            "%s was a duplicate or had data to mend, which judges no rule.",
            "%s were duplicates or had data to mend, which judges no rule.",
            count,
        )
        % count
    )
