"""Timing the statements and the pages of the product, medians of many rounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client

from portal.accounts.models import User

Statement = tuple[str, Any]


def milliseconds(work: Callable[[], object], rounds: int = 30) -> float:
    """Return the median time of ``work``, run once before to warm what it warms."""
    work()
    times = []
    for _round in range(rounds):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return median(times) * 1000


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


def database_milliseconds(statements: Sequence[Statement], rounds: int = 30) -> float:
    """Return the sum over ``statements`` of the median time to ask one and fetch every row."""
    return sum(milliseconds(lambda one=one: ask(*one), rounds) for one in statements)  # type: ignore[misc]


def ask(sql: str, params: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def plan_of(sql: str, params: Any) -> str:
    """Return how the database answers a statement, in its own words."""
    explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    return "\n".join(str(row[-1]) for row in ask(explain + sql, params))


def visit(user: User, address: str) -> Callable[[], None]:
    """Return a visit of a page by a person who is signed in, for ``milliseconds``."""
    client = Client(headers={"host": "localhost"})
    client.force_login(user)

    def go() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, f"{address} answered {answer.status_code}"

    return go


@dataclass(frozen=True)
class Figure:
    """One line: what was measured beside its target and its floor (both in its own unit)."""

    name: str
    value: float
    target: float
    floor: float
    unit: str = "ms"
    note: str = ""

    def __str__(self) -> str:
        word = "reached" if self.value <= self.target else "MISSED"
        line = (
            f"{self.name:44}{self.value:9.2f} {self.unit:3} target {self.target:7g} {word:8}"
            f" floor {self.floor:8.2f}, {self.value / self.floor:5.1f} × it"
        )
        return f"{line}  {self.note}".rstrip()
