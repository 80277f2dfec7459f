"""Filters and tags of every page: icons, points, durations, moments, initials."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.core.durations import duration_words
from portal.core.moments import day_words, exact_words, moment_words
from portal.core.numbers import MINUS, NOTHING, counted, percent, percent_range

register = template.Library()
register.filter(counted)
register.filter(percent)
register.simple_tag(percent_range)

RANGE = re.compile(r"^(\d[\d,]*)-(\d[\d,]*)$")

# The mark in front of a clock's words; on time and at risk show a ring of what is left instead.
CLOCK_ICONS = {
    "breached": "exclamation-circle-fill",
    "met": "check-circle-fill",
    "met_late": "check-circle",
    "paused": "pause-circle",
    "excused": "chat-square-text",
    "ended": "slash-circle",
}


@register.simple_tag
def icon(name: str, extra: str = "", label: str = "") -> SafeString:
    """Draw an icon of the sprite. Without a label it is decoration and hidden from readers."""
    return _icon(_sprite(), str(name), extra, str(label))


@lru_cache(maxsize=1)
def _sprite() -> str:
    """The sprite's address: the same as long as the process."""
    return static("img/icons.svg")


@lru_cache(maxsize=2048)
def _icon(sprite: str, name: str, extra: str, label: str) -> SafeString:
    """A page draws a hundred of them, most of them alike."""
    href = f"{sprite}#{name}"
    classes = f"icon {extra}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>',
            classes, label, href,
        )  # fmt: skip
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"/></svg>', classes, href
    )


@register.filter
def clock_icon(state: str) -> str:
    """Return the icon of a clock state, empty where a ring stands."""
    return CLOCK_ICONS.get(state, "")


@register.filter
def points(hundredths: int | None) -> str:
    """Write hundredths of points with their sign: 1500 is ``+15``, -1000 is ``−10``."""
    if hundredths is None:
        return NOTHING
    return ("+" if hundredths > 0 else "") + figure(hundredths)


@register.filter
def figure(hundredths: int | None) -> str:
    """Write hundredths of points without a plus: 1250 is ``12.5``."""
    if hundredths is None:
        return NOTHING
    whole, rest = divmod(abs(hundredths), 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{MINUS if hundredths < 0 else ''}{whole:,}{decimals}"


@register.filter
def signed(number: int | float | Decimal | None) -> str:
    """Write a difference with its sign and a real minus; zero has none."""
    if number is None:
        return NOTHING
    sign = "+" if number > 0 else MINUS if number < 0 else ""
    return f"{sign}{abs(number):,}"


@register.filter
def whole_points(total: int | None) -> str:
    """Write a total: a real minus below zero, no plus above it."""
    if total is None:
        return NOTHING
    return f"{MINUS if total < 0 else ''}{abs(total):,}"


@register.filter
def ranged(value: object) -> str:
    """Write what is known: a whole number with thousands apart, ``200-999`` as ``200 to 999``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return RANGE.sub(_(r"\1 to \2"), str(value))


@register.filter
def duration(amount: timedelta | float | None) -> str:
    """Write working time, in seconds or as a timedelta: ``45 s``, ``56 min``, ``2 h 40``.

    Always the absolute amount; "left" and "over" belong to the words beside it.
    """
    if amount is None:
        return NOTHING
    seconds = amount.total_seconds() if isinstance(amount, timedelta) else amount
    return duration_words(abs(int(seconds)))


@register.filter
def moment(when: datetime | date | None, now: datetime | None = None) -> str | SafeString:
    """Write an instant or a date as the reader would say it, the full one in its title."""
    if when is None:
        return NOTHING
    now = timezone.localtime(now or timezone.now())
    if isinstance(when, datetime):
        return _instant(timezone.localtime(when), now, moment_words)
    return _time(when.isoformat(), _long_day(when, get_language()), day_words(when, now.date()))


@register.filter
def exact(when: datetime, now: datetime | None = None) -> SafeString:
    """Write an instant with its time of day, however long ago: for what is true for just then."""
    return _instant(
        timezone.localtime(when), timezone.localtime(now or timezone.now()), exact_words
    )


def _instant(
    local: datetime, now: datetime, words: Callable[[datetime, datetime], str]
) -> SafeString:
    full = f"{_long_day(local.date(), get_language())}, {local:%H:%M} {local.tzname() or ''}"
    return _time(local.isoformat(), full, words(local, now))


@lru_cache(maxsize=512)
def _long_day(day: date, language: str | None) -> str:
    return date_format(day, "l j F Y")


@register.filter
def clock_time(when: datetime | None) -> str | SafeString:
    """Write only the time of day of an instant, ``09:58``."""
    if when is None:
        return NOTHING
    local = timezone.localtime(when)
    full = f"{_long_day(local.date(), get_language())}, {local:%H:%M}"
    return _time(local.isoformat(), full, f"{local:%H:%M}")


def _time(machine: str, full: str, words: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', machine, full, words)


@register.filter
def initials(name: object) -> str:
    """Return at most two letters for a person: ``Sofia Keller`` is ``SK``, nobody is ``?``."""
    return _initials(str(name or ""))


@lru_cache(maxsize=1024)
def _initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()
