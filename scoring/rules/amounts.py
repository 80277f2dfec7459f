"""Points as integer hundredths: reading, rounding, showing, and what decay leaves of them."""

import re
from functools import lru_cache
from math import log

LARGEST = 100_000  # whole points; keeps every sum of a version far inside 64 bits
WHOLE = 100  # hundredths in a point, or in a percent
ALL = 100 * WHOLE  # hundredths of a percent in the whole
SHORT = 200  # steps of decay up to which the power itself is quick to work out
BITS = 192  # of the fraction with which longer powers are followed from below and from above
HALF = 1 << (BITS - 1)
AMOUNT = re.compile(r"(-?)([0-9]{1,6})(?:\.([0-9]{1,2}))?")


def hundredths(value: object) -> int | None:
    """Return a whole number or a decimal text such as "12.5" in hundredths; None for all else.

    None as well for more than two decimals or beyond LARGEST. A float is refused:
    signed text must mean the same number in every language that reads it.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value * WHOLE if abs(value) <= LARGEST else None
    found = AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    sign, whole, decimals = found.groups(default="")
    size = int(whole) * WHOLE + int(decimals.ljust(2, "0"))
    if size > LARGEST * WHOLE:
        return None
    return -size if sign else size


def show(points: int, *, plus: bool = False) -> str:
    """Return hundredths as people write points: 1250 is "12.5"; a true minus sign below zero."""
    whole, rest = divmod(abs(points), WHOLE)
    decimals = f".{rest:02}".rstrip("0") if rest else ""
    sign = "−" if points < 0 else "+" if plus else ""
    return f"{sign}{whole}{decimals}"


def rounded(points: int) -> int:
    """Return hundredths rounded to whole points: floor(x + 1/2), also below zero."""
    return (points + WHOLE // 2) // WHOLE


def limited(points: int, floor: int | None, cap: int | None) -> int:
    """Return ``points`` raised to ``floor`` and lowered to ``cap``, where they are set."""
    if floor is not None and points < floor:
        points = floor
    if cap is not None and points > cap:
        points = cap
    return points


@lru_cache(maxsize=1 << 16)
def decayed(points: int, lost: int, steps: int) -> int:
    """Return what ``steps`` steps of decay leave: floor(points x (1 - lost)^steps + 1/2), exactly.

    ``points`` are hundredths, ``lost`` is the loss of one step in hundredths of a percent. The
    power of many steps has millions of digits: two close bounds settle it where they round alike.
    """
    kept = ALL - lost
    if not points or not kept or not steps:
        return points if not steps else 0
    if log(2 * abs(points)) + steps * log(kept / ALL) < -1:
        return 0  # certainly less than half a hundredth: spares a power of millions of digits
    if steps > SHORT:
        low, high = _bounds(kept, steps)
        if points < 0:
            low, high = high, low
        least, most = ((points * one + HALF) >> BITS for one in (low, high))
        if least == most:
            return least
    half: int = ALL**steps
    left: int = 2 * points * kept**steps
    return (left + half) // (2 * half)


def _bounds(kept: int, steps: int) -> tuple[int, int]:
    """Return whole numbers below and above (kept / ALL)^steps x 2^BITS, very close together."""
    low, high = (kept << BITS) // ALL, -(-(kept << BITS) // ALL)
    least, most = 1 << BITS, 1 << BITS
    while steps:
        if steps & 1:
            least, most = (least * low) >> BITS, -(-(most * high) >> BITS)
        low, high = (low * low) >> BITS, -(-(high * high) >> BITS)
        steps >>= 1
    return least, most
