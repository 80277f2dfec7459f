"""Leads asked as of many instants at once: each (lead, instant) becomes a row of its own batch.

The row sees the activities that were known at its instant and the facts that held then, so the
kernel judges it as it judges any lead. Nothing that became known later can reach it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from scoring.engine.asking import Asked
from scoring.engine.columns import Array, Batch, Facts, Run
from scoring.engine.kernel import COLUMNS, Scores, evaluate_all
from scoring.rules.conditions import Condition
from scoring.rules.definition import Attribute, Behaviour, Definition
from scoring.rules.instants import DAY

SPAN = 1 << 36  # more seconds than any instant has: one lead's key never reaches the next one's
AT_ONCE = 500_000  # activities of one evaluation: bounds memory, whatever one lead did
FOREVER = SPAN - 1
Slice = tuple[Run, str, int, int]  # a run, a kind, its first row and the one after its last


@dataclass(frozen=True)
class Pairs:
    """Places of leads in a batch, and seconds: sorted by lead, then instant, each pair once."""

    lead: Array
    at: Array

    def __len__(self) -> int:
        return len(self.lead)

    @property
    def keys(self) -> Array:
        """One number for each pair, in order."""
        return keys_of(self.lead, self.at)

    def where(self, chosen: Array | slice) -> "Pairs":
        return Pairs(self.lead[chosen], self.at[chosen])

    def places(self, lead: Array, at: Array) -> Array:
        """Return where these pairs stand; every one of them must be there."""
        return np.searchsorted(self.keys, keys_of(lead, at))


def keys_of(lead: Array, at: Array) -> Array:
    """Return numbers that sort by lead and then by instant; an instant is cut to what has one."""
    found: Array = lead.astype(np.int64) * SPAN + np.clip(at, 0, FOREVER)
    return found


def pairs_of(lead: Array, at: Array) -> Pairs:
    """Return the pairs sorted, each once."""
    keys = np.unique(keys_of(lead, at))
    return Pairs(keys // SPAN, keys % SPAN)


@dataclass(frozen=True)
class FactsAt(Facts):
    """Snapshots, and for each pair the row that held at its instant."""

    rows: Array

    def rows_at(self, size: int, as_of: int | Array) -> Array:
        """Return the rows that were worked out for the pairs."""
        return self.rows


def fact_rows(facts: Facts, pairs: Pairs) -> Array:
    """Return for each pair the snapshot row that held then; -1: nothing was known."""
    known = keys_of(facts.lead, facts.known_from)
    rows = np.searchsorted(known, pairs.keys, "right") - 1
    if not len(known):
        return rows
    return np.where((rows >= 0) & (facts.lead[rows] == pairs.lead), rows, -1)


@dataclass(frozen=True)
class Asking:
    """What one definition asks of a batch: which activities some rule counts, and how long."""

    definition: Definition
    batch: Batch

    def slices(self) -> Iterator[Slice]:
        """Yield where the activities of each kind are that the definition asks for."""
        for run in self.batch.runs:
            for kind in sorted(self.definition.kinds & run.places.keys()):
                begin, end = run.places[kind]
                if begin < end:
                    yield run, kind, begin, end

    def fitting(self, where: Condition | None, one: Slice) -> Array | None:
        """Return which activities of a slice meet a rule's condition; None: all."""
        run, _kind, begin, end = one
        if where is None:
            return None
        return Asked(self.batch, 0).where(where, run, slice(begin, end))

    def counted(self, one: Slice) -> tuple[Array, int]:
        """Return which activities of a slice some rule counts, and for how many seconds."""
        _run, kind, begin, end = one
        mask, longest = np.zeros(end - begin, bool), 0
        for rule in self.definition.rules:
            test = rule.test
            if isinstance(test, Attribute) or kind not in test.kinds:
                continue
            days = test.within_days if isinstance(test, Behaviour) else test.days
            longest = max(longest, FOREVER if days is None else days * DAY)
            fits = self.fitting(test.where, one) if isinstance(test, Behaviour) else None
            if fits is None:
                mask[:] = True
            else:
                mask |= fits
        return mask, longest


@dataclass(frozen=True)
class _Reach:
    """Activities of one kind, and which pairs see each: from ``low`` to before ``high``."""

    run: Run
    kind: str
    rows: Array
    low: Array
    high: Array


def judge(definition: Definition, batch: Batch, pairs: Pairs) -> Scores:
    """Return what the definition makes of each pair, in their order."""
    return _joined([scores for _, scores in judged(definition, batch, pairs)])


def judged(
    definition: Definition, batch: Batch, pairs: Pairs
) -> Iterator[tuple[tuple[Batch, Pairs], Scores]]:
    """Yield pairs by pairs as batches, with their scores; each in bounded memory."""
    for small in batches(definition, batch, pairs):
        yield small, evaluate_all(definition, small[0], small[1].at)


def batches(definition: Definition, batch: Batch, pairs: Pairs) -> Iterator[tuple[Batch, Pairs]]:
    """Yield the pairs as batches of one row each."""
    reaches = list(_reaches(Asking(definition, batch), pairs))
    rows = fact_rows(batch.facts, pairs)
    for begin, end in _cuts(reaches, len(pairs)):
        runs = [_run(reaches, begin, end)]
        facts = FactsAt(
            batch.facts.lead, batch.facts.known_from, batch.facts.columns, rows[begin:end]
        )
        some = pairs.where(slice(begin, end))
        yield Batch(end - begin, facts, runs, batch.objects, batch.properties), some


def _reaches(asking: Asking, pairs: Pairs) -> Iterator[_Reach]:
    keys, asked = pairs.keys, np.zeros(asking.batch.size, bool)
    asked[pairs.lead] = True
    for one in asking.slices():
        run, kind, begin, end = one
        mask, longest = asking.counted(one)
        mask &= asked[run.lead[begin:end]]
        rows = np.flatnonzero(mask) + begin
        lead, occurred = run.lead[rows], run.occurred[rows]
        known = np.maximum(occurred, run.received[rows])
        low = np.searchsorted(keys, keys_of(lead, known))
        gone = np.minimum(occurred, FOREVER - longest) + longest
        high = np.searchsorted(keys, keys_of(lead, gone))
        if longest == FOREVER:
            high = np.searchsorted(keys, (lead.astype(np.int64) + 1) * SPAN)
        seen = high > low
        yield _Reach(run, kind, rows[seen], low[seen], high[seen])


def _cuts(reaches: Sequence[_Reach], size: int) -> list[tuple[int, int]]:
    """Cut the pairs so that the activities of one piece stay within bounds."""
    change = np.zeros(size + 1, np.int64)
    for reach in reaches:
        change += np.bincount(reach.low, minlength=size + 1)
        change -= np.bincount(reach.high, minlength=size + 1)
    load = np.cumsum(np.cumsum(change)[:-1] + 1)
    ends = [0]
    while ends[-1] < size:
        before = load[ends[-1] - 1] if ends[-1] else 0
        ends.append(max(int(np.searchsorted(load, before + AT_ONCE, "right")), ends[-1] + 1))
    return list(pairwise(ends))


def _run(reaches: Sequence[_Reach], begin: int, end: int) -> Run:
    """Give each pair its own copy of what it sees; kinds and times keep their order."""
    parts: dict[str, list[Array]] = {}
    places: dict[str, tuple[int, int]] = {}
    kinds = sorted({reach.kind for reach in reaches})
    at = 0
    for kind in kinds:
        found = [_copied(reach, begin, end) for reach in reaches if reach.kind == kind]
        columns = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
        if len(found) > 1:  # the base and the tail of a shard: one order again
            order = np.argsort(columns["occurred"], kind="stable")
            columns = {name: column[order] for name, column in columns.items()}
        for name, column in columns.items():
            parts.setdefault(name, []).append(column)
        places[kind] = (at, at + len(columns["lead"]))
        at += len(columns["lead"])
    nothing = [np.zeros(0, np.int64)]
    joined = {name: np.concatenate(parts.get(name, nothing)) for name in _COLUMNS}
    last = int(joined["received"].max(initial=0))
    return Run(places=places, last_received=last, **joined)


_COLUMNS = ("lead", "occurred", "received", "object", "about", "properties")


def _copied(reach: _Reach, begin: int, end: int) -> Mapping[str, Array]:
    low, high = np.maximum(reach.low, begin), np.minimum(reach.high, end)
    seen = high > low
    rows, low, counts = reach.rows[seen], low[seen], (high - low)[seen]
    which = np.repeat(np.arange(len(rows)), counts)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = {name: getattr(reach.run, name)[rows][which] for name in _COLUMNS[1:]}
    return {"lead": low[which] + offset - begin, **found}


def _joined(parts: Sequence[Scores]) -> Scores:
    if len(parts) == 1:
        return parts[0]
    empty = [np.zeros(0, np.int64)]
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(one, name) for one in parts] or empty) for name in COLUMNS
    }
    return Scores(**columns)
