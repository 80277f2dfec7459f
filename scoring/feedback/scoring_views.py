"""The scoring dashboard: is 80 better than 60, and what does each rule do to acceptance."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from leads.database.models import Source
from leads.dispositions.models import Reason
from portal.core.intervals import ENOUGH, Interval
from scoring.feedback import causes as working
from scoring.feedback import counts, files, panels, totals
from scoring.feedback.files import page_or_file
from scoring.feedback.findings import drift_says, reasons_say, scores_say
from scoring.feedback.looking import Looking
from scoring.feedback.opinions import agreement_of
from scoring.feedback.quality import quality_of

TABS = (
    ("scoring", gettext_lazy("Scores and rules")),
    ("scoring-together", gettext_lazy("Together")),
    ("scoring-drift", gettext_lazy("Drift")),
    ("causes", gettext_lazy("Causes")),
    ("reason-quality", gettext_lazy("Reason quality")),
    ("amendments", gettext_lazy("Amendments")),
)
SIGNAL_WORDS = {
    "interest": gettext_lazy("interest"),
    "high_intent": gettext_lazy("high intent"),
}


def frame(looking: Looking | None, page: str) -> dict[str, Any]:
    """Return what every learning page has: filters, tabs that keep them, how old it is."""
    query = looking.query if looking else ""
    tabs = [
        {
            "url": reverse(name) + (f"?{query}" if query else ""),
            "label": label,
            "current": name == page,
        }
        for name, label in TABS
    ]
    if looking is None:
        return {"tabs": tabs}
    return {
        "tabs": tabs,
        "filter": looking.filter,
        "query": query,
        "reconstructed": looking.is_reconstructed,
        "n": len(looking.decided),
        "enough": ENOUGH,
    }


@login_required
@require_GET
def scoring(request: HttpRequest) -> HttpResponseBase:
    """Acceptance by score band, by grade and by rule, and how many came close to the gate."""
    looking = Looking.by(request)
    decided, won = looking.decided, looking.won
    bands = panels.bands(decided, won)
    named = counts.named_wrong(looking.counted)
    rules = panels.rule_rows(decided, looking.known, won, named)
    context = frame(looking, "scoring") | {
        "bands": bands,
        "chart": [_mark(band.label, band.accepted.n, band.accepted.share, 100) for band in bands],
        "grades": panels.grade_cells(decided, won),
        "rules": rules,
        "near": totals.near_gate(decided, looking.gates),
        "gate": _one_gate(looking.gates.values()),
        "finding": scores_say(bands, rules),
        "apart": len(looking.everything) - len(decided),
    }
    return page_or_file(request, "scoring", context, files.scoring_sheets)


def _one_gate(totals: Iterable[int]) -> int | None:
    """Return the gate's total when all versions looked at ask for the same."""
    found = set(totals)
    return found.pop() if len(found) == 1 else None


def _mark(label: str, n: int, value: Interval | None, times: int) -> dict[str, Any]:
    """Return one mark of a chart; nothing is drawn where there is too little data."""
    if value is None:
        return {"label": label, "n": n, "value": None, "shown": _("too little data")}
    return {
        "label": label,
        "n": n,
        "value": times * value.value,
        "low": times * value.low,
        "high": times * value.high,
        "shown": f"{times * value.value:.0f}",
    }


@login_required
@require_GET
def together(request: HttpRequest) -> HttpResponseBase:
    """Signals, pairs of rules that fire together, and rules at each source."""
    looking = Looking.by(request)
    columns, rows = panels.source_rules(looking.decided, looking.known)
    names = dict(
        Source.objects.filter(pk__in=[pk for pk, _share in columns]).values_list("pk", "name")
    )
    context = frame(looking, "scoring-together") | {
        "signals": panels.signals(looking.decided, looking.known),
        "signal_words": SIGNAL_WORDS,
        "pairs": panels.pairs(looking.decided, looking.known),
        "columns": [(pk, names.get(pk, ""), share) for pk, share in columns],
        "rows": rows,
    }
    return page_or_file(request, "together", context, files.together_sheets)


@login_required
@require_GET
def drift(request: HttpRequest) -> HttpResponseBase:
    """Whether scores rise while acceptance does not, week by week, and what was known."""
    looking = Looking.by(request)
    mondays = looking.mondays
    found = totals.weeks(looking.decided, [int(one.timestamp()) for one in mondays])
    named = [(f"{one:%-d %b}", week) for one, week in zip(mondays, found, strict=False)]
    context = frame(looking, "scoring-drift") | {
        "totals": [_mark(label, week.accepted.n, week.total, 1) for label, week in named],
        "accepted": [
            _mark(label, week.accepted.n, week.accepted.share, 100) for label, week in named
        ],
        "finding": drift_says(found),
        "by_weeks": len(mondays) > 1 and (mondays[1] - mondays[0]).days < 8,
        "fill": looking.fill_rates(),
    }
    return page_or_file(request, "drift", context, files.drift_sheets)


@login_required
@require_GET
def causes(request: HttpRequest) -> HttpResponseBase:
    """For each reason the rules that fired too often; for each rule what would be without it."""
    looking = Looking.by(request)
    decided, known = looking.decided, looking.known
    labels = dict(Reason.objects.values_list("code", "label"))
    worked_out = decided.only(known.worked_out)
    needs = panels.known_rules(
        worked_out, {pk: one.rules for pk, one in looking.definitions.items()}
    )
    without = working.without_each(worked_out, needs)
    reasons = working.reason_causes(decided, known, labels)
    context = frame(looking, "causes") | {
        "reasons": [one for one in reasons if one.has_enough],
        "thin": [one for one in reasons if not one.has_enough],
        "without": [
            (one, [(code, labels.get(code, code), n) for code, n in one.reasons])
            for one in without
            if one.n
        ],
        "never_needed": [one.rule.name for one in without if not one.n],
        "unknown": len(decided) - len(worked_out),
        "rejected": int((~decided.accepted).sum()),
        "accepted": int(decided.accepted.sum()),
    }
    return page_or_file(request, "causes", context, files.causes_sheets)


@login_required
@require_GET
def reason_quality(request: HttpRequest) -> HttpResponseBase:
    """Share of "other", variety, decisions in no time, second opinions, contested rejections."""
    looking = Looking.by(request)
    found = quality_of(looking.counted, looking.everything)
    people = [
        (one, found.labels.get(one.commonest[0], ""), one.commonest[1]) for one in found.people
    ]
    context = frame(looking, "reason-quality") | {
        "n": found.everybody.decided,
        "quality": found,
        "people": people,
        "agreement": agreement_of(looking.counted, looking.everything),
        "finding": reasons_say(found.everybody),
    }
    return page_or_file(request, "quality", context, files.quality_sheets)
