"""The lines a clock shows for itself: each with its kind, its time and a sentence."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla.calendar.arithmetic import Kind, duration, explain
from sla.calendar.hours import WorkingCalendar, add_working_time

BERLIN = ZoneInfo("Europe/Berlin")
LUNCH = ((time(9), time(12)), (time(13), time(17)))
FRIDAY = date(2026, 6, 5)
DAYS = [FRIDAY + timedelta(days=n) for n in range(7)]
CALENDAR = WorkingCalendar(
    "Europe/Berlin",
    dict.fromkeys(range(5), LUNCH),
    {DAYS[3]},
    {DAYS[4]: ((time(10), time(12)),), DAYS[5]: ()},
)


def at(day, hour, minute=0):
    return datetime.combine(DAYS[day], time(hour, minute), BERLIN)


def test_a_week_with_everything_in_it_reads_line_by_line():
    start, pause = at(0, 11), (at(0, 14), at(0, 15, 30))
    due = add_working_time(start, timedelta(hours=7), CALENDAR, [pause])
    assert due == at(6, 10, 30)
    lines = explain(start, due, CALENDAR, [pause])
    assert [(line.day, line.kind, line.used, line.words) for line in lines] == [
        (DAYS[0], Kind.USED, timedelta(hours=1), "11:00 to 12:00 counts 1 h."),
        (DAYS[0], Kind.USED, timedelta(hours=1), "13:00 to 14:00 counts 1 h."),
        (
            DAYS[0],
            Kind.PAUSED,
            timedelta(0),
            "Paused from 14:00 to 15:30: 1 h 30 min does not count.",
        ),
        (DAYS[0], Kind.USED, timedelta(minutes=90), "15:30 to 17:00 counts 1 h 30 min."),
        (DAYS[1], Kind.CLOSED, timedelta(0), "Closed on Saturday."),
        (DAYS[2], Kind.CLOSED, timedelta(0), "Closed on Sunday."),
        (DAYS[3], Kind.HOLIDAY, timedelta(0), "A holiday: nothing opens."),
        (
            DAYS[4],
            Kind.OVERRIDE,
            timedelta(hours=2),
            "Hours set for this day: 10:00 to 12:00 counts 2 h.",
        ),
        (DAYS[5], Kind.OVERRIDE, timedelta(0), "Closed on this day only."),
        (DAYS[6], Kind.USED, timedelta(minutes=90), "09:00 to 10:30 counts 1 h 30 min."),
    ]
    assert lines[0].opens == start
    assert lines[0].opens.tzinfo == BERLIN
    assert lines[-1].closes == due


def test_pauses_that_meet_are_one_line():
    pauses = [(at(0, 10), at(0, 11)), (at(0, 10, 30), at(0, 11, 30))]
    kinds = [line.kind for line in explain(at(0, 9), at(0, 12), CALENDAR, pauses)]
    assert kinds == [Kind.USED, Kind.PAUSED, Kind.USED]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (at(0, 18), at(0, 20), "The day’s hours were over when counting began."),
        (at(0, 7), at(0, 8), "Counting ended before the day’s hours began."),
        (at(0, 12), at(0, 13), "No hours left to count on this day."),
    ],
)
def test_a_day_whose_hours_lie_outside_says_so(start, end, words):
    (line,) = explain(start, end, CALENDAR)
    assert (line.opens, line.closes, line.kind, line.words) == (None, None, Kind.CLOSED, words)


def test_an_evening_that_runs_on_is_a_line_of_the_day_it_opened():
    nights = WorkingCalendar("UTC", {4: ((time(22), time(6)),)})
    start = datetime(2026, 6, 6, 1, 0, tzinfo=UTC)
    lines = explain(start, start + timedelta(hours=9), nights)
    assert [(line.day, line.used, line.words) for line in lines] == [
        (DAYS[0], timedelta(hours=5), "01:00 to 06:00 counts 5 h."),
        (DAYS[1], timedelta(0), "Closed on Saturday."),
    ]


def test_what_counts_over_a_clock_change_is_what_passed():
    sunday = WorkingCalendar("Europe/Berlin", {6: ((time(1), time(5)),)})
    start = datetime(2026, 3, 29, 0, 0, tzinfo=BERLIN)
    (line,) = explain(start, start + timedelta(hours=12), sunday)
    assert (line.used, line.words) == (timedelta(hours=3), "01:00 to 05:00 counts 3 h.")


def test_there_is_nothing_to_explain_backwards_and_naive_instants_are_refused():
    assert explain(at(0, 12), at(0, 12), CALENDAR) == []
    with pytest.raises(ValueError, match="naive"):
        explain(at(0, 12), datetime(2026, 6, 5, 13), CALENDAR)  # noqa: DTZ001 - naive on purpose


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 min"),
        (timedelta(seconds=12), "12 s"),
        (timedelta(minutes=38), "38 min"),
        (timedelta(hours=2, minutes=40), "2 h 40 min"),
        (timedelta(days=2, seconds=5), "48 h 5 s"),
    ],
)
def test_a_length_of_time_in_words(length, words):
    assert duration(length) == words


def test_the_lines_of_a_night_whose_hour_comes_twice_stand_in_the_order_of_time():
    always = WorkingCalendar("Europe/Berlin", dict.fromkeys(range(7), ((time(0), time(0)),)))
    first, second = (datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (0, 1))  # 02:00, twice
    minute = timedelta(minutes=1)
    early = first + 40 * minute, first + 50 * minute
    late = second + 5 * minute, second + 9 * minute
    lines = explain(first, second + timedelta(hours=1), always, [late, early])
    assert [line.opens.astimezone(UTC) for line in lines] == [
        first, *early, *late,
    ]  # fmt: skip
    assert sum((line.used for line in lines), timedelta(0)) == timedelta(hours=2) - 14 * minute
