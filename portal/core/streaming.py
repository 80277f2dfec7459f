"""Rows as the database finds them, for files of any length: the first at once, all of one instant.

A cursor outside a transaction has PostgreSQL work the whole answer out and store it before the
first row (WITH HOLD); inside one it hands rows out while it goes. All come from one statement, so
whatever is written while somebody downloads, the file is of the instant at which it was asked for.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models import QuerySet

Row = TypeVar("Row")
# The share of the rows after which a cursor should be fast: as few as the first that are fetched.
_AT_ONCE = "SET LOCAL cursor_tuple_fraction = 0.0001"


def streamed(rows: QuerySet[Any, Row], *, size: int) -> Iterator[Row]:
    """Yield ``rows``, fetched ``size`` at a time; memory stays the same however many there are.

    On PostgreSQL a transaction is open until the last row was taken or the iterator is closed. It
    writes nothing and locks nothing. SQLite reads on from where it is, without one: its
    transactions are there to write.
    """
    if connections[rows.db].vendor != "postgresql":
        yield from rows.iterator(chunk_size=size)
        return
    with transaction.atomic(using=rows.db):
        with connections[rows.db].cursor() as cursor:
            cursor.execute(_AT_ONCE)
        yield from rows.iterator(chunk_size=size)
