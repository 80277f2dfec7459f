"""Leads as columns: what the kernel reads. Row n of a batch is its lead n.

A column holds codes into the distinct values behind it, so that a comparison is asked once for
each distinct value, never once for each lead or activity. Code 0 always means "nothing".
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scoring.rules.activities import Activity
from scoring.rules.conditions import Comparison
from scoring.rules.evaluate import Snapshot
from scoring.rules.instants import seconds

Array = NDArray[Any]
NOTHING = np.zeros(0, np.int64)


class Values(Protocol):
    """The distinct values of a column, "nothing" first."""

    def meets(self, comparison: Comparison) -> Array:
        """Return for each value whether it meets the comparison."""
        ...


class Distinct:
    """Values held in memory."""

    def __init__(self, values: Sequence[object]) -> None:
        self.values = values
        self._asked: dict[Comparison, Array] = {}

    def meets(self, comparison: Comparison) -> Array:
        """Return for each value whether it meets the comparison; asked once."""
        found = self._asked.get(comparison)
        if found is None:
            answers = map(comparison.matches, self.values)
            found = np.fromiter(answers, bool, len(self.values))
            self._asked[comparison] = found
        return found


class Picked:
    """Values out of others, by their places."""

    def __init__(self, values: Values, places: Array) -> None:
        self._values, self._places = values, places

    def meets(self, comparison: Comparison) -> Array:
        """Return for each value whether it meets the comparison."""
        found: Array = self._values.meets(comparison)[self._places]
        return found


def picked(values: Sequence[Hashable]) -> Picked:
    """Return values of which many are equal, each distinct one asked once."""
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    codes = np.fromiter(map(places.__getitem__, values), np.int64, len(values))
    return Picked(Distinct(list(places)), codes)


@dataclass(frozen=True)
class Column:
    """One value for each row, as codes into distinct values."""

    codes: Array
    values: Values


@dataclass(frozen=True)
class Facts:
    """Snapshots of facts, sorted by lead, then by ``known_from`` and the order of writing."""

    lead: Array
    known_from: Array
    columns: Mapping[str, Column]

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
