"""How a day and a moment are written: near ones by their names."""

from datetime import date, datetime
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.core.durations import THIN


def moment_words(local: datetime, now: datetime) -> str:
    """Return ``today 09:58``, ``Mon 09:07``, ``Sat 21 Nov`` or ``3 Mar 2027``; both in one zone."""
    days = (local.date() - now.date()).days
    if -7 < days < 7:
        day = near_day(local.date(), days) or _written(local.date(), "D", get_language())
        return f"{day}{THIN}{local:%H:%M}"
    return day_words(local.date(), now.date())


def exact_words(local: datetime, now: datetime) -> str:
    """Return an instant with its time of day, however long ago: ``Sat 21 Nov 09:58``."""
    words, time = moment_words(local, now), f"{THIN}{local:%H:%M}"
    return words if words.endswith(time) else f"{words}{time}"


def day_words(day: date, today: date) -> str:
    """Return ``today``, ``tomorrow``, ``yesterday``, ``Sat 21 Nov`` or ``3 Mar 2027``."""
    near = near_day(day, (day - today).days)
    if near:
        return near
    pattern = "D j M" if day.year == today.year else "j M Y"
    return _written(day, pattern, get_language())


@lru_cache(maxsize=1024)
def _written(day: date, pattern: str, language: str | None) -> str:
    """A page writes the same few days again and again; a day's words depend on the language."""
    return date_format(day, pattern).replace(" ", THIN)


def near_day(day: date, days: int) -> str:
    """Return the word for a day at most one day away, or ``""``."""
    if not -1 <= days <= 1:
        return ""
    return {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}[days]
