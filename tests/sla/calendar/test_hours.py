"""The edges: what is refused, far away or kept, and what is said of a bad calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from sla.calendar.hours import (
    ALWAYS_OPEN,
    WorkingCalendar,
    add_working_time,
    problems_with,
    working_time_between,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFFICE = ((time(9), time(17)),)
WHOLE_DAY = ((time(0), time(0)),)
WEEK = dict.fromkeys(range(5), OFFICE)
MONDAY = date(2026, 6, 1)
START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
UTC_OFFICE = WorkingCalendar("UTC", WEEK)


def test_mappings_are_kept_as_tuples_so_equal_calendars_are_equal_and_hashable():
    one = WorkingCalendar("UTC", {4: [(time(9), time(17))], 0: list(OFFICE), 6: []}, {MONDAY})
    other = WorkingCalendar("UTC", ((0, OFFICE), (4, OFFICE)), frozenset({MONDAY}), {})
    assert one == other
    assert hash(one) == hash(other)
    assert one.week == ((0, OFFICE), (4, OFFICE))
    assert one.timetable is other.timetable
    assert replace(one, zone="Europe/Berlin") != one


def test_changing_the_mapping_afterwards_changes_nothing():
    week = dict(WEEK)
    calendar = WorkingCalendar("UTC", week)
    week.clear()
    assert add_working_time(START, HOUR, calendar) == START + HOUR


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_a_value_error_and_a_sentence(zone):
    with pytest.raises(ValueError, match="no time zone"):
        WorkingCalendar(zone, WEEK)
    assert problems_with(WEEK, zone=zone) == [
        f"There is no time zone “{zone}”. Choose one such as Europe/Berlin."
    ]


def test_a_weekday_outside_the_week_is_refused():
    with pytest.raises(ValueError, match=r"0 \(Monday\) to 6"):
        WorkingCalendar("UTC", {7: OFFICE})


NAIVE = START.replace(tzinfo=None)


@pytest.mark.parametrize("pauses", [(), [(START, NAIVE)], [(NAIVE, START)]])
def test_naive_instants_are_refused(pauses):
    start = START if pauses else NAIVE
    with pytest.raises(ValueError, match="naive"):
        add_working_time(start, HOUR, UTC_OFFICE, pauses)
    with pytest.raises(ValueError, match="naive"):
        working_time_between(start, START, UTC_OFFICE, pauses)


def test_a_negative_amount_is_refused_and_zero_is_due_at_the_start():
    saturday = datetime(2026, 6, 6, 3, 0, tzinfo=timezone(5 * HOUR))
    with pytest.raises(ValueError, match="negative"):
        add_working_time(START, timedelta(microseconds=-1), UTC_OFFICE)
    due = add_working_time(saturday, timedelta(0), UTC_OFFICE)
    assert (due, due.tzinfo) == (saturday, UTC)
    assert add_working_time(START, timedelta(0), WorkingCalendar("UTC", {})) == START


def test_no_time_is_used_when_the_end_is_not_after_the_start():
    assert working_time_between(START, START, UTC_OFFICE) == timedelta(0)
    assert working_time_between(START, START - HOUR, UTC_OFFICE) == timedelta(0)


def test_fractions_of_a_second_are_kept():
    start = START + timedelta(microseconds=123_457)
    due = add_working_time(start, timedelta(hours=7, microseconds=1), UTC_OFFICE)
    assert due == datetime(2026, 6, 2, 9, 0, 0, 123_458, tzinfo=UTC)


@pytest.mark.parametrize(("dry", "found"), [(365, True), (366, False)])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_366_days_in_a_row_without_an_opening_are_refused_365_are_not(dry, found, zone):
    opens = MONDAY + dry * DAY  # nothing opens on the ``dry`` days before it
    calendar = WorkingCalendar(zone, {}, (), {opens: OFFICE})
    start = datetime.combine(MONDAY, time(9), calendar.timetable.zone)
    if found:
        expected = datetime.combine(opens, time(10), calendar.timetable.zone)
        assert add_working_time(start, HOUR, calendar) == expected
        assert working_time_between(start, expected, calendar) == HOUR
    else:
        with pytest.raises(ValueError, match="366 days in a row"):
            add_working_time(start, HOUR, calendar)


def test_the_days_are_counted_anew_after_each_opening():
    days = [MONDAY + n * 366 * DAY for n in range(6)]  # 365 days without an opening between two
    calendar = WorkingCalendar("UTC", {}, (), dict.fromkeys(days, OFFICE))
    due = add_working_time(START.replace(hour=9), 48 * HOUR, calendar)
    assert due == datetime.combine(days[-1], time(17), UTC)


def test_a_day_is_closed_by_a_holiday_even_when_the_week_is_open():
    holidays = {MONDAY + n * DAY for n in range(1, 367)}
    with pytest.raises(ValueError, match="from 2026-06-02"):
        add_working_time(START, 8 * HOUR, WorkingCalendar("UTC", WEEK, holidays))


def test_amounts_of_many_years_are_counted():
    assert add_working_time(START, 20_000 * DAY, ALWAYS_OPEN) == START + 20_000 * DAY
    due = add_working_time(datetime(2026, 6, 1, tzinfo=UTC), 40 * 520 * HOUR, UTC_OFFICE)
    assert due == datetime(2036, 5, 16, 17, tzinfo=UTC)  # 520 weeks of forty hours
    assert working_time_between(START - 10 * HOUR, due, UTC_OFFICE) == 40 * 520 * HOUR


def test_a_pause_of_years_is_stepped_over_and_one_without_an_end_is_refused():
    years = START + 4000 * DAY
    back = add_working_time(START, HOUR, UTC_OFFICE, [(START, years)])
    assert back == add_working_time(years, HOUR, UTC_OFFICE)
    with pytest.raises(ValueError, match="years 1 to 9999"):
        add_working_time(START, HOUR, UTC_OFFICE, [(START, datetime.max.replace(tzinfo=UTC))])


def test_pauses_count_once_in_any_order_and_a_backward_one_is_none():
    pauses = [
        (START + 3 * HOUR, START + 4 * HOUR),
        (START + HOUR, START + 2 * HOUR),
        (START + 1.5 * HOUR, START + 2.5 * HOUR),
        (START + 9 * HOUR, START - 9 * HOUR),
    ]
    assert add_working_time(START, 2 * HOUR, UTC_OFFICE, iter(pauses)) == START + 4.5 * HOUR
    assert working_time_between(START, START + 5 * HOUR, UTC_OFFICE, pauses) == 2.5 * HOUR


def test_an_amount_reached_as_a_pause_begins_is_due_then():
    pause = (START + HOUR, START + 2 * HOUR)
    assert add_working_time(START, HOUR, UTC_OFFICE, [pause]) == START + HOUR


NIGHTS = {6: ((time(22), time(6)),)}  # Sunday evening to Monday morning


@pytest.mark.parametrize(
    ("holidays", "overrides", "hours"),
    [
        pytest.param((), {}, 8, id="as-it-is"),
        pytest.param({MONDAY}, {}, 8, id="a-holiday-leaves-the-evening-before"),
        pytest.param((), {MONDAY: ()}, 8, id="so-does-an-override"),
        pytest.param((), {MONDAY: ((time(8), time(9)),)}, 9, id="which-adds-its-own"),
        pytest.param(
            (), {MONDAY: ((time(5), time(9)),)}, 11, id="where-they-meet-time-counts-once"
        ),
        pytest.param({MONDAY - DAY}, {}, 0, id="a-holiday-takes-what-opens-that-day"),
        pytest.param({MONDAY}, {MONDAY: OFFICE}, 8, id="a-holiday-wins-over-an-override"),
    ],
)
def test_an_interval_belongs_to_the_date_on_which_it_opens(holidays, overrides, hours):
    calendar = WorkingCalendar("UTC", NIGHTS, holidays, overrides)
    midnight = datetime.combine(MONDAY, time(0), UTC)
    assert (
        working_time_between(midnight - 12 * HOUR, midnight + 12 * HOUR, calendar) == hours * HOUR
    )


def test_what_is_empty_in_utc_does_not_exist_that_day():
    spring = date(2026, 3, 29)  # 02:30 is read as 03:30 summer time, after the close
    calendar = WorkingCalendar("Europe/Berlin", {6: ((time(2, 30), time(3)),)})
    assert calendar.open_on(spring) == []
    assert calendar.open_on(spring + 7 * DAY) != []
    skipped = WorkingCalendar("Pacific/Apia", dict.fromkeys(range(7), WHOLE_DAY))
    assert skipped.open_on(date(2011, 12, 30)) == []


def test_the_first_and_the_last_year_answer_or_refuse_in_words():
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for zone in ("UTC", "Pacific/Niue"):
        always = WorkingCalendar(zone, dict.fromkeys(range(7), WHOLE_DAY))
        assert add_working_time(first + 2 * DAY, HOUR, always) == first + 2 * DAY + HOUR
        assert add_working_time(last - 2 * HOUR, HOUR, always) == last - HOUR
        assert working_time_between(last - 2 * DAY, last, always) == 2 * DAY
        for amount in (3 * HOUR, timedelta.max):
            with pytest.raises(ValueError, match="years 1 to 9999"):
                add_working_time(last - 2 * HOUR, amount, always)
    with pytest.raises(ValueError, match="years 1 to 9999"):
        add_working_time(last - DAY, 9 * HOUR, UTC_OFFICE)
    ahead_of_utc = WorkingCalendar("Pacific/Kiritimati", dict.fromkeys(range(7), WHOLE_DAY))
    with pytest.raises(ValueError, match="years 1 to 9999"):
        add_working_time(last - 2 * HOUR, HOUR, ahead_of_utc)  # there it is the year 10000
    ahead = datetime.min.replace(tzinfo=timezone(14 * HOUR))  # an instant before the year 1 in UTC
    with pytest.raises(ValueError, match="years 1 to 9999"):
        add_working_time(ahead, HOUR, ALWAYS_OPEN)


RUNS_ON = "runs on into the next day’s 05:00–09:00. End it before the next day opens."


def test_intervals_that_overlap_are_named_and_those_that_touch_are_not():
    touching = {0: ((time(9), time(12)), (time(12), time(17))), 1: WHOLE_DAY, 2: WHOLE_DAY}
    assert problems_with(touching, {MONDAY: WHOLE_DAY}) == []
    assert problems_with({0: ((time(11), time(15)), (time(9), time(12)))}) == [
        "On Monday, 09:00–12:00 and 11:00–15:00 overlap. End the first before the second begins."
    ]
    assert problems_with({6: ((time(22), time(6)),), 0: ((time(5), time(9)),)}) == [
        "22:00–06:00 on Sunday " + RUNS_ON
    ]


def test_overrides_are_held_against_the_days_around_them():
    early = {MONDAY: ((time(5), time(9)),)}
    said = problems_with(NIGHTS, early)
    assert said == ["22:00–06:00 on 31 May 2026 " + RUNS_ON]
    assert problems_with(NIGHTS, early, holidays={MONDAY - DAY}) == []
    both = {MONDAY: ((time(9), time(12)), (time(11), time(12)))}
    assert problems_with({}, both)[0].startswith("On 1 June 2026, 09:00–12:00 and 11:00–12:00")
    assert problems_with({}, {MONDAY: OFFICE}) == []
    assert len(problems_with({}, {MONDAY: ()})) == 1


def test_a_wall_time_marked_as_the_second_occurrence_is_still_the_first():
    autumn = date(2026, 10, 25)
    plain = WorkingCalendar("Europe/Berlin", {6: ((time(2, 30), time(6)),)})
    marked = WorkingCalendar("Europe/Berlin", {6: ((time(2, 30, fold=1), time(6)),)})
    assert marked.open_on(autumn) == plain.open_on(autumn)
    assert marked.open_on(autumn)[0][0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
