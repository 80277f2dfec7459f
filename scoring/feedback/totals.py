"""Totals over time, and how close to their gate handoffs came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from portal.core.intervals import ENOUGH, Z95, Interval
from scoring.feedback.decided import Decided
from scoring.feedback.panels import Share, share
from scoring.feedback.statistics import Counts
from scoring.rules.definition import AllOf, AnyOf, Gate, TotalAtLeast

NEAR = 5  # points above a gate that count as near it


@dataclass(frozen=True)
class Week:
    """One week's decided handoffs: the mean total with its interval, and acceptance."""

    begins: int  # epoch seconds
    total: Interval | None
    accepted: Share


def weeks(decided: Decided, begins: Sequence[int]) -> list[Week]:
    """Return each week between the ``begins`` (epoch seconds, the last one ends the last week)."""
    found = []
    for first, after in pairwise(begins):
        rows = (decided.decided >= first) & (decided.decided < after)
        found.append(Week(first, _mean(decided.total[rows]), share(decided.accepted, rows)))
    return found


def _mean(values: Counts) -> Interval | None:
    if len(values) < ENOUGH:
        return None
    middle, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    return Interval(middle, middle - Z95 * error, middle + Z95 * error)


def gate_total(gate: Gate | None) -> int | None:
    """Return the least total that a gate asks for wherever it asks for one, in whole points."""
    if isinstance(gate, TotalAtLeast):
        return -(-gate.points // 100)
    if isinstance(gate, AllOf | AnyOf):
        found = [n for part in gate.parts if (n := gate_total(part)) is not None]
        return min(found, default=None)
    return None


def near_gate(decided: Decided, gates: Mapping[int, int]) -> tuple[Share, Share, Share] | None:
    """Return how many came within 5 points above their version's gate, and both acceptances.

    ``gates`` holds the total that each version's sales-ready gate asks for; handoffs of versions
    without one, and those that came by the fast track below it, are left out. None without any.
    """
    asked = np.full(len(decided), np.iinfo(np.int64).max)
    for version, total in gates.items():
        asked[decided.version == version] = total
    over = decided.total >= asked
    if not over.any():
        return None
    near = over & (decided.total < asked + NEAR)
    return (
        share(near, over),
        share(decided.accepted, near),
        share(decided.accepted, over & ~near),
    )
