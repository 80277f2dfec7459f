"""Doorbells without a row: "these leads are stale". The rows themselves say what is to do.

A bell is rung after the commit and tried in the same process, for what a person waits for; when
nobody hears it, the sweep finds the same rows a little later.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from portal.events.table import Bell

logger = logging.getLogger(__name__)
_held: ContextVar[bool] = ContextVar("bells_held", default=False)
_rung: ContextVar[set[tuple[str, int]] | None] = ContextVar("bells_rung", default=None)
INLINE = 100  # larger sets are the sweep's


@contextmanager
def held() -> Iterator[None]:
    """Ring nothing inside: a replay of the past delivers by its own clock."""
    token = _held.set(True)
    try:
        yield
    finally:
        _held.reset(token)


def is_held() -> bool:
    return _held.get()


def ring_after_commit(name: str, ids: Sequence[int], *, at: datetime) -> None:
    """Ring the bell ``name`` of portal/lifecycle.py for these rows once the commit stands.

    One transaction may ring more than once for a row (a capture: for the lead, its facts, its
    activity): the first ring answers for all.
    """
    if ids and len(ids) <= INLINE and not is_held():
        rung = _rung.get()
        if rung is None:
            _rung.set(rung := set())
        rung.update((name, pk) for pk in ids)
        transaction.on_commit(partial(_answer, name, list(ids), at), robust=True)


def _answer(name: str, rung_for: list[int], at: datetime) -> None:
    rung = _rung.get() or set()
    ids = [pk for pk in rung_for if (name, pk) in rung]
    rung.difference_update((name, pk) for pk in ids)
    if not ids:
        return
    bells: Mapping[str, tuple[Bell, ...]] = import_string(settings.LIFECYCLE_BELLS)
    for bell in bells.get(name, ()):
        bell(ids, at)
