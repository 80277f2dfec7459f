"""Clocks and handoffs as columns of numbers: packed into bytes, read again, put together.

Instants are whole seconds since 1970 in UTC, lengths are seconds, nobody is 0, no length is -1.
What is no number is coded: the table's ``words`` say what each code means.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from leads.database.registry import FACTS
from sla.clocks.states import State
from sla.terms.text import CONTACT, EVIDENCE

Numbers = NDArray[Any]
Word = tuple[Any, ...]
SECOND = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STATES = tuple(State)
OUTCOMES = ("", "accepted", "rejected")
# What a handoff may carry, a bit each, as of the instant it was made; the contact as it is now.
CARRIED = (*CONTACT, *EVIDENCE, *(fact.name for fact in FACTS))

# ``promise`` is a code: (kind, key, version). ``worked`` and ``wall`` are the lengths until the
# first touch. ``is_open`` has no stamp and no end, ``is_overdue`` is one of these past due.
CLOCKS: Mapping[str, str] = {
    "handoff": "<i8", "started": "<i8", "owner": "<i4", "team": "<i4", "source": "<i4",
    "promise": "<i2", "state": "<i1", "worked": "<i4", "wall": "<i4", "is_open": "<i1",
    "is_overdue": "<i1",
}  # fmt: skip
# ``reason`` is a code: (the reason's own,), or ("",) without one; ``outcome`` is 0 while undecided.
# ``carried`` are bits of CARRIED, ``did`` bits by the code of each kind of activity that the lead
# did, no bot, until it was handed over.
HANDOFFS: Mapping[str, str] = {
    "handoff": "<i8", "made": "<i8", "owner": "<i4", "team": "<i4", "source": "<i4",
    "grade": "<i4", "is_by_hand": "<i1", "is_fast": "<i1", "outcome": "<i1", "reason": "<i2",
    "carried": "<i8", "did": "<i8",
}  # fmt: skip
# What was known of the lead when it was handed over, by fact: a text's id, 0 where nothing was.
KNOWN: Mapping[str, str] = {fact.name: "<i8" for fact in FACTS if fact.type == "text"}
# What was tried until the lead was called unresponsive: activities by handoff and kind.
TRIES: Mapping[str, str] = {"handoff": "<i8", "kind": "<i2", "n": "<i4"}
CODED = {"promise", "reason"}
# Of what is packed: another number when the columns change, or what stands for something in them.
FORM = zlib.crc32(repr((STATES, CARRIED, CLOCKS, HANDOFFS, KNOWN, TRIES)).encode()) % 32_000


@dataclass(frozen=True)
class Table:
    """Columns of one length by name, and the words that the coded one stands for."""

    columns: Mapping[str, Numbers]
    words: tuple[Word, ...]

    def __getitem__(self, name: str) -> Numbers:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def where(self, mask: Numbers) -> Self:
        """Return the rows for which ``mask`` is true."""
        return type(self)({name: one[mask] for name, one in self.columns.items()}, self.words)

    def beside(self, other: Self) -> Self:
        """Return the same rows with the columns of another table too."""
        return type(self)({**self.columns, **other.columns}, self.words)


def table(form: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> Table:
    """Return rows, whose values stand in the order of ``form``, as columns."""
    words: dict[Word, int] = {}
    by_name: dict[str, Sequence[Any]] = dict(zip(form, zip(*rows, strict=True), strict=False))
    columns = {}
    for name, kind in form.items():
        values = by_name.get(name, ())
        if name in CODED:
            values = [words.setdefault(word, len(words)) for word in values]
        columns[name] = np.array(values, dtype=kind)
    return Table(columns, tuple(words))


def joined(form: Mapping[str, str], tables: Iterable[Table]) -> Table:
    """Return the rows of all tables in one; their words are told from each other."""
    parts = list(tables)
    words: dict[Word, int] = {}
    coded = next((name for name in form if name in CODED), "")
    found: dict[str, list[Numbers]] = {name: [np.array([], kind)] for name, kind in form.items()}
    for part in parts:
        codes = [words.setdefault(word, len(words)) for word in part.words]
        for name in form:
            column = part[name]
            if name == coded and codes:
                column = np.array(codes, dtype=form[name])[column]
            found[name].append(column)
    return Table({name: np.concatenate(some) for name, some in found.items()}, tuple(words))


def pack(form: Mapping[str, str], rows: Table) -> bytes:
    """Return the table as bytes that ``unpack`` reads again."""
    head = json.dumps({"rows": len(rows), "words": rows.words}).encode()
    body = b"".join(rows[name].astype(kind).tobytes() for name, kind in form.items())
    return zlib.compress(len(head).to_bytes(4, "little") + head + body, 1)


def unpack(form: Mapping[str, str], packed: bytes) -> Table:
    """Return the table that ``pack`` made these bytes of."""
    plain = memoryview(zlib.decompress(packed))
    start = 4 + int.from_bytes(plain[:4], "little")
    head = json.loads(bytes(plain[4:start]))
    columns = {}
    for name, kind in form.items():
        columns[name] = np.frombuffer(plain, np.dtype(kind), head["rows"], start)
        start += columns[name].nbytes
    return Table(columns, tuple(tuple(word) for word in head["words"]))


def seconds(at: datetime) -> int:
    """Return the whole seconds from 1970 to ``at``, a fraction counted as a whole one."""
    return -((EPOCH - at) // SECOND)


def grade_number(grade: str) -> int:
    """Return the number that stands for a grade, -1 for what is none."""
    return int.from_bytes(grade.encode(), "little") if len(grade) < 3 and grade.isascii() else -1
