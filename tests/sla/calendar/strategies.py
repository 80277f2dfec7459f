"""Calendars, starts and pauses for the property tests: any zone, close to its clock changes."""

import os
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sla.calendar.hours import WorkingCalendar
from tests.sla.calendar import oracle

EXAMPLES = 10_000 if os.environ.get("FULL") == "1" else 200
ZONES = sorted(available_timezones())
SPAN = timedelta(days=4)
FIRST_YEAR, LAST_YEAR = 1973, 2037  # every zone is whole minutes from UTC in these years

thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@lru_cache(maxsize=4096)
def clock_changes(zone, year):
    """The UTC dates in ``year`` on which the zone's offset is another than the day before."""
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    offsets = [noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons]
    pairs = zip(noons[1:], pairwise(offsets), strict=True)
    return [noon.date() for noon, (before, after) in pairs if before != after]


minutes = st.integers(0, 24 * 60 - 1)
early = st.integers(0, 8).map(lambda half_hours: half_hours * 30)  # where clocks change
walls = (early | minutes).map(lambda n: time(n // 60, n % 60))
hours = st.lists(st.tuples(walls, walls), max_size=3)
# Made once: checking a new strategy costs more than drawing from it.
zones, years = st.sampled_from(ZONES), st.integers(FIRST_YEAR, LAST_YEAR)
weeks = st.dictionaries(st.integers(0, 6), hours, min_size=3)
around = st.integers(-3, 5)  # days beside the one that a case is about
closed, others = st.sets(around, max_size=2), st.dictionaries(around, hours, max_size=3)


@st.composite
def cases(draw):
    """A calendar for the oracle, the same one for the product, and a start on a whole minute."""
    zone = draw(zones)
    year = draw(years)
    changes = clock_changes(zone, year)
    any_day = st.dates(date(year, 1, 1), date(year, 12, 31))
    near = draw(st.sampled_from(changes) if changes and draw(st.booleans()) else any_day)
    midnight = datetime.combine(near, time(0), UTC)
    start = midnight + timedelta(minutes=draw(st.integers(-3 * 1440, 1440)))
    plain = oracle.Calendar(
        zone,
        draw(weeks),
        {near + timedelta(days=n) for n in draw(closed)},
        {near + timedelta(days=n): its for n, its in draw(others).items()},
    )
    calendar = WorkingCalendar(plain.zone, plain.week, frozenset(plain.holidays), plain.overrides)
    return plain, calendar, start


@st.composite
def pauses_after(draw, start):
    """Up to four pauses around ``start``, in any order; they may overlap or be empty."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        begins = start + timedelta(minutes=draw(st.integers(-600, 5000)))
        found.append((begins, begins + timedelta(minutes=draw(st.integers(-30, 1500)))))
    return found
