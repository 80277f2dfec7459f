"""What many tests stand on, made once: each gets a copy, writes above it and takes that back.

``scene = staged(Scene)`` in a test module is a fixture. What its function makes stays in the
database, in a transaction, as long as one test after the other asks for the same function; it is
rolled back before the first that does not. So each test finds exactly what it names, in whatever
order they run, and a company of people and signed texts is made once instead of for each test.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TestCase

Make = Callable[[], Any]


def staged(make: Make) -> Any:
    """Return a fixture that gives each test its own copy of what ``make`` made.

    ``make`` takes nothing and stores what it likes. Where the made thing has ``again``, that
    makes the copy: it may set what must be of this very moment.
    """

    def standing(db: None) -> Any:
        made = _stage.made
        return made.again() if hasattr(made, "again") else copy.deepcopy(made)

    standing.stage = make  # type: ignore[attr-defined]
    return pytest.fixture(standing)


class Stage:
    """The one transaction of this process that outlasts a test."""

    def __init__(self) -> None:
        self.make: Make | None = None
        self.made: Any = None
        self.atomic: transaction.Atomic | None = None

    def prepare(self, make: Make | None) -> None:
        """Let stand what ``make`` makes, and nothing else."""
        if self.make is make and self.is_sound():
            return
        self.end()
        if make is None:
            return
        assert not connection.in_atomic_block, "a fixture of the module holds a transaction open"
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        try:
            self.made = make()
            # PostgreSQL keeps its checks of foreign keys for the end: else each test pays.
            connection.check_constraints()
        except BaseException:
            self.end()
            raise
        self.make = make

    def is_sound(self) -> bool:
        """Tell whether what stands can be stood on: a test may have closed the connection."""
        is_broken = connection.needs_rollback or connection.closed_in_transaction
        return self.make is None or (connection.in_atomic_block and not is_broken)

    def end(self) -> None:
        """Take back what stands."""
        atomic, self.atomic, self.make, self.made = self.atomic, None, None, None
        if atomic is None:
            return
        if connection.in_atomic_block and not connection.closed_in_transaction:
            transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


_stage = Stage()


def before_fixture(fixturedef: Any, request: Any) -> None:
    """Set the stage before pytest-django opens a test's transaction, and before wider ones open."""
    name = fixturedef.argname
    if name == "_django_db_helper":
        named = request.node._fixtureinfo.name2fixturedefs.values()
        makes = {getattr(found[-1].func, "stage", None) for found in named} - {None}
        assert len(makes) < 2, "a test stands on one stage"
        _change(request, makes.pop() if makes else None)
    elif fixturedef.scope != "function" and "django_db_blocker" in fixturedef.argnames:
        case = getattr(request, "cls", None)  # pytest refuses to say in a module's fixture
        is_case = isinstance(case, type) and issubclass(case, TestCase)
        if is_case or not name.startswith(("_django", "django")):
            _change(request, None)


def _change(request: Any, make: Make | None) -> None:
    if _stage.make is None and make is None:
        return
    with request.getfixturevalue("django_db_blocker").unblock():
        _stage.prepare(make)


def end() -> None:
    _stage.end()
