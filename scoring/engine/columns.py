"""Leads as columns: what the kernel reads. Row n of a batch is its lead n.

A column holds codes into the distinct values behind it, so that a comparison is asked once for
each distinct value, never once for each lead or activity. Code 0 always means "nothing".
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from scoring.engine.values import Array as Array  # noqa: PLC0414 - many read it here
from scoring.engine.values import Distinct, Values
from scoring.rules.activities import Activity
from scoring.rules.conditions import Comparison
from scoring.rules.evaluate import Snapshot
from scoring.rules.instants import seconds

NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Column:
    """One value for each row, as codes into distinct values."""

    codes: Array
    values: Values


class Known:
    """What was known of each lead at an instant: its rows of facts, and their values by code."""

    def __init__(self, columns: Mapping[str, Column], rows: Array) -> None:
        self._columns, self._rows = columns, rows
        self._codes: dict[str, Array] = {}

    def meets(self, comparison: Comparison) -> Array:
        """Return for each lead whether a fact meets the comparison."""
        column = self._columns.get(comparison.field)
        if column is None:
            return np.zeros(len(self._rows), bool)
        codes = self._codes.get(comparison.field)
        if codes is None:
            known = np.append(column.codes, column.codes.dtype.type(0))  # row -1: nothing
            codes = self._codes[comparison.field] = known[self._rows]
        return column.values.meets(comparison).take(codes)


@dataclass(frozen=True)
class Facts:
    """Snapshots of facts, sorted by lead, then by ``known_from`` and the order of writing."""

    lead: Array
    known_from: Array
    columns: Mapping[str, Column]

    @cached_property
    def last(self) -> int:
        """The latest instant from which some row holds."""
        return int(self.known_from.max(initial=0))

    def rows_at(self, size: int, as_of: int | Array) -> Array:
        """Return for each lead the row that is true at ``as_of``; -1: nothing is known."""
        at = as_of if isinstance(as_of, int) else as_of[self.lead]
        counts = every = np.bincount(self.lead, minlength=size)
        known = self.known_from <= at  # of each lead the first so many rows
        if not known.all():
            counts = np.bincount(self.lead[known], minlength=size)
        return np.where(counts > 0, np.cumsum(every) - every + counts - 1, -1)


@dataclass(frozen=True)
class Objects:
    """What activities were about: text, tags and kind of each, "no object" first."""

    text: Values
    tags: Values
    kind: Values
    has_kind: Array
    ids: Array = field(default_factory=lambda: NOTHING)  # of each, where somebody may ask

    def asked(self, name: str) -> Values | None:
        """Return the values that a field of the object has, or None for another field."""
        return {"object": self.text, "object_tags": self.tags}.get(name)


@dataclass(frozen=True)
class Properties:
    """Distinct documents of properties; ``value_of`` reads one field of all of them."""

    documents: Callable[[], Sequence[Mapping[str, object]]]
    _fields: dict[str, Distinct] = field(default_factory=dict)

    def asked(self, name: str) -> Values:
        """Return the values of one field, read once."""
        found = self._fields.get(name)
        if found is None:
            found = Distinct([one.get(name) for one in self.documents()])
            self._fields[name] = found
        return found


@dataclass(frozen=True)
class Run:
    """Activities that no bot made, sorted by kind and then by time.

    ``object`` tells objects apart (0: about nothing), ``about`` is a code into ``Objects``,
    ``properties`` one into ``Properties``.
    """

    places: Mapping[str, tuple[int, int]]  # kind -> its first row and the one after its last
    lead: Array
    occurred: Array
    received: Array
    object: Array
    about: Array
    properties: Array
    last_received: int


@dataclass(frozen=True)
class Batch:
    """Some leads with everything a definition may ask about, later rows included."""

    size: int
    facts: Facts
    runs: Sequence[Run]
    objects: Objects
    properties: Properties

    @cached_property
    def newest(self) -> Known:
        """What is known once every row of facts holds."""
        rows = self.facts.rows_at(self.size, self.facts.last)
        return Known(self.facts.columns, rows.astype(np.int32))

    def known_at(self, as_of: int | Array) -> Known:
        """Return what was known of each lead; kept for the next one unless rows are dated later."""
        if isinstance(as_of, int) and as_of >= self.facts.last:
            return self.newest
        return Known(self.facts.columns, self.facts.rows_at(self.size, as_of))


class Coder:
    """Gives equal values the same code; code 0 is what stands first."""

    def __init__(self, nothing: object) -> None:
        self.values: list[object] = [nothing]
        self._codes: dict[Hashable, int] = {}

    def code(self, key: Hashable, value: object) -> int:
        """Return the code of ``value``, known by ``key``."""
        found = self._codes.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found


def batch_of(histories: Sequence[tuple[Sequence[Snapshot], Sequence[Activity]]]) -> Batch:
    """Return leads held in memory as a batch, in the order given."""
    rows = [(n, one) for n, (_, activities) in enumerate(histories) for one in activities]
    rows = [(n, one) for n, one in rows if not one.is_bot]
    rows.sort(key=lambda row: (row[1].kind, seconds(row[1].occurred_at), row[1].id))
    identities, abouts, documents = Coder(None), Coder((None, frozenset())), Coder({})
    objects, about, properties = [], [], []
    for _, one in rows:
        known = one.object_id is not None
        objects.append(identities.code(one.object_id, one.object_id) if known else 0)
        told = (one.object_text, one.tags)
        about.append(abouts.code(told, told))
        properties.append(documents.code(_key_of(one.properties), one.properties))
    kinds = [one.kind for _, one in rows]
    received = np.array([seconds(one.received_at) for _, one in rows], np.int64)
    run = Run(
        places=places_of(kinds),
        lead=np.array([n for n, _ in rows], np.int64),
        occurred=np.array([seconds(one.occurred_at) for _, one in rows], np.int64),
        received=received,
        object=np.array(objects, np.int64),
        about=np.array(about, np.int64),
        properties=np.array(properties, np.int64),
        last_received=int(received.max(initial=0)),
    )
    texts, tags = zip(*abouts.values, strict=True)
    nobody = Distinct([None] * len(texts))
    about_table = Objects(Distinct(texts), Distinct(tags), nobody, np.zeros(len(texts), bool))
    known_documents: Sequence[Mapping[str, object]] = documents.values  # type: ignore[assignment]
    facts = _facts_of([snapshots for snapshots, _ in histories])
    return Batch(len(histories), facts, (run,), about_table, Properties(lambda: known_documents))


def places_of(kinds: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return where each kind stands among sorted ones."""
    places: dict[str, tuple[int, int]] = {}
    for place, kind in enumerate(kinds):
        places[kind] = (places.get(kind, (place, 0))[0], place + 1)
    return places


def _key_of(value: object) -> Hashable:
    """Return what tells values apart: 1, 1.0 and True are three."""
    if isinstance(value, Mapping):
        return tuple(sorted((name, _key_of(one)) for name, one in value.items()))
    return f"{type(value).__name__} {value!r}"


def _facts_of(histories: Iterable[Sequence[Snapshot]]) -> Facts:
    rows = [
        (n, seconds(row.known_from), row.id, row.values)
        for n, snapshots in enumerate(histories)
        for row in snapshots
    ]
    rows.sort(key=lambda row: row[:3])
    columns = {}
    for name in sorted({name for row in rows for name in row[3]}):
        coder, codes = Coder(None), []
        for row in rows:
            value = row[3].get(name)
            codes.append(0 if value is None else coder.code(_key_of(value), value))
        columns[name] = Column(np.array(codes, np.int64), Distinct(coder.values))
    lead = np.array([row[0] for row in rows], np.int64)
    return Facts(lead, np.array([row[1] for row in rows], np.int64), columns)
