"""Collecting what events owe, for who carries it out in the same transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from portal.events.models import Delivery
from portal.events.table import Handler

Owed = list[tuple[Handler, Delivery]]
_gathering: ContextVar[Owed | None] = ContextVar("events_gathering", default=None)


@contextmanager
def gathered() -> Iterator[Owed]:
    """Collect the debts of events that are recorded inside; nobody is rung for them."""
    owed: Owed = []
    token = _gathering.set(owed)
    try:
        yield owed
    finally:
        _gathering.reset(token)


def gathering() -> Owed | None:
    """Return where debts are collected just now, if anywhere."""
    return _gathering.get()
