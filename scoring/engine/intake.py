"""Activities and snapshots out of the database as columns, without an object for each row.

PostgreSQL answers by binary COPY in strings of packed values, which NumPy reads as they are;
SQLite by a plain cursor, in slices. Numbers only: texts travel as ids of the dictionary, instants
as seconds since 1970. Documents of properties are read only where there are any.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from sqlite3 import sqlite_version_info
from typing import Any

import numpy as np
from django.db import connection

from leads.activities.models import Activity
from leads.database.models import FactSnapshot
from leads.database.registry import FACTS
from scoring.engine.columns import Array
from scoring.rules.instants import EPOCH

NULL = int(np.iinfo(np.int64).min)  # a fact that is not known
SLICE = 50_000  # rows of a cursor held at once
IN_ONE_STATEMENT = 5_000  # ids asked for at once
ACTIVITIES, SNAPSHOTS = Activity._meta.db_table, FactSnapshot._meta.db_table
FACT_NAMES = tuple(fact.name for fact in FACTS)
Y2K = 946_684_800  # PostgreSQL counts microseconds from 2000 on
SECONDS = (
    "unixepoch({})" if sqlite_version_info >= (3, 38) else "CAST(strftime('%s', {}) AS INTEGER)"
)
# As Django stores it: no fraction at all where it is zero. (SQLite would round it to a second.)
MICROS = (
    f"({SECONDS.format('substr({0}, 1, 19)')} * 1000000"
    " + CAST(substr({0} || '000000', 21, 6) AS INTEGER))"
)
PACKED = 65_536  # values that travel together
INSTANTS = frozenset({"occurred_at", "received_at", "known_from", "recorded_at"})


@dataclass(frozen=True)
class Wanted:
    """Whose rows: everybody's, leads from one id to another, or these leads; above a row's id."""

    first: int | None = None
    last: int = 0
    ids: Sequence[int] | None = None
    above: int = 0

    def sql(self) -> str:
        """Return the condition: whole numbers only, nothing that a person typed."""
        leads = "TRUE"
        if self.ids is None and self.first is not None:
            leads = f"lead_id BETWEEN {int(self.first)} AND {int(self.last)}"
        elif self.ids is not None:
            listed = ",".join(str(int(pk)) for pk in self.ids)
            leads = f"lead_id = ANY('{{{listed}}}'::bigint[])"
            if connection.vendor == "sqlite":
                leads = f"lead_id IN (SELECT value FROM json_each('[{listed}]'))"  # noqa: S608
        return leads + (f" AND id > {int(self.above)}" if self.above else "")


@dataclass(frozen=True)
class ActivityRows:
    """Activities that no bot made, in no order. ``document`` is a place in ``documents``."""

    id: Array
    lead: Array
    kind: Array
    occurred: Array
    received: Array
    object: Array  # 0: about nothing
    document: Array
    documents: Sequence[str]  # JSON; the first is the empty one


@dataclass(frozen=True)
class SnapshotRows:
    """Snapshots in no order; ``facts`` holds ids or numbers by name, NULL where unknown."""

    id: Array
    lead: Array
    known_from: Array
    facts: dict[str, Array]


def read_activities(
    wanted: Wanted, *, kinds: Mapping[int, int | None] | None = None, with_documents: bool = True
) -> ActivityRows:
    """Return these leads' activities, of all kinds or of these.

    ``kinds`` says for each code since which second activities are wanted, None for all.
    """
    where = f"{wanted.sql()} AND NOT is_bot"
    if kinds is not None:
        where += f" AND ({' OR '.join(_of_kinds(kinds)) or 'FALSE'})"
    names = ("id", "lead_id", "kind", "occurred_at", "received_at", "object_id")
    found = read_numbers(ACTIVITIES, {name: name for name in names}, where, nothing=0)
    document, documents = np.zeros(len(found["id"]), np.int64), ["{}"]
    if with_documents:
        document, documents = _documents(found["id"], where)
    return ActivityRows(
        found["id"],
        found["lead_id"],
        found["kind"],
        found["occurred_at"],
        found["received_at"],
        found["object_id"],
        document,
        documents,
    )


def _of_kinds(kinds: Mapping[int, int | None]) -> Iterator[str]:
    """Yield the conditions on kinds, those of one beginning together."""
    beginnings: dict[int | None, list[int]] = {}
    for code, since in kinds.items():
        beginnings.setdefault(since, []).append(code)
    for since, codes in beginnings.items():
        listed = ",".join(str(int(code)) for code in codes)
        after = ""
        if since is not None:
            instant = (EPOCH + timedelta(seconds=since)).replace(tzinfo=None)
            after = f" AND occurred_at > '{instant.isoformat(' ')}{_zone()}'"  # %Y pads no year
        yield f"(kind IN ({listed}){after})"


def _zone() -> str:
    """SQLite compares texts as Django stores them, without a zone."""
    return "+00" if connection.vendor == "postgresql" else ""


def read_snapshots(wanted: Wanted, names: Sequence[str] = FACT_NAMES) -> SnapshotRows:
    """Return these leads' snapshots, with the facts of these names."""
    known = [name for name in FACT_NAMES if name in set(names)]
    columns = ("id", "lead_id", "known_from", *known)
    found = read_numbers(SNAPSHOTS, {name: name for name in columns}, wanted.sql())
    facts = {name: found[name] for name in known}
    return SnapshotRows(found["id"], found["lead_id"], found["known_from"], facts)


def read_numbers(
    table: str,
    columns: Mapping[str, str],
    where: str,
    *,
    instants: Collection[str] = INSTANTS,
    exact: Collection[str] = (),
    nothing: int = NULL,
) -> dict[str, Array]:
    """Return whole numbers by name, in no order: ``columns`` maps names to SQL expressions.

    Those named in ``instants`` come as seconds since 1970, those in ``exact`` as microseconds;
    ``nothing`` stands for null.
    """
    if connection.vendor == "postgresql":
        return _copied(table, columns, where, instants, exact, nothing)
    forms = dict.fromkeys(instants, SECONDS) | dict.fromkeys(exact, MICROS)
    given = [
        f"coalesce({forms.get(name, '{0}').format(sql)}, {nothing})"
        for name, sql in columns.items()
    ]
    parts = [
        np.fromiter(chain.from_iterable(rows), np.int64).reshape(-1, len(columns))
        for rows in _slices(f"SELECT {', '.join(given)} FROM {table} WHERE {where}")  # noqa: S608
    ]
    rows = np.concatenate(parts) if parts else np.zeros((0, len(columns)), np.int64)
    return {name: np.ascontiguousarray(rows[:, place]) for place, name in enumerate(columns)}


def _slices(sql: str) -> Iterator[list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(SLICE):
            yield rows


def _copied(
    table: str,
    columns: Mapping[str, str],
    where: str,
    instants: Collection[str],
    exact: Collection[str],
    nothing: int,
) -> dict[str, Array]:
    """Return the columns by binary COPY, each PACKED values of a column in one string of bytes.

    Row by row the driver would be asked for each of them: three times the time in all.
    """
    times = {name for name in columns if name in instants or name in exact}
    given = ", ".join(
        f"coalesce({sql}, '-infinity') AS c{place}" if name in times
        else f"coalesce(({sql})::bigint, '{nothing}') AS c{place}"
        for place, (name, sql) in enumerate(columns.items())
    )  # fmt: skip
    packed = ", ".join(
        f"string_agg({'timestamptz_send' if name in times else 'int8send'}(c{place}), '')"
        for place, name in enumerate(columns)
    )
    statement = (
        f"COPY (SELECT {packed} FROM (SELECT {given}, (row_number() OVER ()) / {PACKED} AS part"  # noqa: S608
        f" FROM {table} WHERE {where}) AS one GROUP BY part) TO STDOUT (FORMAT BINARY)"
    )
    parts = _bytes_of(statement, ["bytea"] * len(columns))
    found = {}
    for name, pieces in zip(columns, zip(*parts, strict=True) if parts else (), strict=False):
        values = np.frombuffer(b"".join(pieces), ">i8").astype(np.int64)
        if name in times:
            since = values + Y2K * 1_000_000
            values = np.where(values == NULL, nothing, since // (1 if name in exact else 1_000_000))
        found[name] = values
    return found or {name: np.zeros(0, np.int64) for name in columns}


def _bytes_of(statement: str, types: Sequence[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        copy.set_types(types)
        return list(copy.rows())


def _documents(ids: Array, where: str) -> tuple[Array, list[str]]:
    """Return for each activity the place of its properties among the distinct documents."""
    places: dict[str, int] = {"{}": 0}
    owners: list[Array] = [np.zeros(0, np.int64)]
    codes: list[Array] = [np.zeros(0, np.int64)]
    for text, pks in _owners(where):
        owners.append(pks)
        codes.append(np.full(len(pks), places.setdefault(text, len(places))))
    found, code = np.concatenate(owners), np.concatenate(codes)
    document = np.zeros(len(ids), np.int64)
    if len(found) and len(ids):
        order = np.argsort(ids)
        rows_of = order[np.minimum(np.searchsorted(ids, found, sorter=order), len(ids) - 1)]
        same = ids[rows_of] == found
        document[rows_of[same]] = code[same]
    return document, list(places)


def _owners(where: str) -> Iterator[tuple[str, Array]]:
    """Yield documents that are not empty with the ids of activities that have them."""
    if connection.vendor == "postgresql":
        statement = (
            f"COPY (SELECT text, string_agg(int8send(id), '') FROM (SELECT id, properties::text"  # noqa: S608
            f" AS text FROM {ACTIVITIES} WHERE {where} AND properties <> '{{}}'::jsonb) AS one"
            " GROUP BY text)"
            " TO STDOUT (FORMAT BINARY)"
        )
        for text, pks in _bytes_of(statement, ["text", "bytea"]):
            yield text, np.frombuffer(pks, ">i8").astype(np.int64)
        return
    sql = f"SELECT id, properties FROM {ACTIVITIES} WHERE {where} AND properties <> '{{}}'"  # noqa: S608
    for rows in _slices(sql):
        by_text: dict[str, list[int]] = {}
        for pk, text in rows:
            by_text.setdefault(text, []).append(pk)
        for text, some in by_text.items():
            yield text, np.array(some)
