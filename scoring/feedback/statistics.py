"""Shares, ratios and how many of them are chance: plain arithmetic on arrays.

Nothing here knows the product: counts and probabilities in, numbers out.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from portal.core.intervals import ENOUGH, Z95, Interval

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_ERFC = np.vectorize(math.erfc, otypes=[float])


def two_sided(z: npt.ArrayLike) -> Floats:
    """Return how often chance alone brings a normal deviate at least this far from zero."""
    found: Floats = _ERFC(np.abs(np.asarray(z, dtype=float)) / math.sqrt(2))
    return found


def false_discovery(p: npt.ArrayLike) -> Floats:
    """Return for each p its q: the false-discovery rate at which it would just be called.

    Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995).
    A p that is not known (nan) belongs to no family and stays unknown.
    """
    values = np.asarray(p, dtype=float)
    q = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    if known.size == 0:
        return q
    order = known[np.argsort(values[known], kind="stable")]
    ranks = np.arange(1, order.size + 1)
    stepped = np.minimum.accumulate((values[order] * order.size / ranks)[::-1])[::-1]
    q[order] = np.minimum(stepped, 1.0)
    return q


def wilson_many(successes: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return shares with the ends of Wilson's interval; nan where nothing was observed.

    The same arithmetic as ``portal.core.intervals.wilson``, for many at once.
    """
    hits, of = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, z2 = hits / of, Z95 * Z95
        middle = (share + z2 / (2 * of)) / (1 + z2 / of)
        half = Z95 * np.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return share, np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def katz_many(
    a: npt.ArrayLike, n1: npt.ArrayLike, b: npt.ArrayLike, n2: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Return the ratios of the shares a/n1 and b/n2 with the ends of Katz's log interval.

    0.5 is added to all four cells of a ratio when one of them is empty; nan when a group is.
    """
    hit1, hit2 = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    miss1, miss2 = np.asarray(n1, dtype=float) - hit1, np.asarray(n2, dtype=float) - hit2
    nobody = (hit1 + miss1 <= 0) | (hit2 + miss2 <= 0)
    half = 0.5 * (np.minimum(np.minimum(hit1, miss1), np.minimum(hit2, miss2)) == 0)
    hit1, miss1, hit2, miss2 = hit1 + half, miss1 + half, hit2 + half, miss2 + half
    all1, all2 = hit1 + miss1, hit2 + miss2
    ratio = (hit1 / all1) / (hit2 / all2)
    spread = np.exp(Z95 * np.sqrt(1 / hit1 - 1 / all1 + 1 / hit2 - 1 / all2))
    unknown = np.where(nobody, np.nan, 1.0)
    return ratio * unknown, ratio / spread * unknown, ratio * spread * unknown


def fired_matrix(fired: Counts, places: int) -> npt.NDArray[np.bool_]:
    """Return one row for each handoff and one column for each rule: whether it had fired."""
    bits = np.arange(places, dtype=np.int64)
    found: npt.NDArray[np.bool_] = ((fired[:, None] >> bits) & 1).astype(bool)
    return found


def entropy(counts: npt.ArrayLike) -> float:
    """Return how mixed counts are, in bits: 0 when one of them has everything."""
    values = np.asarray(counts, dtype=float)
    values = values[values > 0]
    if values.size == 0:
        return 0.0
    shares = values / values.sum()
    return float(max(0.0, -(shares * np.log2(shares)).sum()))


def kappa(pairs: Sequence[tuple[str, str]]) -> Interval | None:
    """Return Cohen's kappa of two people's answers with its 95 % interval; None under 30.

    The standard error is the asymptotic one of J. L. Fleiss, J. Cohen and B. S. Everitt, "Large
    sample standard errors of kappa and weighted kappa", Psychological Bulletin 72 (1969). None,
    too, where both always give one and the same answer: chance alone would agree then.
    """
    n = len(pairs)
    if n < ENOUGH:
        return None
    answers = sorted({one for pair in pairs for one in pair})
    place = {one: at for at, one in enumerate(answers)}
    table = np.zeros((len(answers), len(answers)))
    for first, second in pairs:
        table[place[first], place[second]] += 1 / n
    rows, columns, same = table.sum(axis=1), table.sum(axis=0), np.diag(table)
    seen, chance = float(same.sum()), float(rows @ columns)
    if chance >= 1:
        return None
    value = (seen - chance) / (1 - chance)
    sums = columns[:, None] + rows[None, :]
    off = table * (1 - np.eye(len(answers)))
    on_it = float((same * (1 - (rows + columns) * (1 - value)) ** 2).sum())
    beside = (1 - value) ** 2 * float((off * sums**2).sum())
    less = (value - chance * (1 - value)) ** 2
    error = math.sqrt(max(on_it + beside - less, 0.0) / n) / (1 - chance)
    return Interval(value, max(value - Z95 * error, -1.0), min(value + Z95 * error, 1.0))
