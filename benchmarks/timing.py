"""Timing the statements and the pages of the product, medians of many rounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client

from portal.accounts.models import User

Statement = tuple[str, Any]


@dataclass(frozen=True)
class Time:
    """The median of many rounds in milliseconds, and the best of them, which other work on the
    machine disturbed the least.
    """

    median: float
    best: float

    def __add__(self, other: "Time") -> "Time":
        return Time(self.median + other.median, self.best + other.best)

    def __mul__(self, times: float) -> "Time":
        return Time(self.median * times, self.best * times)

    def __str__(self) -> str:
        return f"{self.median:8.2f} ms (best {self.best:.2f})"


def time_of(work: Callable[[], object], rounds: int = 30) -> Time:
    """Time ``work``, run once before to warm what it warms."""
    work()
    times = []
    for _round in range(rounds):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return Time(median(times) * 1000, min(times) * 1000)


def statements_of(work: Callable[[], object]) -> list[Statement]:
    """Return what ``work`` asks the database, in order, without transactions and settings."""
    found: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if sql.startswith(("SELECT", "WITH")):
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        work()
    return found


def database_time(statements: Sequence[Statement], rounds: int = 30) -> Time:
    """Return the sum over ``statements`` of the time to ask one and to fetch every row."""
    return sum((time_of(partial(ask, *one), rounds) for one in statements), Time(0, 0))


def ask(sql: str, params: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def plan_of(sql: str, params: Any) -> str:
    """Return how the database answers a statement, in its own words."""
    explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    return "\n".join(str(row[-1]) for row in ask(explain + sql, params))


def visit(user: User, address: str) -> Callable[[], None]:
    """Return a visit of a page by a person who is signed in, to be timed."""
    client = Client(headers={"host": "localhost"})
    client.force_login(user)

    def go() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, f"{address} answered {answer.status_code}"

    return go


@dataclass(frozen=True)
class Figure:
    """One line: what was measured, its target in ms, and the floor of the same run."""

    name: str
    cost: Time
    target: float
    floor: Time
    note: str = ""

    def __str__(self) -> str:
        word = "reached" if self.cost.median <= self.target else "MISSED"
        if word == "MISSED" and self.cost.best <= self.target:
            word = "reached at best"
        cost, times = str(self.cost), self.cost.median / self.floor.median
        line = (
            f"{self.name:44}{cost:27} target {self.target:5.4g} ms {word:16}"
            f"{times:6.1f} × the floor of {self.floor.median:.2f} ms"
        )
        return f"{line}  {self.note}".rstrip()
