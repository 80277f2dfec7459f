"""What a watch is: something the numbers are asked again and again, and what it then sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

Figures = Mapping[str, Any]
HOURLY, NIGHTLY = "hour", "night"


@dataclass(frozen=True)
class Sighting:
    """Something a watch saw. With the watch, ``subject`` names one alert ("source:12").

    ``figures`` are JSON: numbers, ids, instants, names of sources and rules, never of people.
    ``team`` limits a sales lead's alerts to their own teams; None concerns everybody.
    """

    subject: str
    figures: Figures
    team: int | None = None


@dataclass(frozen=True)
class Limits:
    """The two numbers of a watch; what they mean, the watch says."""

    limit: int
    of: int


@dataclass(frozen=True)
class Watch:
    """``find`` looks as of an instant, ``says`` puts what it saw into a sentence with its n.

    ``url`` is the page on which one acts, ``behind`` the queryset of leads behind the alert (or
    None). ``sides`` are told. ``is_instant``: it cannot wait for Monday.
    """

    key: str
    title: Promise
    find: Callable[[datetime, Limits], Sequence[Sighting]]
    says: Callable[[Figures], str]
    todo: Promise
    url: Callable[[Figures], str]
    default: Limits
    limit_means: Promise
    of_means: Promise
    behind: Callable[[Figures], Any] | None = None
    sides: tuple[str, ...] = ("marketing", "sales")
    is_instant: bool = False
    beat: str = HOURLY
