"""The one sentence on top: what the numbers below say."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.feedback.counts import ReasonRow, SourceColumn
from scoring.feedback.decided import Decided
from scoring.feedback.panels import Band, RuleRow
from scoring.feedback.quality import OTHER, PersonQuality
from scoring.feedback.totals import Week


def finding(
    decided: Decided, columns: Sequence[SourceColumn], reasons: Sequence[ReasonRow]
) -> dict[str, str]:
    """Return the finding as ``strong`` and ``more``; both empty when nothing was decided."""
    n, no = len(decided), int((~decided.accepted).sum())
    if not n:
        return {"strong": "", "more": ""}
    numbers = {"no": no, "n": n, "share": round(100 * no / n)}
    strong = _("Sales said no to %(no)s of %(n)s handoffs, %(share)s %%.") % numbers
    more = [
        text for text in (_busiest_cell(columns, reasons), _apart(int(decided.apart.sum()))) if text
    ]
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


def scores_say(bands: Sequence[Band], rules: Sequence[RuleRow]) -> dict[str, str]:
    """Return whether a higher score is better as ``strong``, the harmful rules as ``more``."""
    if not bands:
        return {"strong": "", "more": ""}
    known = [(band, share) for band in bands if (share := band.accepted.share) is not None]
    strong = _("Too little data to say whether a higher score is better.")
    if len(known) > 1:
        (low, worse), (high, better) = known[0], known[-1]
        if better.low > worse.high:
            words = _("A higher score is better: sales accepts %(better)s %% at %(high)s, ")
        elif better.high < worse.low:
            words = _("A higher score is worse: sales accepts %(better)s %% at %(high)s, ")
        else:
            words = _("The score does not tell good from bad yet: %(better)s %% at %(high)s, ")
        strong = (words + _("%(worse)s %% at %(low)s.")) % {
            "low": low.label,
            "high": high.label,
            "worse": round(100 * worse.value),
            "better": round(100 * better.value),
        }
    harmful = [row.name for row in rules if row.is_telling and row.odds and row.odds.value < 1]
    more = ngettext(
        "%(n)s rule goes with fewer acceptances, all others held: %(names)s.",
        "%(n)s rules go with fewer acceptances, all others held: %(names)s.",
        len(harmful),
    ) % {"n": len(harmful), "names": ", ".join(harmful[:3])}
    return {"strong": strong, "more": more if harmful else ""}


def drift_says(weeks: Sequence[Week]) -> str:
    """Say whether totals rose from the first to the last week that has enough handoffs."""
    known = [
        (week.total, share)
        for week in weeks
        if week.total is not None and (share := week.accepted.share) is not None
    ]
    if len(known) < 2:
        return _("Too few handoffs to see a drift: it takes 30 in each of two weeks.")
    (was, then), (now, today) = known[0], known[-1]
    moved = now.low > was.high or now.high < was.low
    if now.low > was.high and today.value <= then.value:
        words = _("Scores inflate: the mean total rose from %(was)s to %(now)s, while acceptance ")
    elif moved:
        words = _("The mean total moved from %(was)s to %(now)s; acceptance ")
    else:
        words = _("No inflation to see: the mean total was %(was)s and is %(now)s; acceptance ")
    return (words + _("went from %(then)s to %(today)s %%.")) % {
        "was": round(was.value),
        "now": round(now.value),
        "then": round(100 * then.value),
        "today": round(100 * today.value),
    }


def reasons_say(everybody: PersonQuality) -> str:
    """Say how often the reason says nothing, and how much was decided in no time."""
    if not everybody.rejected:
        return _("Nothing was rejected, so there is no reason to judge.")
    other, rejected = everybody.reasons[OTHER], everybody.rejected
    words = _("%(other)s of %(rejected)s rejections say “other”, %(share)s %%.") % {
        "other": other,
        "rejected": rejected,
        "share": round(100 * other / rejected),
    }
    if everybody.timed:
        quick = {"quick": everybody.quick, "timed": everybody.timed}
        words += " " + _("%(quick)s of %(timed)s timed decisions took under three seconds.") % quick
    return words
