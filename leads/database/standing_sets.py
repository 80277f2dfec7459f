"""Reading and writing the score rows of many leads as columns: the set side of ``standing``.

Nobody waits for a set: it is written in small batches, in lead order, and rows that another
transaction holds are left out. A row that was marked stale, moved or scored later since it was
read is left out too; the caller finds it again by what the row says.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from leads.database.models import UNSCORED, Stage, Standing
from portal.core.instants import whole_second

Array = NDArray[Any]
AT_ONCE = 250  # rows locked in one transaction at first
LEAST_AT_ONCE, MOST_AT_ONCE = 100, 1_000  # later: on a machine that is very busy, and at most
LOCKED_FOR = 0.04  # seconds that they may be locked, about
NULL = int(np.iinfo(np.int64).min)
STAGES = tuple(Stage.values)
GRADES = ("", "A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3")
TABLE, FRESH = Standing._meta.db_table, "fresh_standing"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class StandingColumns:
    """Score rows, one place for each lead; whole numbers, NULL where nothing is stored.

    ``grade`` and ``stage`` are places in GRADES and STAGES, ``valid_until`` seconds since 1970,
    ``stale_since`` microseconds, ``marks`` how often it was marked stale.
    """

    lead: Array
    version: Array
    fit: Array
    engagement: Array
    total: Array
    grade: Array
    gates: Array
    fired: Array
    valid_until: Array
    stage: Array
    stale_since: Array
    marks: Array

    def __len__(self) -> int:
        return len(self.lead)

    def where(self, chosen: Array) -> "StandingColumns":
        """Return only the rows of a mask or of places."""
        return StandingColumns(*(getattr(self, one.name)[chosen] for one in fields(self)))


def code_of(column: str, values: Sequence[str]) -> str:
    """Return the SQL of a text's place among ``values``."""
    cases = " ".join(f"WHEN '{value}' THEN {place}" for place, value in enumerate(values))
    return f"CASE {column} {cases} END"


def micros(at: datetime | None) -> int:
    """Return an instant in microseconds since 1970, NULL for none."""
    return NULL if at is None else (at - EPOCH) // timedelta(microseconds=1)


def store_scores(rows: StandingColumns, *, at: datetime) -> Iterator[int]:
    """Write these scores as of ``at`` and take the stale marks away that were seen.

    Yields how many rows of each batch were written, inside its transaction: what the caller
    writes meanwhile is stored together with them. Rows change only where ``stage`` and
    ``marks`` are as given and nothing has been scored after ``at``.
    """
    at = whole_second(at)
    rows = rows.where(np.argsort(rows.lead))
    instant, done, size = connection.ops.adapt_datetimefield_value(at), 0, AT_ONCE
    with _loaded(rows):
        while done < len(rows):
            began, last = perf_counter(), min(done + size, len(rows)) - 1
            given = {"at": instant, "first": done, "last": last}
            given |= {"low": int(rows.lead[done]), "high": int(rows.lead[last])}
            with transaction.atomic():
                yield _stored(given)
            done += size
            size = next_size(size, perf_counter() - began, LEAST_AT_ONCE, MOST_AT_ONCE)


def commit_later() -> None:
    """Have the transaction that is open wait for no disk (PostgreSQL); the caller's is meant.

    Lost in a crash, together with everything that was committed after it, it is due as it was.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def _stored(given: dict[str, Any]) -> int:
    """Write the rows of some places; return how many were written."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return int(cursor.execute(_UPDATE_SQLITE, given).rowcount)
        # Lost in a crash, it is due as it was: nobody waits for the disk. One way there and back.
        cursor.execute(f"SET LOCAL synchronous_commit TO off; {_UPDATE_POSTGRES}", given)
        cursor.nextset()
        return int(cursor.rowcount)


def next_size(size: int, took: float, least: int, most: int) -> int:
    """Return how many rows to lock at once so that they are locked for LOCKED_FOR seconds.

    It grows slowly and shrinks at once; where the machine is busy few rows are locked at a time.
    """
    fitting = int(size * LOCKED_FOR / max(took, 1e-6))
    return min(max(least, min(fitting, 2 * size)), most)


@contextmanager
def _loaded(rows: StandingColumns) -> Iterator[None]:
    """Hold the rows in a temporary table, with their places as key."""
    if connection.vendor == "postgresql":
        _copy_in(rows)
    else:
        _insert(rows)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {FRESH}")


NUMBERS = (
    "lead", "version", "fit", "engagement", "total", "grade", "gates", "fired", "stage", "marks",
)  # fmt: skip


def _copy_in(rows: StandingColumns) -> None:
    """COPY in binary: all values are eight bytes, so NumPy writes the rows as they travel."""
    count = len(rows)
    names = ["place", *NUMBERS, "valid_until"]
    record = np.zeros(
        count,
        np.dtype(
            [("n", ">i2"), *(p for name in names for p in ((f"{name}_", ">i4"), (name, ">i8")))]
        ),
    )
    record["n"] = len(names)
    for name in names:
        record[f"{name}_"] = 8
    record["place"] = np.arange(count)
    for name in NUMBERS:
        record[name] = getattr(rows, name)
    record["valid_until"] = _timestamps(rows.valid_until)
    columns = ", ".join(
        f"{name} {'timestamptz' if name == 'valid_until' else 'bigint'}" for name in names
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {FRESH}; CREATE TEMPORARY TABLE {FRESH} ({columns})")
        with cursor.cursor.copy(f"COPY {FRESH} FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8))
            copy.write(record.tobytes())
            copy.write(b"\xff\xff")
        cursor.execute(f"CREATE INDEX ON {FRESH} (place); ANALYZE {FRESH}")


def _timestamps(values: Array) -> Array:
    """Return seconds as PostgreSQL's microseconds since 2000; "-infinity" for NULL."""
    known = np.where(values == NULL, 0, values) * 1_000_000 - 946_684_800_000_000
    return np.where(values == NULL, NULL, known)


def _insert(rows: StandingColumns) -> None:
    numbers = [getattr(rows, name).tolist() for name in NUMBERS]
    until = [_text(one) for one in rows.valid_until.tolist()]
    names = ["place INTEGER PRIMARY KEY", *NUMBERS, "valid_until"]
    marks = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {FRESH}")
        cursor.execute(f"CREATE TEMPORARY TABLE {FRESH} ({', '.join(names)})")
        cursor.executemany(
            f"INSERT INTO {FRESH} VALUES ({marks})",  # noqa: S608 - our own names
            list(zip(range(len(rows)), *numbers, until, strict=True)),
        )


def _text(value: int) -> str | None:
    """Return an instant in seconds as Django stores it in SQLite."""
    if value == NULL:
        return None
    return str((EPOCH + timedelta(seconds=value)).replace(tzinfo=None))


_GRADES = " ".join(f"WHEN {place} THEN '{grade}'" for place, grade in enumerate(GRADES))
_SETS = f"""
    version_id = f.version, fit = f.fit, engagement = f.engagement, total = f.total,
    rank = coalesce(f.total, {UNSCORED}), grade = CASE f.grade {_GRADES} END,
    gates = f.gates, fired = f.fired, scored_at = %(at)s, stale_since = NULL, stale_cause = 0
"""
_SAME = f"""
    {code_of("t.stage", STAGES)} = f.stage AND t.stale_marks = f.marks AND t.is_listed
    AND (t.scored_at IS NULL OR t.scored_at <= %(at)s)
    AND f.place BETWEEN %(first)s AND %(last)s
"""
# The rows are found once: whoever holds their locks may go back to their places. Between which
# leads they are is said besides: PostgreSQL may merge the two, and would read from the first lead.
_UPDATE_POSTGRES = f"""
    WITH free AS MATERIALIZED (
        SELECT t.ctid AS spot, f.* FROM {FRESH} f JOIN {TABLE} t ON f.lead = t.lead_id
        WHERE t.lead_id BETWEEN %(low)s AND %(high)s
        AND {_SAME}
        ORDER BY t.lead_id FOR NO KEY UPDATE OF t SKIP LOCKED
    )
    UPDATE {TABLE} t SET {_SETS}, valid_until = nullif(f.valid_until, '-infinity')
    FROM free f WHERE t.ctid = f.spot
"""  # noqa: S608 - our own names
_UPDATE_SQLITE = f"""
    UPDATE {TABLE} AS t SET {_SETS}, valid_until = f.valid_until
    FROM {FRESH} AS f WHERE f.lead = t.lead_id AND {_SAME}
"""  # noqa: S608 - our own names
