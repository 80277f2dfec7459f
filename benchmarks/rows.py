"""Writing many rows past the services: COPY on PostgreSQL, executemany on SQLite."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, models, transaction

BATCH = 10_000
Row = tuple[Any, ...]


def store(model: type[models.Model], names: str, rows: Iterable[Row]) -> None:
    """Write rows of the named columns; the others get their defaults."""
    columns = {str(f.column): f for f in model._meta.concrete_fields}
    given = names.split()
    rest = [c for c, f in columns.items() if c not in given and not f.primary_key]
    constants = tuple(_plain(columns[column].get_default()) for column in rest)
    listed = ", ".join(map(connection.ops.quote_name, [*given, *rest]))
    table, full = model._meta.db_table, (row + constants for row in rows)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
                for row in full:
                    copy.write_row(row)
            return
        marks = ", ".join(["?"] * (len(given) + len(rest)))
        while batch := list(islice(full, BATCH)):
            cursor.connection.executemany(
                f"INSERT INTO {table} ({listed}) VALUES ({marks})",  # noqa: S608 - our own names
                batch,
            )


def analyse() -> None:
    """Let the database look at what was written, as it does by itself in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def naive(value: Any) -> Any:
    """Return UTC as both databases take it from a text."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def uuid_of(kind: int, n: int) -> str:
    return f"{kind:08x}000040008000{n:012x}"


def copy_for_handoffs(model: type[models.Model], changed: Mapping[str, str], where: str) -> None:
    """Write rows of ``model`` (p) once for each handoff (h), with the changed columns."""
    columns = [str(f.column) for f in model._meta.concrete_fields if f.column != "id"]
    listed = ", ".join(map(connection.ops.quote_name, columns))
    values = ", ".join(changed.get(c, f"p.{connection.ops.quote_name(c)}") for c in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({listed}) SELECT {values}"  # noqa: S608
            f" FROM {model._meta.db_table} p CROSS JOIN leads_handoff h WHERE {where}"
        )
