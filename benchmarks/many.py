"""Many rows out of one, by INSERT ... SELECT: the database makes them, none passes through here."""

from collections.abc import Mapping

from django.db import connection, models

Changed = Mapping[str, str]  # column to its SQL: the pattern row is p, the number from 1 on n.n


def multiply(pattern: models.Model, count: int, changed: Changed) -> int:
    """Write ``count`` copies of a stored row; return the key before the first of them.

    The new keys follow in the order of ``n.n``, so that copies of another row can name them.
    """
    model = type(pattern)
    table, key = model._meta.db_table, model._meta.pk.column
    base: int = model._default_manager.order_by("-pk").values_list("pk", flat=True)[0]
    columns = [str(field.column) for field in model._meta.concrete_fields]
    values = {column: f"p.{_quoted(column)}" for column in columns}
    values.update(changed)
    values[str(key)] = f"{base} + n.n"
    listed, given = ", ".join(map(_quoted, values)), ", ".join(values.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_numbers(count)} INSERT INTO {table} ({listed})"  # noqa: S608 - our own names
            f" SELECT {given} FROM {table} p CROSS JOIN n WHERE p.{key} = {pattern.pk}"
        )
    return base


def _numbers(count: int) -> str:
    if connection.vendor == "postgresql":
        return f"WITH n AS (SELECT n FROM generate_series(1::bigint, {count}) AS g(n))"  # noqa: S608
    counted = f"SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}"  # noqa: S608 - a number
    return f"WITH RECURSIVE n(n) AS ({counted})"


def earlier(column: str, seconds: str) -> str:
    """Return the SQL of an instant so many seconds before ``column``."""
    if connection.vendor == "postgresql":
        return f"{column} - ({seconds}) * interval '1 second'"
    return f"datetime({column}, '-' || ({seconds}) || ' seconds')"


def a_uuid() -> str:
    """Return the SQL of a new public id."""
    if connection.vendor == "postgresql":
        return "gen_random_uuid()"
    return "lower(hex(randomblob(16)))"


def one_of(keys: list[int], step: str = "n.n") -> str:
    """Return the SQL that takes one of ``keys`` after the other."""
    cases = " ".join(f"WHEN {place} THEN {key}" for place, key in enumerate(keys))
    return f"CASE ({step}) % {len(keys)} {cases} END"


def analyze() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # SQLite is measured as people run it: unanalysed
            cursor.execute("VACUUM ANALYZE")


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
