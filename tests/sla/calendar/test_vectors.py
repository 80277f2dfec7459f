"""The published vectors: a target of four working hours, Monday to Friday 09:00 to 17:00."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla.calendar.hours import (
    ALWAYS_OPEN,
    WorkingCalendar,
    add_working_time,
    problems_with,
    working_time_between,
)

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {day: ((time(9), time(17)),) for day in range(5)}
SPLIT = {day: ((time(8), time(12)), (time(13, 30), time(18))) for day in range(5)}
NINE_TO_FIVE = WorkingCalendar("Europe/Berlin", OFFICE)
WITH_BREAK = WorkingCalendar("Europe/Berlin", SPLIT)
WEEK_OF_JUNE = {"Mon": 1, "Tue": 2, "Thu": 4, "Fri": 5, "Sat": 6, "Sun": 7, "next Mon": 8}


def at(text):
    """An instant of the first days of June 2026, read in Berlin: ``Mon 10:00``."""
    day, clock = text.rsplit(" ", 1)
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 6, WEEK_OF_JUNE[day], hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "hours", "calendar", "due"),
    [
        pytest.param("Mon 10:00", 4, NINE_TO_FIVE, "Mon 14:00", id="inside-the-day"),
        pytest.param("Mon 08:00", 4, NINE_TO_FIVE, "Mon 13:00", id="before-opening"),
        pytest.param("Fri 16:30", 4, NINE_TO_FIVE, "next Mon 12:30", id="over-the-weekend"),
        pytest.param("Fri 17:00", 4, NINE_TO_FIVE, "next Mon 13:00", id="closing-instant"),
        pytest.param("Sat 15:00", 4, NINE_TO_FIVE, "next Mon 13:00", id="saturday-afternoon"),
        pytest.param("Sat 20:00", 4, NINE_TO_FIVE, "next Mon 13:00", id="saturday-evening"),
        pytest.param("Sun 03:00", 4, NINE_TO_FIVE, "next Mon 13:00", id="sunday-night"),
        pytest.param("Tue 11:00", 4, WITH_BREAK, "Tue 16:30", id="over-the-break"),
        pytest.param("Tue 12:30", 4, WITH_BREAK, "Tue 17:30", id="inside-the-break"),
        pytest.param("Fri 16:30", 1, NINE_TO_FIVE, "next Mon 09:30", id="one-hour"),
        pytest.param("Mon 09:00", 8, NINE_TO_FIVE, "Mon 17:00", id="due-is-the-closing-time"),
        pytest.param("Mon 09:00", 4, WITH_BREAK, "Mon 14:30", id="an-hour-after-the-break"),
        pytest.param("Mon 08:00", 4, WITH_BREAK, "Mon 12:00", id="due-is-the-break"),
    ],
)
def test_due_of_a_start(start, hours, calendar, due):
    assert add_working_time(at(start), timedelta(hours=hours), calendar) == at(due)


def test_a_holiday_on_friday_moves_the_rest_to_monday():
    calendar = WorkingCalendar("Europe/Berlin", OFFICE, {date(2026, 6, 5)})
    assert add_working_time(at("Thu 15:00"), timedelta(hours=4), calendar) == at("next Mon 11:00")


def test_the_always_open_calendar_adds_elapsed_hours_over_a_clock_change():
    start = datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN)
    due = add_working_time(start, timedelta(hours=4), ALWAYS_OPEN)
    assert due == datetime(2026, 3, 29, 5, 30, tzinfo=BERLIN)
    assert working_time_between(start, due, ALWAYS_OPEN) == timedelta(hours=4)


@pytest.mark.parametrize(
    ("day", "elapsed", "due"),
    [
        pytest.param(date(2026, 3, 29), 3, time(6), id="an-hour-is-left-out"),
        pytest.param(date(2026, 10, 25), 5, time(4), id="an-hour-is-repeated"),
    ],
)
def test_a_working_day_with_a_clock_change_counts_what_really_passes(day, elapsed, due):
    calendar = WorkingCalendar("Europe/Berlin", {6: ((time(1), time(5)), (time(5), time(8)))})
    opens, closes = calendar.open_on(day)[0]
    assert closes - opens == timedelta(hours=elapsed)
    assert opens.astimezone(BERLIN).time() == time(1)
    assert closes.astimezone(BERLIN).time() == time(5)
    start = datetime.combine(day, time(0), BERLIN)
    found = add_working_time(start, timedelta(hours=4), calendar)
    assert found == datetime.combine(day, due, BERLIN)


def test_twenty_hours_over_a_weekend_with_a_holiday():
    calendar = WorkingCalendar("Europe/Berlin", OFFICE, {date(2026, 6, 8)})
    due = add_working_time(at("Thu 13:00"), timedelta(hours=20), calendar)
    assert due == datetime(2026, 6, 9, 17, 0, tzinfo=BERLIN)  # Thu 4 h, Fri 8 h, Tue 8 h


def test_a_reassignment_keeps_what_was_used_and_counts_the_rest_in_the_new_zone():
    target, denver = timedelta(hours=4), ZoneInfo("America/Denver")
    moved_at = at("Mon 16:00")
    used = working_time_between(at("Mon 15:00"), moved_at, NINE_TO_FIVE)
    due = add_working_time(moved_at, target - used, WorkingCalendar("America/Denver", OFFICE))
    assert used == timedelta(hours=1)
    assert due == datetime(2026, 6, 1, 12, 0, tzinfo=denver)


def test_a_holiday_added_after_the_start_moves_the_due_time_by_the_day_it_closes():
    before = add_working_time(at("Thu 15:00"), timedelta(hours=4), NINE_TO_FIVE)
    after = add_working_time(
        at("Thu 15:00"),
        timedelta(hours=4),
        WorkingCalendar("Europe/Berlin", OFFICE, {date(2026, 6, 5)}),
    )
    assert (before, after) == (at("Fri 11:00"), at("next Mon 11:00"))


def test_a_calendar_without_intervals_is_refused_and_never_searched_for_ever():
    assert problems_with({}) == [
        "This calendar is never open. Add opening hours to at least one day."
    ]
    with pytest.raises(ValueError, match="366 days in a row"):
        add_working_time(at("Mon 10:00"), timedelta(minutes=1), WorkingCalendar("UTC", {}))
