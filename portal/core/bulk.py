"""Many rows in one statement, on both databases: the rows travel as one JSON parameter.

Django's ``bulk_create`` prepares and compiles every value of every row, ``bulk_update`` writes a
CASE for each row and field; reading a JSON array costs the same statement for one row and for a
thousand. Nothing here sends signals or calls ``pre_save``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

M = TypeVar("M", bound=models.Model)
ANY = ("*",)  # unique constraint, whichever
Row = Mapping[str, Any]  # column name to value; the same columns in every row of a call


@dataclass(frozen=True)
class Insert:
    """Rows for one table; a column left out is null.

    ``unless_known`` names the columns of a unique constraint, or is ANY for all of them: rows
    that it knows already are left out, and have no key in the answer.
    """

    model: type[models.Model]
    rows: Sequence[Row]
    unless_known: Sequence[str] = ()

    @classmethod
    def of(cls, objects: Sequence[models.Model]) -> "Insert":
        """Return what stores unsaved instances of one model."""
        return cls(type(objects[0]), [_row(one) for one in objects])

    def sql(self, *more: str) -> tuple[str, str]:
        """Return the statement, which answers with keys and ``more`` columns, and its parameter."""
        names = ", ".join(f'"{name}"' for name in self.rows[0])
        given = ", ".join(f'v."{name}"' for name in self.rows[0])
        told = ", ".join(f'"{name}"' for name in (self.model._meta.pk.column, *more))
        known = ", ".join(f'"{name}"' for name in self.unless_known)
        skip = f"ON CONFLICT ({known}) DO NOTHING" if known else ""
        if self.unless_known is ANY:
            skip = "ON CONFLICT DO NOTHING"
        source, payload = _source(self.model, self.rows, seen=())
        sql = (
            f'INSERT INTO "{self.model._meta.db_table}" ({names}) '  # noqa: S608 - our own names
            f"SELECT {given} FROM {source} WHERE 1 = 1 {skip} RETURNING {told}"
        )
        return sql, payload


def insert_rows(
    model: type[models.Model], rows: Sequence[Row], *, unless_known: Sequence[str] = ()
) -> list[Any]:
    """Insert ``rows`` and return their keys in the order given; see ``Insert``."""
    (keys,) = insert_each(Insert(model, rows, unless_known))
    return keys


def insert_each(*inserts: Insert) -> list[list[Any]]:
    """Insert into several tables, in this order; return the keys of each.

    PostgreSQL gets them in one message; what has no rows is left out.
    """
    asked = [(one, one.sql()) for one in inserts if one.rows]
    answers = iter(_answers([sql for _one, sql in asked]))
    return [[row[0] for row in next(answers)] if one.rows else [] for one in inserts]


def _answers(statements: Sequence[tuple[str, str]]) -> list[list[tuple[Any, ...]]]:
    if not statements:
        return []
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return [cursor.execute(sql, [payload]).fetchall() for sql, payload in statements]
        cursor.execute("; ".join(sql for sql, _ in statements), [one for _, one in statements])
        answers = []
        for _statement in statements:
            answers.append(cursor.fetchall())
            cursor.nextset()
        return answers


def insert_objects(objects: Sequence[models.Model]) -> None:
    """Insert unsaved instances of one model, and set the keys that the database gives them."""
    if objects:
        (keys,) = insert_each(Insert.of(objects))
        set_keys(objects, keys)


def insert_unless_known(objects: Sequence[M], *, by: str) -> list[M]:
    """Insert what no unique constraint refuses, and return that in the order of its keys.

    ``by`` names a column that tells the given objects apart.
    """
    if not objects:
        return []
    places = {getattr(one, by): one for one in objects}
    insert = replace(Insert.of(objects), unless_known=ANY)
    (found,) = _answers([insert.sql(by)])
    stored = [places[apart] for _key, apart in sorted(found)]
    set_keys(stored, [key for key, _apart in sorted(found)])
    return stored


def set_keys(objects: Sequence[models.Model], keys: Sequence[Any]) -> None:
    """Say of instances that they are stored, under these keys."""
    for one, key in zip(objects, keys, strict=True):
        one.pk = key
        one._state.adding, one._state.db = False, connection.alias


def _row(one: models.Model) -> Row:
    fields = one._meta.concrete_fields
    return {
        str(f.column): one.__dict__[f.attname]
        for f in fields
        if not isinstance(f, models.AutoField)
    }


def update_rows(
    model: type[models.Model],
    rows: Sequence[Row],
    *,
    key: str,
    special: Mapping[str, str] | None = None,
    more: Sequence[str] = (),
) -> None:
    """Update ``model`` from ``rows``.

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


def _source(
    model: type[models.Model], rows: Sequence[Row], *, seen: Sequence[str]
) -> tuple[str, str]:
    """Return the SQL that reads the rows as table ``v``, and its one parameter.

    Columns in ``seen`` are named ``<column>_seen`` and have the type of ``<column>``.
    """
    names = tuple(rows[0])
    table = _table(connection.vendor, model, names, tuple(seen))
    if connection.vendor == "postgresql":
        return table, json.dumps(rows, cls=_Stored)
    return table, json.dumps([[row[name] for name in names] for row in rows], cls=_Stored)


@lru_cache(maxsize=256)
def _table(
    vendor: str, model: type[models.Model], names: Sequence[str], seen: Sequence[str]
) -> str:
    """Return the SQL of table ``v``; the same for all rows of the same columns."""
    if vendor != "postgresql":
        parts = ", ".join(f"json_extract(value, '$[{n}]') AS \"{c}\"" for n, c in enumerate(names))
        return f"(SELECT {parts} FROM json_each(%s)) AS v"  # noqa: S608 - our own names
    columns = {field.column: field for field in model._meta.concrete_fields}
    fields = {name: columns[name.removesuffix("_seen") if name in seen else name] for name in names}
    types = ", ".join(f'"{name}" {f.rel_db_type(connection)}' for name, f in fields.items())
    return f"jsonb_to_recordset(%s::jsonb) AS v({types})"


class _Stored(DjangoJSONEncoder):
    """Values as the database keeps them."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return str(connection.ops.adapt_datetimefield_value(o))
        return o.hex if isinstance(o, UUID) else super().default(o)
