"""Generated histories of handoffs in which it is known what each rule does."""

from dataclasses import dataclass

import numpy as np

HANDOFFS = 2_000


@dataclass(frozen=True)
class Planted:
    """``fired`` (handoffs by rules), ``accepted``, and the log odds that each rule truly has."""

    fired: np.ndarray
    accepted: np.ndarray
    truth: np.ndarray
    points: np.ndarray
    total: np.ndarray

    @property
    def harmful(self):
        return self.truth <= np.log(0.5)


def history(seed, *, harmful=None, helpful=3, handoffs=HANDOFFS, base=0.40):
    """Leads whose rules go together in clusters; those over the gate are handed off and decided.

    The gate asks for points, so among handoffs rules also stand in for one another. Rules end
    up firing on 10 to 60 % of the handoffs.
    """
    rng = np.random.default_rng(seed)
    rules = int(rng.integers(20, 31))
    harmful = int(rng.integers(4, 6)) if harmful is None else harmful
    points = rng.choice([5, 10, 15, 20], rules)
    while True:
        fired, total = _through_the_gate(rng, rules, points, handoffs)
        if fired.mean(axis=0).min() >= 0.10 and fired.mean(axis=0).max() <= 0.60:
            break
    truth = np.zeros(rules)
    chosen = rng.permutation(rules)
    truth[chosen[:harmful]] = np.log(rng.uniform(0.35, 0.5, harmful))
    if harmful:
        truth[chosen[harmful : harmful + helpful]] = np.log(rng.uniform(1.3, 2.0, helpful))
    log_odds = fired @ truth
    level = _level(log_odds, base)
    accepted = rng.random(handoffs) < 1 / (1 + np.exp(-(log_odds + level)))
    return Planted(fired, accepted, truth, points, total)


def noise(seed, **more):
    """The same leads, decided by the toss of a coin that falls on "accepted" in 40 %."""
    return history(seed, harmful=0, **more)


def _through_the_gate(rng, rules, points, handoffs):
    kept, sums, have = [], [], 0
    cluster = rng.integers(0, 4, rules)
    pull = rng.uniform(0.2, 0.6, rules)
    start = rng.uniform(0.6, 1.2, rules)
    gate = None
    while have < handoffs:
        mood = rng.normal(size=(handoffs * 2, 4))[:, cluster]
        own = rng.normal(size=(handoffs * 2, rules))
        fired = np.sqrt(pull) * mood + np.sqrt(1 - pull) * own > start
        total = fired @ points
        gate = np.quantile(total, 0.5) if gate is None else gate
        over = total >= gate
        kept.append(fired[over])
        sums.append(total[over])
        have += int(over.sum())
    return np.concatenate(kept)[:handoffs], np.concatenate(sums)[:handoffs]


def _level(log_odds, base):
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        if (1 / (1 + np.exp(-(log_odds + middle)))).mean() < base:
            low = middle
        else:
            high = middle
    return (low + high) / 2
