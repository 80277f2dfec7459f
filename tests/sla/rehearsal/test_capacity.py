"""The simulation against the queueing formula, and against days one can work out by hand."""

from datetime import time
from math import exp, factorial
from random import Random

import pytest

from sla.calendar.hours import ALWAYS_OPEN, WorkingCalendar
from sla.calendar.timetable import DAY
from sla.rehearsal.capacity import Arrival, History, answer

MINUTE = 60_000_000
HOUR = 60 * MINUTE
MONDAY = 20_514  # 2 March 2026, in days since 1970
ALWAYS = ALWAYS_OPEN.timetable
OFFICE = WorkingCalendar("UTC", {day: ((time(9), time(17)),) for day in range(5)}).timetable


def history(minutes_of_day, *, days=14, handling=(30,), promise=60, table=ALWAYS) -> History:
    """The same arrivals on every day, all of them promised a touch within so many minutes."""
    promises = (("first_touch", promise * MINUTE, table),)
    arrivals = [Arrival(minute * MINUTE, promises) for minute in minutes_of_day]
    return History(
        days=[((MONDAY + n) * DAY, n % 7, arrivals) for n in range(days)],
        handling=[minutes * MINUTE for minutes in handling],
    )


def kept(found, people) -> float:
    return next(one for one in found.levels if one.people == people).kept["first_touch"].mean


def round_the_clock(people: int) -> list:
    return [ALWAYS] * people


def test_one_person_keeps_up_with_half_an_hour_of_work_each_hour() -> None:
    found = answer(history(range(0, 1440, 60)), round_the_clock, now=1, target=0.9, seed=1)
    assert (found.needed, kept(found, 1)) == (1, 1.0)
    assert found.levels[0].busy == pytest.approx(0.5, abs=0.02)


def test_who_cannot_keep_up_falls_behind_and_a_second_person_is_enough() -> None:
    found = answer(
        history(range(0, 1440, 60), handling=[90]), round_the_clock, now=1, target=0.9, seed=1
    )
    assert kept(found, 1) < 0.05
    assert (found.needed, found.to_be_sure, kept(found, 2)) == (2, 2, 1.0)


def test_who_comes_while_nobody_works_cannot_be_kept_by_any_number_of_people() -> None:
    """At noon and at night, promised within the hour by the wall clock: weekends are lost too."""
    found = answer(
        history([12 * 60, 22 * 60]), lambda people: [OFFICE] * people, now=3, target=0.9, seed=1
    )
    assert found.ceiling["first_touch"] == pytest.approx(5 / 14, abs=0.01)
    assert found.needed == 1
    assert max(level.people for level in found.levels) == 3


def test_what_is_due_first_is_served_first() -> None:
    """Two come at once; the later one in the list has the shorter promise and needs its time."""
    patient = Arrival(0, (("first_touch", 60 * MINUTE, ALWAYS),))
    hurried = Arrival(0, (("first_touch", 10 * MINUTE, ALWAYS),))
    past = History(
        days=[((MONDAY + n) * DAY, n % 7, [patient, hurried]) for n in range(7)],
        handling=[45 * MINUTE],
    )
    found = answer(past, round_the_clock, now=1, target=0.9, seed=1)
    assert kept(found, 1) == 1.0


def test_shares_are_those_of_erlang() -> None:
    """M/M/2 at 75 % load: P(wait <= t) = 1 - C(2, a) exp(-(2 mu - lambda) t)."""
    random = Random(7)  # noqa: S311 - a test, not a secret
    days = []
    for n in range(56):
        at, arrivals = random.expovariate(3 / HOUR), []
        while at < DAY:
            arrivals.append(Arrival(int(at), (("first_touch", 20 * MINUTE, ALWAYS),)))
            at += random.expovariate(3 / HOUR)
        days.append(((MONDAY + n) * DAY, n % 7, arrivals))
    handling = [int(random.expovariate(2 / HOUR)) for _ in range(4000)]
    found = answer(History(days, handling), round_the_clock, now=2, target=0.9, seed=1)
    load = 1.5
    waits = load**2 / factorial(2) / (1 - load / 2)
    c = waits / (1 + load + waits)
    assert kept(found, 2) == pytest.approx(1 - c * exp(-(2 * 2 - 3) / 3), abs=0.05)


def test_the_same_seed_answers_the_same_and_more_people_never_keep_less() -> None:
    past = history(range(540, 1020, 30), days=7, handling=[10, 25, 60], promise=20, table=OFFICE)
    one = answer(past, lambda people: [OFFICE] * people, now=1, target=0.95, seed=3)
    two = answer(past, lambda people: [OFFICE] * people, now=1, target=0.95, seed=3)
    assert one == two
    shares = [level.kept["first_touch"].mean for level in one.levels]
    assert shares == sorted(shares)
    assert len(one.levels) <= 10


def test_a_busy_past_is_simulated_on_fewer_days_so_that_the_answer_still_comes() -> None:
    past = history(range(0, 1440, 5), days=90, handling=[10])
    found = answer(past, round_the_clock, now=3, target=0.9, seed=1)
    assert (found.runs, found.days) == (20, 7)


def test_nothing_that_came_is_nothing_to_simulate() -> None:
    with pytest.raises(ValueError, match="Nothing arrived"):
        answer(history([]), round_the_clock, now=1, target=0.9, seed=1)
