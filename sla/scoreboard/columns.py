"""Clocks and handoffs as columns of numbers: read from rows, packed into bytes, put together.

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
from django.db.models import FilteredRelation, Q
from numpy.typing import NDArray

from leads.handoffs.models import Cause, HandoffQuerySet
from sla.clocks.models import ClockQuerySet, Promise
from sla.clocks.states import State, state_expression

Numbers = NDArray[Any]
Word = tuple[Any, ...]
FORM = 2  # of a packed table: another number when columns change
SECOND = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STATES = tuple(State)
OUTCOMES = ("", "accepted", "rejected")

# ``promise`` is a code: (kind, key, version). ``worked`` and ``wall`` are the lengths until the
# first touch. ``is_open`` has no stamp and no end, ``is_overdue`` is one of these past due.
CLOCKS: Mapping[str, str] = {
    "handoff": "<i8", "started": "<i8", "owner": "<i4", "team": "<i4", "source": "<i4",
    "promise": "<i2", "state": "<i1", "worked": "<i4", "wall": "<i4", "is_open": "<i1",
    "is_overdue": "<i1",
}  # fmt: skip
# ``reason`` is a code: (the reason's own,), or ("",) without one.
HANDOFFS: Mapping[str, str] = {
    "handoff": "<i8", "made": "<i8", "owner": "<i4", "team": "<i4", "is_by_hand": "<i1",
    "outcome": "<i1", "reason": "<i2",
}  # fmt: skip
CODED = {"promise", "reason"}


@dataclass(frozen=True)
class Table:
    """Columns of one length by name, and the words that the coded one stands for."""

    columns: Mapping[str, Numbers]
    words: tuple[Word, ...]

    def __getitem__(self, name: str) -> Numbers:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["handoff"])

    def where(self, mask: Numbers) -> Self:
        """Return the rows for which ``mask`` is true."""
        return type(self)({name: one[mask] for name, one in self.columns.items()}, self.words)


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
    coded = next(name for name in form if name in CODED)
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
    """Return the whole seconds from 1970 to ``at``."""
    return (at - EPOCH) // SECOND


def read_clocks(clocks: ClockQuerySet, *, at: datetime) -> Table:
    """Return clocks with their state at ``at``; one statement."""
    place = {state.value: number for number, state in enumerate(STATES)}
    rows = clocks.annotate(state=state_expression(at)).order_by("pk").values_list(
        "handoff_id", "kind", "promise", "version_id", "started_at", "state", "stamped_at",
        "stamp_activity", "worked", "ended_at", "due_at", "handoff__owner_id",
        "handoff__team_id", "handoff__source_id",
    )  # fmt: skip
    found = []
    for (handoff, kind, key, version, started, state, stamped, activity, worked, ended, due,
         owner, team, source) in rows.iterator(chunk_size=5000):  # fmt: skip
        is_touched = kind == Promise.FIRST_TOUCH and activity is not None and worked is not None
        is_open = stamped is None and ended is None
        found.append((
            handoff, seconds(started), owner or 0, team or 0, source or 0, (kind, key, version),
            place[state], worked if is_touched else -1,
            (stamped - started) // SECOND if is_touched and stamped else -1,
            is_open, is_open and due < at,
        ))  # fmt: skip
    return table(CLOCKS, found)


def read_handoffs(handoffs: HandoffQuerySet) -> Table:
    """Return live handoffs with what sales said of them, as it stands; one statement."""
    standing = FilteredRelation("dispositions", condition=Q(dispositions__withdrawn_at=None))
    rows = handoffs.live().order_by("pk").annotate(said=standing).values_list(
        "pk", "made_at", "owner_id", "team_id", "cause", "said__outcome", "said__reason_id"
    )  # fmt: skip
    return table(HANDOFFS, [
        (pk, seconds(made), owner or 0, team or 0, cause == Cause.BY_HAND,
         OUTCOMES.index(outcome or ""), (reason or "",))
        for pk, made, owner, team, cause, outcome, reason in rows.iterator(chunk_size=5000)
        if made is not None  # the database holds it of live ones
    ])  # fmt: skip
