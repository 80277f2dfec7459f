"""What a due time costs: a target of ten working days, with a lunch break, in one zone.

Warm: the calendar's weeks are known. Cold: a calendar nobody has asked before. The floor is one
``datetime`` plus ``timedelta``, which knows nothing of opening hours.

    python -m benchmarks.due_time
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from statistics import median
from time import perf_counter

from sla.calendar.hours import WorkingCalendar, add_working_time, working_time_between

ROUNDS = 400
LUNCH = ((time(9), time(12)), (time(13), time(17)))
TARGET = timedelta(hours=70)  # ten days of seven hours
START = datetime(2026, 3, 18, 10, 30, tzinfo=UTC)  # over the change to summer time
DUE = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)


def microseconds(work: Callable[[], object], repeats: int = 1) -> float:
    """Return the median time of one call of ``work`` over the rounds."""
    times = []
    for _round in range(ROUNDS):
        began = perf_counter()
        for _repeat in range(repeats):
            work()
        times.append((perf_counter() - began) / repeats * 1e6)
    return median(times)


def cold_microseconds() -> float:
    """Return the median time of the first answer of a calendar that equals no earlier one."""
    times = []
    for number in range(ROUNDS):
        hours = ((time(9, 0, 0, number), LUNCH[0][1]), LUNCH[1])  # another calendar each round
        calendar = WorkingCalendar("Europe/Berlin", dict.fromkeys(range(5), hours))
        began = perf_counter()
        add_working_time(START, TARGET, calendar)
        times.append((perf_counter() - began) * 1e6)
    return median(times)


def main() -> None:
    calendar = WorkingCalendar("Europe/Berlin", dict.fromkeys(range(5), LUNCH))
    assert add_working_time(START, TARGET, calendar) == DUE
    floor = microseconds(lambda: START + TARGET, repeats=100)
    figures = {
        "due time, warm": (microseconds(lambda: add_working_time(START, TARGET, calendar), 20), 25),
        "due time, cold": (cold_microseconds(), 150),
        "time used, warm": (
            microseconds(lambda: working_time_between(START, DUE, calendar), 20),
            25,
        ),
    }
    print("A target of ten working days with a lunch break, Europe/Berlin, median")
    print(f"{'floor: datetime + timedelta':28}{floor:9.2f} us")
    for name, (cost, target) in figures.items():
        print(f"{name:28}{cost:9.2f} us{cost / floor:8.0f} × the floor, target {target} us")


if __name__ == "__main__":
    main()
