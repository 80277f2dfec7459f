"""Numbers as people read them: counts, shares, their intervals. Pages use them as filters."""

from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from portal.core.durations import THIN

MINUS: Final = "\N{MINUS SIGN}"
NOTHING: Final = "\N{EN DASH}"


def counted(number: int | None) -> str:
    """Write a count with thousands apart: ``12,480``; an unknown one as a dash, never as 0."""
    return NOTHING if number is None else f"{number:,}"


def percent(share: float | Decimal | None, decimals: int = 0) -> str:
    """Write a share between 0 and 1: 0.42 is ``42 %``."""
    if share is None:
        return NOTHING
    written = f"{Decimal(share) * 100:.{decimals}f}"
    return f"{written.replace('-', MINUS)}{THIN}%"


def percent_range(low: float, high: float) -> str:
    """Write an interval of shares between 0 and 1: ``86 to 93 %``."""
    return _("%(low)d to %(high)s") % {"low": round(low * 100), "high": percent(high)}
