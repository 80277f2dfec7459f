"""For each reason: which rules fired more than they should, and what would be without them.

Everything comes from evidence frozen at handoff. "Without this rule" takes one rule out of the
definition of that day and leaves all else: the handoffs whose gates would then have been closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from portal.core.intervals import ENOUGH, Interval, katz_ratio
from scoring.feedback.decided import Decided
from scoring.feedback.panels import Known
from scoring.feedback.statistics import false_discovery, two_sided
from scoring.feedback.weighing import SHOWN
from scoring.rules.definition import Rule


@dataclass(frozen=True)
class Cause:
    """One rule behind one reason: how often it had fired there, against all other handoffs."""

    rule: Rule
    fired: int
    of: int
    base: float  # its share among all others
    ratio: Interval
    q: float  # over every rule of every reason

    @property
    def share(self) -> float:
        return self.fired / self.of


@dataclass(frozen=True)
class ReasonCauses:
    """One reason, with the rules that had fired more often than they should."""

    code: str
    label: str
    n: int
    has_enough: bool
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Without:
    """What would be without one rule: handoffs not sent, by what became of them."""

    rule: Rule
    rejected: int
    accepted: int
    reasons: tuple[tuple[str, int], ...]  # the commonest among the rejected ones

    @property
    def n(self) -> int:
        return self.rejected + self.accepted


def reason_causes(decided: Decided, known: Known, labels: Mapping[str, str]) -> list[ReasonCauses]:
    """Return the reasons, the commonest first, each with the rules that fired too often.

    A rule is named when its ratio to all other handoffs is above 1 and more than chance, at 5 %
    false discoveries over the whole table.
    """
    every = known.fired.sum(axis=0)
    table: dict[str, list[Cause]] = {}
    counts = {}
    for place, code in enumerate(decided.reasons, start=1):
        rows = decided.reason == place
        n = int(rows.sum())
        if not n:
            continue
        counts[code] = n
        table[code] = []
        if n < ENOUGH or len(decided) - n < ENOUGH:
            continue
        here = known.fired[rows].sum(axis=0)
        for column, rule in enumerate(known.rules):
            fired, others = int(here[column]), int(every[column] - here[column])
            ratio = katz_ratio(fired, n, others, len(decided) - n)
            if ratio is not None and fired:
                base = others / (len(decided) - n)
                table[code].append(Cause(rule, fired, n, base, ratio, 1.0))
    judged = _judged(table)
    return [
        ReasonCauses(
            code=code,
            label=labels.get(code, code),
            n=counts[code],
            has_enough=counts[code] >= ENOUGH,
            causes=tuple(
                sorted(
                    (one for one in judged[code] if one.ratio.value > 1 and one.q <= SHOWN),
                    key=lambda one: -one.ratio.value,
                )
            ),
        )
        for code in sorted(counts, key=lambda code: -counts[code])
    ]


def _judged(table: Mapping[str, list[Cause]]) -> dict[str, list[Cause]]:
    flat = [one for causes in table.values() for one in causes]
    errors = [np.log(one.ratio.high / one.ratio.low) / (2 * 1.959964) for one in flat]
    z = [np.log(one.ratio.value) / error for one, error in zip(flat, errors, strict=True)]
    q = iter(false_discovery(two_sided(z)).tolist() if flat else [])
    return {
        code: [Cause(one.rule, one.fired, one.of, one.base, one.ratio, next(q)) for one in causes]
        for code, causes in table.items()
    }


def without_each(decided: Decided, known: Known, most_reasons: int = 3) -> list[Without]:
    """Return for each rule what would not have been sent without it, the most rejected first."""
    found = []
    for column, rule in enumerate(known.rules):
        rows = known.needed[:, column]
        accepted = int((rows & decided.accepted).sum())
        rejected = int(rows.sum()) - accepted
        places, counts = np.unique(decided.reason[rows & ~decided.accepted], return_counts=True)
        order = np.argsort(-counts, kind="stable")[:most_reasons]
        reasons = tuple((decided.reasons[places[n] - 1], int(counts[n])) for n in order)
        found.append(Without(rule, rejected, accepted, reasons))
    return sorted(found, key=lambda one: (-one.rejected, one.accepted, one.rule.name))
