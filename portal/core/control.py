"""Control limits of a share: when a week is out of what its own past explains.

The p-chart: W. A. Shewhart, "Economic Control of Quality of Manufactured Product" (1931); as in
the NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.3.2, "Proportions Control Charts".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SIGMAS = 3
LEAST_GROUPS = 6  # earlier groups without which there is no past to compare with


@dataclass(frozen=True)
class ControlLimits:
    """The middle and the limits for a group of ``n``; a lower limit of 0 is none."""

    middle: float
    low: float
    high: float


def p_chart(earlier: Sequence[tuple[int, int]], n: int) -> ControlLimits | None:
    """Return the limits for a group of ``n`` from earlier (hits, n) groups.

    The middle is the share of all earlier groups together, the limits lie three standard
    deviations of a binomial share away: sqrt(p (1 - p) / n). None with fewer than six earlier
    groups, or an empty one to judge.
    """
    groups = [(hits, of) for hits, of in earlier if of > 0]
    if len(groups) < LEAST_GROUPS or n <= 0:
        return None
    middle = sum(hits for hits, _of in groups) / sum(of for _hits, of in groups)
    reach = SIGMAS * math.sqrt(middle * (1 - middle) / n)
    return ControlLimits(middle, max(0.0, middle - reach), min(1.0, middle + reach))
