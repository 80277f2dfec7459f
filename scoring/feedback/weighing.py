"""What each rule does to acceptance: alone, beside the other rules that fired, and by chance.

A rule that harms nothing but fires beside one that does has a ratio below 1. So a rule is called
harmful or helpful by its adjusted effect only, and the whole family of rules shares one
false-discovery rate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portal.core.intervals import ENOUGH, Z95
from scoring.feedback.logistic import Fit, fit
from scoring.feedback.statistics import (
    Counts,
    Floats,
    false_discovery,
    katz_many,
    two_sided,
)

CALLED = 0.02  # the false-discovery rate at which a rule is called harmful or helpful
SHOWN = 0.05  # the rate at which a table marks an effect as more than chance

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Weighed:
    """One entry for each rule; nan where there is too little data.

    ``ratio`` compares acceptance with the rule and without it; ``odds`` is the odds ratio beside
    the other fired rules, from the penalised model; ``q`` is the false-discovery rate over the
    family of the rules that could be judged.
    """

    fired: Counts
    others: Counts
    fired_accepted: Counts
    others_accepted: Counts
    ratio: Floats
    ratio_low: Floats
    ratio_high: Floats
    effect: Floats  # log odds
    error: Floats
    p: Floats
    q: Floats
    model: Fit | None
    judged: Bools  # which rules have enough on either side to stand in the model

    @property
    def odds(self) -> Floats:
        return np.exp(self.effect)

    @property
    def odds_low(self) -> Floats:
        return np.exp(self.effect - Z95 * self.error)

    @property
    def odds_high(self) -> Floats:
        return np.exp(self.effect + Z95 * self.error)

    def harmful(self, rate: float = CALLED) -> Bools:
        """Which rules lower acceptance beyond chance, beside the others that fired."""
        return (self.q <= rate) & (self.effect < 0)

    def helpful(self, rate: float = CALLED) -> Bools:
        """Which rules raise acceptance beyond chance, beside the others that fired."""
        return (self.q <= rate) & (self.effect > 0)


def weigh(
    fired: Bools,
    accepted: Bools,
    level: npt.NDArray[np.int64] | None = None,
    has: Bools | None = None,
) -> Weighed:
    """Weigh every column of ``fired`` (handoffs by rules) against acceptance.

    ``level`` numbers the version behind each handoff: versions send different leads, so each
    has a level of its own. ``has`` (levels by rules) says which versions have a rule at all: a
    handoff of another one is no handoff without it. Rules with fewer than 30 handoffs on either
    side, or whose firing says nothing that another rule's does not, stay out of the model.
    """
    width = fired.shape[1]
    with_it = fired.sum(axis=0, dtype=np.int64)
    accepted_with = fired[accepted].sum(axis=0, dtype=np.int64)
    of, yes = _with_the_rule(accepted, level, has, width)
    without, accepted_without = of - with_it, yes - accepted_with
    ratio, low, high = katz_many(accepted_with, with_it, accepted_without, without)
    enough = (with_it >= ENOUGH) & (without >= ENOUGH)
    for values in (ratio, low, high):
        values[~enough] = np.nan
    judged = enough & ~twins(fired)
    effect, error = np.full(width, np.nan), np.full(width, np.nan)
    model = None
    if judged.any() and accepted.any() and not accepted.all():
        model = fit(fired[:, judged], accepted, level)
        effect[judged] = model.coefficients[model.levels :]
        error[judged] = model.errors[model.levels :]
    p = np.where(np.isnan(effect), np.nan, two_sided(np.nan_to_num(effect / error)))
    return Weighed(
        fired=with_it,
        others=without,
        fired_accepted=accepted_with,
        others_accepted=accepted_without,
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        effect=effect,
        error=error,
        p=p,
        q=false_discovery(p),
        model=model,
        judged=judged,
    )


def _with_the_rule(
    accepted: Bools, level: npt.NDArray[np.int64] | None, has: Bools | None, width: int
) -> tuple[Counts, Counts]:
    """Return for each rule the handoffs under versions that have it, and the accepted ones."""
    if level is None or has is None:
        return np.full(width, len(accepted)), np.full(width, int(accepted.sum()))
    n = np.bincount(level, minlength=len(has))
    yes = np.bincount(level[accepted], minlength=len(has))
    return n @ has, yes @ has


def together(fired: Bools) -> Counts:
    """Return how many handoffs each pair of rules fired on; the diagonal is each rule's own."""
    as_numbers = fired.astype(np.float32)
    found: Counts = np.rint(as_numbers.T @ as_numbers).astype(np.int64)
    return found


def twins(fired: Bools) -> Bools:
    """Which rules fire exactly as an earlier one does, or exactly where it does not.

    Their effects cannot be told apart: the earlier one stands for both.
    """
    rows, width = fired.shape
    both = together(fired)
    own = np.diag(both)
    same = (both == own[:, None]) & (both == own[None, :])
    opposite = (both == 0) & (own[:, None] + own[None, :] == rows)
    earlier = np.tri(width, k=-1, dtype=bool)
    found: Bools = ((same | opposite) & earlier).any(axis=1)
    return found
