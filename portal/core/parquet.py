"""The reporting views as Parquet files, in sets: for notebooks. Needs pyarrow, which is an extra.

Types follow from the columns' names, so that an empty file has the same ones as a full one, and
both databases write the same.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from portal.core.reporting import View

ROWS = 20_000  # in a row group, and in memory
MOMENT, DAY, WHOLE, NUMBER, WORDS = "moment", "day", "whole", "number", "words"
WHOLES = frozenset({"total", "activities", "leads", "position", "version"})
NUMBERS = frozenset({"fit_points", "engagement_points", "opportunity_value"})
DAYS = frozenset({"day", "recycle_on"})
MOMENTS = frozenset({"stage_since", "effective_from", "effective_until"})


def type_of(column: str) -> str:
    """Return what a column of the views holds."""
    if column in DAYS:
        return DAY
    if column.endswith("_at") or column in MOMENTS:
        return MOMENT
    if column in NUMBERS:
        return NUMBER
    is_number = column.endswith(("_id", "_seconds", "_version")) or column.startswith("seconds_")
    is_number |= column.startswith(("is_", "judges_")) or column in WHOLES
    return WHOLE if is_number else WORDS


def _moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


READ: dict[str, Callable[[Any], Any]] = {
    MOMENT: _moment, DAY: _day, WHOLE: int, NUMBER: float, WORDS: str,
}  # fmt: skip


def write_view(view: View, file: Path) -> int:
    """Write the view to ``file`` and return how many rows it has. Raises ImportError.

    One read of the database from beginning to end: the file is of one instant. It appears under
    its name once it is whole.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra: everything else runs without it
    from pyarrow import parquet  # noqa: PLC0415

    types = {MOMENT: pa.timestamp("us", tz="UTC"), DAY: pa.date32(), WHOLE: pa.int64(),
             NUMBER: pa.float64(), WORDS: pa.string()}  # fmt: skip
    names = [name for name, _sql in view.columns]
    schema = pa.schema([(name, types[type_of(name)]) for name in names])
    half, count = file.with_suffix(".part"), 0
    with parquet.ParquetWriter(half, schema) as writer:
        for rows in _sets(view):
            columns = zip(*rows, strict=True)
            read = [_read(name, values) for name, values in zip(names, columns, strict=True)]
            arrays = [pa.array(one, field.type) for one, field in zip(read, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    half.replace(file)
    return count


def _read(name: str, values: Sequence[Any]) -> list[Any]:
    read = READ[type_of(name)]
    return [None if value is None else read(value) for value in values]


def _sets(view: View) -> Iterator[Sequence[Sequence[Any]]]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT * FROM {view.name}")  # noqa: S608 - our own name
        while rows := cursor.fetchmany(ROWS):
            yield rows
