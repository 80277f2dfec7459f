"""The first instant at which each gate of a definition was open, for many leads at once. Exact.

Between two candidate instants nothing can open a gate, so judging each lead at its candidates
finds what a look at every second would find.
"""

from dataclasses import dataclass

import numpy as np

from leads.database.models import Gate
from scoring.backtest.changes import moments_of_anything, moments_of_opening
from scoring.backtest.pairs import Pairs, batches, judge, keys_of, pairs_of
from scoring.engine.asking import Asked
from scoring.engine.columns import Array, Batch
from scoring.rules.definition import Behaviour, Definition

NEVER = np.iinfo(np.int64).max
TO_SALES = int(Gate.SALES_READY | Gate.FAST_TRACK)
GATES = (Gate.MQL, Gate.SALES_READY, Gate.FAST_TRACK)


@dataclass(frozen=True)
class Stays:
    """Stretches of time in which a lead was marketing's: ``start`` to ``end``, both included.

    ``at_once``: a gate found open at the start hands over then; else it waits for the next thing
    that happens. ``rejected``: what opens must come with a high-intent activity after it; NEVER
    asks for none.
    """

    lead: Array
    start: Array
    end: Array
    at_once: Array
    rejected: Array

    def __len__(self) -> int:
        return len(self.lead)


@dataclass(frozen=True)
class Found:
    """What one definition would have done.

    ``gates``: for each gate and lead the first second at which it was open, NEVER for none.
    ``opened`` and ``waited``: for each stay the second of its handoff, NEVER for none, and
    whether a gate was open at its start already. ``asked`` are the gates open at ``at``.
    """

    gates: Array  # one row for each of GATES
    opened: Array
    waited: Array
    asked: Array


def search(
    definition: Definition,
    batch: Batch,
    begins: Array,
    stays: Stays,
    asked: Pairs,
    *,
    since: int,
    until: int,
) -> Found:
    """Return when gates opened from ``since`` to ``until``, stay by stay.

    ``begins`` is for each lead of the batch the second from which it counts, NEVER for those
    that do not. ``asked``: where the gates are wanted as they stood.
    """
    there = np.flatnonzero(begins <= until)
    lead, at = moments_of_opening(definition, batch, since, until)
    counts = at >= begins[lead]
    parts = [(lead[counts], at[counts]), (there, begins[there])]
    parts += [(stays.lead, stays.start), (asked.lead, asked.at)]
    pairs = pairs_of(*(np.concatenate([part[n] for part in parts]) for n in (0, 1)))
    gates = judge(definition, batch, pairs).gates
    opened, waited = _Looking(definition, batch, stays).stay_by_stay(pairs, gates)
    held = gates[pairs.places(asked.lead, asked.at)]
    return Found(_first_of_each(batch.size, begins, pairs, gates), opened, waited, held)


def _first_of_each(size: int, begins: Array, pairs: Pairs, gates: Array) -> Array:
    found = np.full((len(GATES), size), NEVER, np.int64)
    for n, gate in enumerate(GATES):
        is_open = ((gates & int(gate)) != 0) & (pairs.at >= begins[pairs.lead])
        np.minimum.at(found[n], pairs.lead[is_open], pairs.at[is_open])
    return found


@dataclass(frozen=True)
class _Looking:
    """One search for the handoffs of stays."""

    definition: Definition
    batch: Batch
    stays: Stays

    def stay_by_stay(self, pairs: Pairs, gates: Array) -> tuple[Array, Array]:
        """Return for each stay the second of its handoff, and whether a gate was open before."""
        stays, batch = self.stays, self.batch
        places = pairs.places(stays.lead, stays.start)
        waited = ((gates[places] & TO_SALES) != 0) & ~stays.at_once & (stays.rejected == NEVER)
        opened = np.full(len(stays), NEVER, np.int64)
        self._first(opened, ~waited, pairs.where((gates & TO_SALES) != 0))
        if waited.any():
            leads = np.zeros(batch.size, bool)
            leads[stays.lead[waited]] = True
            first, last = int(stays.start[waited].min()), int(stays.end[waited].max())
            more = pairs_of(*moments_of_anything(self.definition, batch, leads, first, last))
            held = judge(self.definition, batch, more).gates
            self._first(opened, waited, more.where((held & TO_SALES) != 0))
        return opened, waited

    def _first(self, opened: Array, chosen: Array, pairs: Pairs) -> None:
        """Set the first of these open pairs that lies in each chosen stay and may hand over."""
        stays, place, keys = self.stays, np.flatnonzero(chosen), pairs.keys
        start = stays.start[place] + ~stays.at_once[place]  # from the start on, or after it
        begin = np.searchsorted(keys, keys_of(stays.lead[place], start))
        end = np.searchsorted(keys, keys_of(stays.lead[place], stays.end[place]), "right")
        plain, some = stays.rejected[place] == NEVER, begin < end
        hit = plain & some
        opened[place[hit]] = pairs.at[begin[hit]]
        rest = ~plain & some
        if rest.any():
            self._re_enter(opened, place[rest], pairs, begin[rest], end[rest])

    def _re_enter(
        self, opened: Array, places: Array, pairs: Pairs, begin: Array, end: Array
    ) -> None:
        """Let recycled leads in at the first open pair with intent newer than the rejection."""
        counts = end - begin
        stay = np.repeat(places, counts)
        row = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        row += np.repeat(begin, counts)
        wanted = np.unique(row)
        newest = newest_intent(self.definition, self.batch, pairs.where(wanted))
        new = newest[np.searchsorted(wanted, row)] > self.stays.rejected[stay]
        np.minimum.at(opened, stay[new], pairs.at[row[new]])


def newest_intent(definition: Definition, batch: Batch, pairs: Pairs) -> Array:
    """Return for each pair when the newest activity occurred that a high-intent rule counts.

    Its kinds, window and condition apply; its counts do not. The least number for none.
    """
    tests = [
        rule.test
        for rule in definition.rules
        if rule.signal == "high_intent" and isinstance(rule.test, Behaviour)
    ]
    parts = [np.zeros(0, np.int64)]
    for small, some in batches(definition, batch, pairs):
        newest = np.full(len(some), np.iinfo(np.int64).min)
        asked = Asked(small, some.at)
        for test in tests:
            found = asked.counted(test)
            np.maximum.at(newest, found.lead, found.occurred)
        parts.append(newest)
    return np.concatenate(parts)
