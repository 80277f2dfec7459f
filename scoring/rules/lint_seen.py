"""What the leads show of a definition: rules that never or always fire, volume, reviews."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext as _

from scoring.rules.definition import Definition
from scoring.rules.findings import Finding, Fix

ALWAYS = 0.9  # of the leads for whom either of two rules fires, both do
ENOUGH = 30  # leads; below that nothing is said of how often rules meet
FEW_LEADS = 100  # a month: then sorting by recency serves better than points
QUARTER = timedelta(days=92)
MOST_PAIRS = 5


@dataclass(frozen=True)
class Seen:
    """What was counted; None where it was not.

    ``patterns`` are leads by the set of rules that fire for them, ``fired_lately`` the places of
    rules that may have fired for anybody in the last 90 days.
    """

    patterns: Mapping[int, int] = field(default_factory=dict)
    fired_lately: frozenset[int] | None = None
    leads_a_month: int | None = None
    handoffs_a_day: float | None = None
    capacity_a_day: float | None = None
    since_review: timedelta | None = None


def seen_findings(definition: Definition, seen: Seen) -> Iterator[Finding]:
    """Yield what only the leads can tell."""
    yield from _never(definition, seen)
    yield from _together(definition, seen)
    if seen.leads_a_month is not None and seen.leads_a_month < FEW_LEADS:
        sentence = _(
            "Only %d leads came in the last 30 days. Below 100 a month, points decide little: "
            "sort by recency and talk to everybody."
        )
        fix = Fix(_("See the leads"), path="preview/")
        yield Finding("", sentence % seen.leads_a_month, "few_leads", fix=fix)
    yield from _volume(seen)
    if seen.since_review is not None and seen.since_review > QUARTER:
        sentence = _(
            "Both sides last looked at this definition %d days ago. Review it once a quarter."
        )
        fix = Fix(_("Hold a review"), path="../../reviews/")
        yield Finding("", sentence % seen.since_review.days, "review_due", fix=fix)


def _never(definition: Definition, seen: Seen) -> Iterator[Finding]:
    if seen.fired_lately is None:
        return
    for place, rule in enumerate(definition.rules):
        if place not in seen.fired_lately:
            sentence = _(
                "“%s” fired for nobody in the last 90 days. Look at its condition, or take it out."
            )
            fix = Fix(_("Change it"), path=f"clauses/{rule.key}/")
            yield Finding(f"rule:{rule.key}", sentence % rule.name, "never_fired", fix=fix)


def _together(definition: Definition, seen: Seen) -> Iterator[Finding]:
    """Pairs of rules of whose leads more than nine in ten meet both: one of them says it all."""
    counts = [0] * len(definition.rules)
    both: dict[tuple[int, int], int] = {}
    for pattern, leads in seen.patterns.items():
        fired = [place for place in range(len(counts)) if pattern >> place & 1]
        for n, place in enumerate(fired):
            counts[place] += leads
            for other in fired[n + 1 :]:
                both[place, other] = both.get((place, other), 0) + leads
    shown = 0
    for (one, other), leads in sorted(both.items()):
        either = counts[one] + counts[other] - leads
        if leads >= ENOUGH and leads > ALWAYS * either and shown < MOST_PAIRS:
            shown += 1
            first, second = definition.rules[one], definition.rules[other]
            sentence = _(
                "“%(one)s” and “%(other)s” fire together for %(both)d of the %(either)d leads that "
                "meet either: the same thing counts twice. Take one out."
            )
            values = {"one": first.name, "other": second.name, "both": leads, "either": either}
            fix = Fix(_("Take out the second"), path=f"clauses/{second.key}/remove/")
            yield Finding(f"rule:{second.key}", sentence % values, "together", fix=fix)


def _volume(seen: Seen) -> Iterator[Finding]:
    expected, capacity = seen.handoffs_a_day, seen.capacity_a_day
    if expected is None or capacity is None or expected <= capacity:
        return
    sentence = _(
        "This would send sales about %(expected)s leads a working day, and sales decides on "
        "%(capacity)s. Raise the gate, or agree on more people."
    )
    values = {"expected": f"{expected:.1f}", "capacity": f"{capacity:.1f}"}
    fix = Fix(_("Change the gate"), path="clauses/sales_ready/")
    yield Finding("gate:sales_ready", sentence % values, "volume", fix=fix)
