"""How many people a promise needs: a discrete-event simulation. Pure, seeded, no own clock.

One queue, served as the desk serves it: the earliest due first, nobody interrupted. A person takes
the next handoff as soon as they are free and their calendar is open; that is its first touch, and
after its handling time of their own open time it is decided. Each run draws, for every day, the
arrivals of a real day with the same weekday, and a real handling time for every arrival. Instants
and lengths are whole microseconds, as in ``sla.calendar.timetable``.

Common random numbers: every level of staff serves the same drawn arrivals, so that levels differ
by staff alone (Law and Kelton, "Simulation Modeling and Analysis", chapter 11).
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil
from random import Random

from sla.calendar.timetable import DAY, Timetable

EVENTS = 80_000  # arrivals simulated in all, at most, so that an answer takes about a second
RUNS, FEWEST_RUNS, FEWEST_DAYS = 40, 20, 7
LEVELS = 6  # staff levels that are tried at most
TOUCH = "first_touch"
NEAR = 0.005  # of the ceiling: more people would not be seen


@dataclass(frozen=True)
class Arrival:
    """One handoff of the past: when in the day it came, and what was promised for it.

    ``offset`` is microseconds since its day began; ``promises`` are (kind, amount in microseconds,
    whose open time it is counted in).
    """

    offset: int
    promises: tuple[tuple[str, int, Timetable], ...]


@dataclass(frozen=True)
class History:
    """What the simulation draws from: real days with their arrivals, and real handling times.

    ``days`` are (instant at which the day began, weekday, its arrivals), oldest first; ``handling``
    are microseconds of working time for one handoff, never empty.
    """

    days: Sequence[tuple[int, int, Sequence[Arrival]]]
    handling: Sequence[int]

    @property
    def arrivals(self) -> int:
        return sum(len(day) for _begins, _weekday, day in self.days)


@dataclass(frozen=True)
class Attainment:
    """The share of promises kept in the simulated period: mean and the middle 95 % of runs."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Level:
    """What to expect of ``people``: attainment by kind of promise, and how busy they are (0-1)."""

    people: int
    kept: Mapping[str, Attainment]
    busy: float


@dataclass(frozen=True)
class Answer:
    """Levels by rising staff, and how many people reach the target for every promise.

    ``ceiling`` is what is kept of each kind when nothing ever waits for a person, only for their
    hours: no number of people can pass it. ``needed`` is the smallest tried level whose mean
    reaches the target, or the ceiling where that is lower; ``at_best`` and ``to_be_sure`` are the
    smallest whose upper and whose lower end do. None: no tried level does.
    """

    levels: Sequence[Level]
    ceiling: Mapping[str, float]
    needed: int | None
    at_best: int | None
    to_be_sure: int | None
    runs: int
    days: int


Staff = Callable[[int], Sequence[Timetable]]  # the calendars of so many people


def answer(history: History, staff: Staff, *, now: int, target: float, seed: int) -> Answer:
    """Simulate levels around the load, and also ``now``, today's number of people.

    ``target`` is a share from 0 to 1. Raises ValueError when nothing arrived.
    """
    if not history.arrivals:
        raise ValueError("Nothing arrived in this period, so there is nothing to simulate.")
    runs, days = _size(history)
    draws = [_draw(history, days, Random(f"{seed}:{run}")) for run in range(runs)]  # noqa: S311
    first = max(1, ceil(_load(history, staff(1)[0])))
    ceiling = _ceiling(draws, staff(max(now, 1)))
    goals = {kind: (target, share - NEAR) for kind, share in ceiling.items()}
    levels: dict[int, Level] = {}

    def tried(people: int) -> Level:
        if people not in levels:
            levels[people] = _level(draws, staff(people))
        return levels[people]

    if now:
        tried(now)
    for people in range(first, first + LEVELS - 1):
        if _reaches(tried(people), goals, "low"):
            break
    if first > 1:
        tried(first - 1)
    rows = [levels[people] for people in sorted(levels)]
    return Answer(
        rows,
        ceiling,
        _smallest(rows, goals, "mean"),
        _smallest(rows, goals, "high"),
        _smallest(rows, goals, "low"),
        runs,
        days,
    )


def _size(history: History) -> tuple[int, int]:
    """Return how many runs of how many days stay within the budget."""
    a_day = history.arrivals / len(history.days)
    days = len(history.days)
    runs = min(RUNS, int(EVENTS / (a_day * days * LEVELS)))
    if runs < FEWEST_RUNS:
        runs = FEWEST_RUNS
        days = max(FEWEST_DAYS, min(days, int(EVENTS / (a_day * runs * LEVELS))))
    return runs, min(days, len(history.days))


def _load(history: History, calendar: Timetable) -> float:
    """Return how many people would be busy all the time if nothing ever waited."""
    begins, ends = history.days[0][0], history.days[-1][0] + DAY
    open_time = calendar.between(begins, ends)
    mean = sum(history.handling) / len(history.handling)
    return history.arrivals * mean / open_time if open_time else 1.0


@dataclass(frozen=True)
class _Drawn:
    """One handoff of a run: when it arrives, by when what is due, how long it takes."""

    at: int
    due: tuple[tuple[str, int], ...]
    handling: int

    @property
    def first_due(self) -> int:
        return min((due for _kind, due in self.due), default=self.at)


def _draw(history: History, days: int, random: Random) -> list[_Drawn]:
    by_weekday: dict[int, list[Sequence[Arrival]]] = {}
    for _begins, weekday, arrivals in history.days:
        by_weekday.setdefault(weekday, []).append(arrivals)
    drawn = []
    for begins, weekday, _own in history.days[-days:]:
        for one in random.choice(by_weekday[weekday]):
            at = begins + one.offset
            due = tuple((kind, table.after(at, amount)) for kind, amount, table in one.promises)
            drawn.append(_Drawn(at, due, random.choice(history.handling)))
    return sorted(drawn, key=lambda one: one.at)


def _level(draws: Sequence[Sequence[_Drawn]], staff: Sequence[Timetable]) -> Level:
    shares: dict[str, list[float]] = {}
    busy = 0.0
    for drawn in draws:
        kept, met, used, available = _serve(drawn, staff)
        for kind, n in kept.items():
            shares.setdefault(kind, []).append(met[kind] / n)
        busy += used / available if available else 1.0
    return Level(
        len(staff),
        {kind: _middle(values) for kind, values in sorted(shares.items(), reverse=True)},
        min(busy / len(draws), 1.0),
    )


def _serve(
    drawn: Sequence[_Drawn], staff: Sequence[Timetable]
) -> tuple[dict[str, int], dict[str, int], int, int]:
    """Serve one run; return promises and kept ones by kind, time used and time available."""
    due_by_kind: dict[str, int] = {}
    met: dict[str, int] = {}
    if not drawn:
        return due_by_kind, met, 0, 0
    begins, number, used = drawn[0].at, count(), 0
    free = [(_opens(table, begins), who) for who, table in enumerate(staff)]
    heapq.heapify(free)
    waiting: list[tuple[int, int, _Drawn]] = []
    coming = 0
    while coming < len(drawn) or waiting:
        at, who = free[0]
        while coming < len(drawn) and drawn[coming].at <= at:
            heapq.heappush(waiting, (drawn[coming].first_due, next(number), drawn[coming]))
            coming += 1
        if not waiting:
            heapq.heapreplace(free, (_opens(staff[who], drawn[coming].at), who))
            continue
        one = heapq.heappop(waiting)[2]
        finished = staff[who].after(at, one.handling) if one.handling else at
        used += one.handling
        for kind, due in one.due:
            reached = at if kind == TOUCH else finished
            due_by_kind[kind] = due_by_kind.get(kind, 0) + 1
            met[kind] = met.get(kind, 0) + (reached <= due)
        heapq.heapreplace(free, (_opens(staff[who], finished), who))
    ends = max(drawn[-1].at, begins + DAY)
    return due_by_kind, met, used, sum(table.between(begins, ends) for table in staff)


def _opens(table: Timetable, at: int) -> int:
    """Return the first open instant from ``at`` on."""
    return table.after(at, 1) - 1


def _ceiling(draws: Sequence[Sequence[_Drawn]], staff: Sequence[Timetable]) -> dict[str, float]:
    """Return the share kept of each kind if a person whose hours have come were always free."""
    tables = list(dict.fromkeys(staff))
    due_by_kind: dict[str, int] = {}
    met: dict[str, int] = {}
    for one in (one for drawn in draws for one in drawn):
        begun, table = min(
            ((_opens(table, one.at), table) for table in tables), key=lambda pair: pair[0]
        )
        finished = table.after(begun, one.handling) if one.handling else begun
        for kind, due in one.due:
            due_by_kind[kind] = due_by_kind.get(kind, 0) + 1
            met[kind] = met.get(kind, 0) + ((begun if kind == TOUCH else finished) <= due)
    return {kind: met[kind] / n for kind, n in due_by_kind.items()}


def _middle(values: list[float]) -> Attainment:
    ordered = sorted(values)
    cut = int(0.025 * len(ordered))
    return Attainment(sum(ordered) / len(ordered), ordered[cut], ordered[-1 - cut])


Goals = Mapping[str, tuple[float, float]]  # the target, and the mean that nothing can better


def _reaches(level: Level, goals: Goals, end: str) -> bool:
    return all(
        getattr(kept, end) >= goals[kind][0] or kept.mean >= goals[kind][1]
        for kind, kept in level.kept.items()
    )


def _smallest(levels: Sequence[Level], goals: Goals, end: str) -> int | None:
    return next((level.people for level in levels if _reaches(level, goals, end)), None)
