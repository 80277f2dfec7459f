"""How sure a share or a ratio is: 95 % intervals, in plain arithmetic."""

import math
from dataclasses import dataclass

Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution
ENOUGH = 30  # below this many observations a rate is not shown


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, n: int) -> Interval | None:
    """Return the share of successes with Wilson's score interval; None without observations.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927).
    """
    if n <= 0:
        return None
    share, z2 = successes / n, Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def katz_ratio(a: int, n1: int, b: int, n2: int) -> Interval | None:
    """Return the ratio of the shares a/n1 and b/n2 with Katz's log interval.

    0.5 is added to all four cells when one is empty. None when a group is empty.
    D. Katz et al., "Obtaining confidence intervals for the risk ratio in cohort studies",
    Biometrics 34 (1978).
    """
    if n1 <= 0 or n2 <= 0:
        return None
    cells = [float(a), float(n1 - a), float(b), float(n2 - b)]
    if min(cells) == 0:
        cells = [cell + 0.5 for cell in cells]
    hit1, miss1, hit2, miss2 = cells
    total1, total2 = hit1 + miss1, hit2 + miss2
    ratio = (hit1 / total1) / (hit2 / total2)
    error = math.sqrt(1 / hit1 - 1 / total1 + 1 / hit2 - 1 / total2)
    spread = math.exp(Z95 * error)
    return Interval(ratio, ratio / spread, ratio * spread)


def median_places(n: int) -> tuple[int, int] | None:
    """Return the places (from 0, in order of size) between which the median lies, at 95 %.

    Order statistics, whatever the distribution: M. J. Campbell and M. J. Gardner, "Calculating
    confidence intervals for some non-parametric analyses", BMJ 296 (1988). None under 30.
    """
    if n < ENOUGH:
        return None
    reach = Z95 * math.sqrt(n) / 2
    return max(0, round(n / 2 - reach) - 1), min(n - 1, round(1 + n / 2 + reach) - 1)
