"""Many leads' scores at once: the arithmetic of ``scoring.rules.evaluate`` over columns.

Integers only, in hundredths of points, so that the two agree exactly. ``as_of`` is one instant
for all leads or one for each of them, in seconds.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scoring.engine.asking import Asked, Counted
from scoring.engine.columns import Array, Batch
from scoring.engine.gates import GateColumns, is_open
from scoring.engine.sums import GRADES, Fired, Sum, grades, limited
from scoring.engine.weights import weights
from scoring.rules.definition import (
    Attribute,
    Behaviour,
    Decay,
    Definition,
    Rule,
)
from scoring.rules.instants import DAY
from scoring.rules.segments import Definitions

COLUMNS = (
    "fit", "engagement", "total", "graded", "mql", "sales_ready", "fast_track", "icp",
    "disqualified", "fired",
)  # fmt: skip
Whole = type[np.int32] | type[np.int64]


@dataclass(frozen=True)
class Scores:
    """The standings of a batch, row by row. ``points`` has what each rule brought, if asked for."""

    fit: Array
    engagement: Array
    total: Array
    graded: Array  # places in GRADES
    mql: Array
    sales_ready: Array
    fast_track: Array
    icp: Array
    disqualified: Array
    fired: Array
    points: tuple[Array, ...] = ()
    applied: Array | None = None  # the place of the definition that applies; None: the only one

    @cached_property
    def grade(self) -> Array:
        """The grades as texts; "" when the definition has none."""
        found: Array = GRADES[self.graded]
        return found

    @property
    def gates(self) -> Array:
        """The open gates as ``leads.database.models.Gate`` bits."""
        one, two, four = np.uint8(1), np.uint8(2), np.uint8(4)
        bits: Array = self.mql * one | self.sales_ready * two | self.fast_track * four
        return bits.astype(np.int64)


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
    fired_rules = Fired(size)
    sums = {"fit": np.zeros(size, np.int64), "engagement": np.zeros(size, np.int64)}
    points: dict[int, Array] = {}
    for group, rules in definition.by_group:
        together = Sum(group, size, sum(_reach(rule, asked) for _, rule in rules))
        for place, rule in rules:
            has_fired, brought = _brought(rule, asked, together.of)
            fired_rules.add(place, has_fired)
            together.add(has_fired, brought)
            if with_points:
                points[place] = brought.astype(np.int64)
        sums[group.dimension] += together.result()
    fit, engagement, fired = sums["fit"], sums["engagement"], fired_rules.sets()
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
        graded=grades(definition, fit, engagement),
        mql=mql,
        sales_ready=sales_ready,
        fast_track=fast_track,
        icp=icp,
        disqualified=disqualified,
        fired=fired,
        points=tuple(points[place] for place in sorted(points)),
    )


def _reach(rule: Rule, asked: Asked) -> int:
    """Return the most that a rule can bring to one lead, above zero or below."""
    times = 1
    if isinstance(rule.test, Behaviour):
        every = sum(len(run.lead) for run in asked.batch.runs)
        times = every if rule.test.most is None else min(every, rule.test.most)
    return abs(rule.points) * times


def _brought(rule: Rule, asked: Asked, of: Whole) -> tuple[Array, Array]:
    """Return for each lead whether the rule has fired, and the points it brings (0: not fired)."""
    test, size = rule.test, asked.batch.size
    if isinstance(test, Behaviour):
        return _behaviour(rule, test, asked, of)
    if isinstance(test, Attribute):
        fired = asked.meets(test.when)
    else:
        fired = np.ones(size, bool)
        fired[asked.busy(test).lead] = False
    return fired, fired * of(rule.points)


def _behaviour(rule: Rule, test: Behaviour, asked: Asked, of: Whole) -> tuple[Array, Array]:
    found, least, size = asked.counted(test), test.min_count or 1, asked.batch.size
    lead, occurred = found.lead, None
    if test.counts == "once_per_object":
        lead, occurred = _newest_of_each_object(found)
    counts = np.bincount(lead, minlength=size)
    fired = counts >= least
    if test.decay is not None:
        if occurred is None:
            occurred = found.occurred
        if test.most is not None and counts.max(initial=0) > test.most:
            lead, occurred = _newest(lead, occurred, test.most)
        worth = weights(rule.points, test.decay.lost, steps_of(lead, occurred, test.decay, asked))
        # Sums of whole numbers below 2**53 are exact in floats: 100,000 points a billion times are.
        brought = np.bincount(lead, weights=worth, minlength=size).astype(of)
    elif test.most == 1:
        return fired, fired * of(rule.points)
    else:
        times = counts.astype(of)
        if test.most is not None:
            np.minimum(times, of(test.most), out=times)
        brought = np.multiply(times, of(rule.points), out=times)
    return fired, brought if least == 1 else brought * fired


def steps_of(lead: Array, occurred: Array, decay: Decay, asked: Asked) -> Array:
    """Return how many steps of decay each activity has behind it."""
    steps: Array = (asked.at(lead) - occurred) // (decay.every_days * DAY)
    return steps


def _newest_of_each_object(found: Counted) -> tuple[Array, Array]:
    """Keep the newest activity of each lead about each object; one about nothing is left out."""
    order = np.lexsort((found.occurred, found.object, found.lead))
    lead, occurred, about = (part[order] for part in (found.lead, found.occurred, found.object))
    last = np.ones(len(lead), bool)
    last[:-1] = (lead[1:] != lead[:-1]) | (about[1:] != about[:-1])
    keep = last & (about != 0)
    return lead[keep], occurred[keep]


def _newest(lead: Array, occurred: Array, most: int) -> tuple[Array, Array]:
    """Keep the newest ``most`` activities of each lead."""
    order = np.lexsort((-occurred, lead))
    lead, occurred = lead[order], occurred[order]
    keep = np.ones(len(lead), bool)
    keep[most:] = lead[most:] != lead[:-most]
    return lead[keep], occurred[keep]
