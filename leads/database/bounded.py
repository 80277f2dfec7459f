"""Queries that somebody makes up as they go: cut off before they hurt anybody else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from portal.core.errors import DomainError

MILLISECONDS = 300


class TooWide(DomainError):
    """The database was still searching when its time was up."""


@contextmanager
def bounded(milliseconds: int = MILLISECONDS) -> Iterator[None]:
    """Give up on a statement inside that takes longer. Raises TooWide."""
    limit = _on_postgres if connection.vendor == "postgresql" else _on_sqlite
    try:
        with transaction.atomic(), limit(milliseconds):
            yield
    except OperationalError as failure:
        if "timeout" not in str(failure) and "interrupted" not in str(failure):
            raise
        raise TooWide(
            _("That search takes too long. Narrow your filter: a stage, an owner or a source.")
        ) from None


@contextmanager
def _on_postgres(milliseconds: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {int(milliseconds)}")
        yield
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")


@contextmanager
def _on_sqlite(milliseconds: int) -> Iterator[None]:
    """SQLite asks every so many steps whether to go on."""
    raw: Any = connection.connection
    deadline = time.monotonic() + milliseconds / 1000
    raw.set_progress_handler(lambda: time.monotonic() > deadline, 20_000)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
