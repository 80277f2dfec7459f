"""What decay leaves of points, for many ages at once: exactly what ``amounts.decayed`` says."""

from functools import lru_cache

import numpy as np

from scoring.engine.columns import Array
from scoring.rules.amounts import ALL, decayed

BITS = 192  # of the fraction: the error grows by one in the last place with each step
ONE = 1 << BITS
HALF = ONE >> 1


def weights(points: int, lost: int, steps: Array) -> Array:
    """Return what each number of ``steps`` leaves of ``points``, all in hundredths."""
    table = _table(points, lost)
    found: Array = table[np.minimum(steps, len(table) - 1)]
    return found


@lru_cache(maxsize=512)
def _table(points: int, lost: int) -> Array:
    """Return the hundredths left after each step; the last one is 0 and stays so.

    Follows a lower and an upper bound of the power. Where both round alike that is the answer;
    where they do not, the exact power is worked out.
    """
    kept, size = ALL - lost, abs(points)
    low = high = size << BITS
    left, step = [points], 0
    while left[-1]:
        step += 1
        low, high = low * kept // ALL, -(-high * kept // ALL)
        if points > 0:
            two = (low + HALF) >> BITS, (high + HALF) >> BITS
        else:
            two = (HALF - high) >> BITS, (HALF - low) >> BITS
        left.append(two[0] if two[0] == two[1] else decayed(points, lost, step))
    return np.array(left, np.int64)
