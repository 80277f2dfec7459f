"""Many rows in one statement, on both databases: the rows travel as one JSON parameter.

Django's ``bulk_update`` writes one CASE for each row and field and splits by the number of
parameters; joining a JSON array costs the same statement for one row and for a thousand.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models


def update_rows(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    special: Mapping[str, str] | None = None,
    more: Sequence[str] = (),
) -> None:
    """Update ``model`` from ``rows`` (column name to value, the same columns in each).

    ``key`` is the column that finds a row. ``special`` gives columns an SQL expression of the
    old row ``t`` and the given row ``v``; ``more`` names given columns that only those use.
    """
    if not rows:
        return
    special = special or {}
    written = [name for name in rows[0] if name != key and name not in more]
    sets = [f'"{name}" = v."{name}"' for name in written]
    sets += [f'"{name}" = {sql}' for name, sql in special.items()]
    table = model._meta.db_table
    source, payload = _source(model, rows, seen=more)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" AS t SET {", ".join(sets)} FROM {source} '  # noqa: S608 - our names
            f'WHERE t."{key}" = v."{key}"',
            [payload],
        )


def insert_new(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    unique: Sequence[str],
    returning: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Insert ``rows`` but for those that ``unique`` knows already; return columns of the new."""
    if not rows:
        return []
    names = ", ".join(f'"{name}"' for name in rows[0])
    given = ", ".join(f'v."{name}"' for name in rows[0])
    source, payload = _source(model, rows, seen=())
    known, wanted = (", ".join(f'"{name}"' for name in names) for names in (unique, returning))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) '  # noqa: S608 - our own names
            f"SELECT {given} FROM {source} WHERE 1 = 1 "
            f"ON CONFLICT ({known}) DO NOTHING RETURNING {wanted}",
            [payload],
        )
        return list(cursor.fetchall())


def _source(
    model: type[models.Model], rows: Sequence[Mapping[str, Any]], *, seen: Sequence[str]
) -> tuple[str, str]:
    """Return the SQL that reads the rows as table ``v``, and its one parameter.

    Columns in ``seen`` are named ``<column>_seen`` and have the type of ``<column>``.
    """
    columns = {field.column: field for field in model._meta.concrete_fields}
    fields = {
        name: columns[name.removesuffix("_seen") if name in seen else name] for name in rows[0]
    }
    payload = json.dumps(
        [{n: _plain(v) for n, v in row.items()} for row in rows], cls=DjangoJSONEncoder
    )
    if connection.vendor == "postgresql":
        types = ", ".join(f'"{name}" {f.rel_db_type(connection)}' for name, f in fields.items())
        return f"jsonb_to_recordset(%s::jsonb) AS v({types})", payload
    parts = ", ".join(f"json_extract(value, '$.{name}') AS \"{name}\"" for name in fields)
    return f"(SELECT {parts} FROM json_each(%s)) AS v", payload  # noqa: S608 - our own names


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    return value
