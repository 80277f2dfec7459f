"""Many leads' scores at once: the arithmetic of ``scoring.rules.evaluate`` over columns.

Integers only, in hundredths of points, so that the two agree exactly. ``as_of`` is one instant
for all leads or one for each of them, in seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from scoring.engine.columns import Array, Batch, Run
from scoring.engine.gates import GateColumns, is_open
from scoring.engine.sums import combined, grades, limited
from scoring.engine.weights import weights
from scoring.rules.conditions import All, Comparison, Condition, Not
from scoring.rules.definition import (
    Attribute,
    Behaviour,
    Decay,
    Definition,
    Rule,
    Silence,
)
from scoring.rules.instants import DAY
from scoring.rules.segments import Definitions

COLUMNS = (
    "fit", "engagement", "total", "grade", "mql", "sales_ready", "fast_track", "icp",
    "disqualified", "fired",
)  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """The standings of a batch, row by row. ``points`` has what each rule brought, if asked for."""

    fit: Array
    engagement: Array
    total: Array
    grade: Array  # texts; "" when the definition has no grade
    mql: Array
    sales_ready: Array
    fast_track: Array
    icp: Array
    disqualified: Array
    fired: Array
    points: tuple[Array, ...] = ()
    applied: Array | None = None  # the place of the definition that applies; None: the only one

    @property
    def gates(self) -> Array:
        """The open gates as ``leads.database.models.Gate`` bits."""
        bits: Array = self.mql * 1 + self.sales_ready * 2 + self.fast_track * 4
        return bits


class Counted(NamedTuple):
    """Activities that a rule counts: whose, when, about what."""

    lead: Array
    occurred: Array
    object: Array


class Asked:
    """One batch as of an instant: what conditions and rules find in it."""

    def __init__(self, batch: Batch, as_of: int | Array) -> None:
        self.batch, self.as_of = batch, as_of
        self._rows = batch.facts.rows_at(batch.size, as_of)
        self._codes: dict[str, Array] = {}
        every = [as_of] if isinstance(as_of, int) else as_of
        self._first, self._last = (int(np.min(every)), int(np.max(every))) if batch.size else (0, 0)

    def at(self, lead: Array) -> int | Array:
        """Return the instant that holds for these leads."""
        return self.as_of if isinstance(self.as_of, int) else self.as_of[lead]

    def meets(self, condition: Condition) -> Array:
        """Return for each lead whether a condition on its facts holds."""
        if isinstance(condition, Comparison):
            column = self.batch.facts.columns.get(condition.field)
            if column is None:
                return np.zeros(self.batch.size, bool)
            codes = self._codes.get(condition.field)
            if codes is None:
                known = np.append(column.codes, column.codes.dtype.type(0))  # row -1: nothing
                codes = self._codes[condition.field] = known[self._rows]
            found: Array = column.values.meets(condition)[codes]
            return found
        if isinstance(condition, Not):
            return ~self.meets(condition.part)
        parts = map(self.meets, condition.parts)
        return reduce(np.logical_and if isinstance(condition, All) else np.logical_or, parts)

    def counted(self, test: Behaviour) -> Counted:
        """Return the activities a rule counts: kinds, window, condition; in no order."""
        found = list(self._chosen(test.kinds, test.within_days, test.where))
        if not found:
            nothing = np.zeros(0, np.int64)
            return Counted(nothing, nothing, nothing)
        if len(found) == 1:
            return found[0]
        return Counted(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def busy(self, test: Silence) -> Counted:
        """Return the activities that break a silence."""
        return self.counted(Behaviour(test.kinds, None, "each", test.days, None, None, None))

    def _chosen(
        self, kinds: tuple[str, ...], days: int | None, where: Condition | None
    ) -> Iterator[Counted]:
        for run in self.batch.runs:
            for kind in dict.fromkeys(kinds):
                begin, end = run.places.get(kind, (0, 0))
                times = run.occurred[begin:end]
                end = begin + int(np.searchsorted(times, self._last, "right"))
                if days is not None:
                    since = self._first - days * DAY
                    begin += int(np.searchsorted(times, since, "right"))
                if begin < end:
                    yield _rows(run, slice(begin, end), self._mask(run, begin, end, days, where))

    def _mask(
        self, run: Run, begin: int, end: int, days: int | None, where: Condition | None
    ) -> Array | None:
        """Return which rows were known and in the window, and meet ``where``; None: all."""
        rows = slice(begin, end)
        masks = []
        if not isinstance(self.as_of, int):
            at = self.as_of[run.lead[rows]]
            masks.append((run.occurred[rows] <= at) & (run.received[rows] <= at))
            if days is not None:
                masks.append(run.occurred[rows] > at - days * DAY)
        elif run.last_received > self.as_of:
            masks.append(run.received[rows] <= self.as_of)
        if where is not None:
            masks.append(self.where(where, run, rows))
        return reduce(np.logical_and, masks) if masks else None

    def where(self, condition: Condition, run: Run, rows: slice) -> Array:
        """Return for each activity, whenever it was known, whether a condition on it holds."""
        if isinstance(condition, Comparison):
            return self._compared(condition, run, rows)
        if isinstance(condition, Not):
            return ~self.where(condition.part, run, rows)
        parts = (self.where(part, run, rows) for part in condition.parts)
        return reduce(np.logical_and if isinstance(condition, All) else np.logical_or, parts)

    def _compared(self, comparison: Comparison, run: Run, rows: slice) -> Array:
        objects, name = self.batch.objects, comparison.field
        of_object = objects.asked(name)
        if of_object is not None:
            found: Array = of_object.meets(comparison)[run.about[rows]]
            return found
        own: Array = self.batch.properties.asked(name).meets(comparison)[run.properties[rows]]
        if name != "object_kind":
            return own
        about = run.about[rows]
        return np.where(objects.has_kind[about], objects.kind.meets(comparison)[about], own)


def _rows(run: Run, rows: slice, mask: Array | None) -> Counted:
    found = Counted(run.lead[rows], run.occurred[rows], run.object[rows])
    return found if mask is None else Counted(*(part[mask] for part in found))


def evaluate_all(
    definition: Definitions, batch: Batch, as_of: int | Array, *, with_points: bool = False
) -> Scores:
    """Return the scores of a batch at ``as_of``: what ``evaluate`` says of each of its leads.

    Of several definitions each lead is scored by the one that applies to it at its instant;
    ``with_points`` asks about one.
    """
    asked = Asked(batch, as_of)
    first, *others = definition.definitions
    if not others:
        return _evaluated(first, asked, with_points=with_points)
    applied = applying(definition, asked)
    found = [_evaluated(one, asked, with_points=False) for one in (first, *others)]
    columns: dict[str, Any] = {
        name: np.choose(applied, [getattr(one, name) for one in found]) for name in COLUMNS
    }
    return Scores(**columns, applied=applied)


def applying(definition: Definitions, asked: Asked) -> Array:
    """Return for each lead the place of the definition that applies to it."""
    *segments, _last = definition.definitions
    applied = np.full(asked.batch.size, len(segments))
    for place, one in reversed(list(enumerate(segments))):
        if one.segment is not None:
            applied[asked.meets(one.segment)] = place
    return applied


def _evaluated(definition: Definition, asked: Asked, *, with_points: bool) -> Scores:
    size = asked.batch.size
    fired = np.zeros(size, np.int64)
    sums = {"fit": np.zeros(size, np.int64), "engagement": np.zeros(size, np.int64)}
    points: dict[int, Array] = {}
    for group, rules in definition.by_group:
        found = [(place, *rule_points(rule, asked)) for place, rule in rules]
        for place, has_fired, brought in found:
            fired |= has_fired.astype(np.int64) << place
            if with_points:
                points[place] = brought
        sums[group.dimension] += combined(group, [one[1:] for one in found], size)
    fit, engagement = sums["fit"], sums["engagement"]
    total_points = limited(fit + engagement, definition.total_floor, definition.total_cap)
    total = (total_points + 50) // 100
    icp = np.zeros(size, bool) if definition.icp is None else asked.meets(definition.icp)
    disqualified = (fired & definition.disqualifying) != 0
    given = GateColumns(total, fit, engagement, fired, icp, asked.meets)
    gates = (definition.mql, definition.sales_ready, definition.fast_track)
    mql, sales_ready, fast_track = (~disqualified & is_open(gate, given) for gate in gates)
    return Scores(
        fit=fit,
        engagement=engagement,
        total=total,
        grade=grades(definition, fit, engagement),
        mql=mql,
        sales_ready=sales_ready,
        fast_track=fast_track,
        icp=icp,
        disqualified=disqualified,
        fired=fired,
        points=tuple(points[place] for place in sorted(points)),
    )


def rule_points(rule: Rule, asked: Asked) -> tuple[Array, Array]:
    """Return for each lead whether the rule has fired, and the points it brings (0: not fired)."""
    test, size = rule.test, asked.batch.size
    if isinstance(test, Behaviour):
        return _behaviour(rule, test, asked)
    if isinstance(test, Attribute):
        fired = asked.meets(test.when)
    else:
        fired = np.ones(size, bool)
        fired[asked.busy(test).lead] = False
    return fired, fired * np.int64(rule.points)


def _behaviour(rule: Rule, test: Behaviour, asked: Asked) -> tuple[Array, Array]:
    found = asked.counted(test)
    if test.counts == "once_per_object":
        found = _newest_of_each_object(found)
    counts = np.bincount(found.lead, minlength=asked.batch.size)
    fired = counts >= (test.min_count or 1)
    if test.decay is None:
        times = counts if test.most is None else np.minimum(counts, test.most)
        return fired, np.where(fired, times, 0) * np.int64(rule.points)
    if test.most is not None and counts.max(initial=0) > test.most:
        found = _newest(found, test.most)
    worth = weights(rule.points, test.decay.lost, steps_of(found, test.decay, asked))
    # Sums of whole numbers below 2**53 are exact in floats: 100,000 points a billion times are.
    brought = np.bincount(found.lead, weights=worth, minlength=asked.batch.size)
    return fired, np.where(fired, brought, 0).astype(np.int64)


def steps_of(found: Counted, decay: Decay, asked: Asked) -> Array:
    """Return how many steps of decay each activity has behind it."""
    steps: Array = (asked.at(found.lead) - found.occurred) // (decay.every_days * DAY)
    return steps


def _newest_of_each_object(found: Counted) -> Counted:
    """Keep the newest activity of each lead about each object; one about nothing is left out."""
    order = np.lexsort((found.occurred, found.object, found.lead))
    lead, occurred, about = (part[order] for part in found)
    last = np.ones(len(lead), bool)
    last[:-1] = (lead[1:] != lead[:-1]) | (about[1:] != about[:-1])
    keep = last & (about != 0)
    return Counted(lead[keep], occurred[keep], about[keep])


def _newest(found: Counted, most: int) -> Counted:
    """Keep the newest ``most`` activities of each lead."""
    order = np.lexsort((-found.occurred, found.lead))
    lead, occurred, about = (part[order] for part in found)
    keep = np.ones(len(lead), bool)
    keep[most:] = lead[most:] != lead[:-most]
    return Counted(lead[keep], occurred[keep], about[keep])
