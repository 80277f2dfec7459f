"""Public holidays by country and region; and two weeks as a page shows them. No database."""

from datetime import date, time

import pytest

from sla.calendar.hours import WorkingCalendar
from sla.calendar.models import ClosedDay
from sla.calendar.preview import preview
from sla.calendar.public import UnknownCountry, countries, holidays_of


def test_a_region_has_holidays_that_the_country_has_not():
    whole = holidays_of("DE", "", [2026])
    berlin = holidays_of("DE", "BE", [2026])
    assert date(2026, 10, 3) in whole
    assert berlin.keys() - whole.keys() == {date(2026, 3, 8)}
    assert list(berlin) == sorted(berlin)
    assert len(countries()) > 150


@pytest.mark.parametrize(
    ("country", "region", "words"),
    [("XX", "", "no country"), ("DE", "TX", "no region “TX”. Known ones: BB, BE")],
)
def test_an_unknown_place_is_refused_in_a_sentence(country, region, words):
    with pytest.raises(UnknownCountry, match=words):
        holidays_of(country, region, [2026])


def test_two_weeks_show_hours_holidays_and_shifts_over_midnight():
    days = [
        ClosedDay(
            day=date(2026, 3, 3), name="Fair", is_holiday=False, intervals=[["10:00", "11:00"]]
        ),
        ClosedDay(day=date(2026, 3, 4), name="Day off", is_holiday=True),
    ]
    calendar = WorkingCalendar(
        "Europe/Berlin",
        {day: ((time(9), time(12)), (time(22), time(2))) for day in range(5)},
        {date(2026, 3, 4)},
        {date(2026, 3, 3): ((time(10), time(11)),)},
    )
    shown = preview(calendar, days, first=date(2026, 3, 2))
    assert len(shown) == 14
    assert [(one.hours, one.note) for one in shown[:3]] == [
        ("09:00–12:00, 22:00–02:00", ""),
        ("10:00–11:00", "Fair"),
        ("", "holiday: Day off"),
    ]
    assert not shown[5].is_open
