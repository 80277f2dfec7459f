"""Public holidays by country and region, from the ``holidays`` library. No network."""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays
from django.utils.translation import gettext as _
from holidays.registry import COUNTRIES

from portal.core.errors import DomainError

MOST_YEARS = 5


class UnknownCountry(DomainError):
    """The library knows no such country, or no such region of it."""

    code = "unknown_country"


@lru_cache(maxsize=1)
def countries() -> dict[str, tuple[str, ...]]:
    """Return each country's code with the codes of its regions."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {code: tuple(regions) for code, regions in sorted(known.items())}


@lru_cache(maxsize=1)
def country_choices() -> list[tuple[str, str]]:
    """Return the code and name of each country, by name, as the library calls them in English."""
    known = countries()
    words = re.compile(r"(?<=[a-z])(?=[A-Z])")
    small = re.compile(r" (And|Of|The) ")
    called = {
        code: small.sub(lambda found: found[0].lower(), words.sub(" ", name))
        for name, code, *_more in COUNTRIES.values()
    }
    choices = [(code, called.get(code, code)) for code in known if len(code) == 2]
    return sorted(choices, key=lambda choice: choice[1])


def holidays_of(country: str, region: str, years: Iterable[int]) -> dict[date, str]:
    """Return the public holidays of these years with their names, in order of the days.

    Raises UnknownCountry with a sentence for a code that the library does not know.
    """
    wanted = sorted(set(years))[:MOST_YEARS]
    regions = countries().get(country)
    if regions is None:
        raise UnknownCountry(_("“%(code)s” is no country with known holidays.") % {"code": country})
    if region and region not in regions:
        said = {"code": region, "some": ", ".join(regions[:20]) or _("none")}
        raise UnknownCountry(_("There is no region “%(code)s”. Known ones: %(some)s.") % said)
    found = holidays.country_holidays(country, subdiv=region or None, years=wanted)
    return {day: str(name)[:80] for day, name in sorted(found.items()) if day.year in wanted}
