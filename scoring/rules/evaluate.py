"""One lead's standing under one definition at one instant: the reference for every other way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from scoring.rules.activities import (
    Activity,
    ByKind,
    counted,
    known,
    newest_of_each_object,
    of_kinds,
)
from scoring.rules.amounts import decayed, limited, rounded
from scoring.rules.definition import Attribute, Behaviour, Definition, Gate, GateInput, Group, Rule
from scoring.rules.instants import DAY, seconds

Facts = Mapping[str, object]  # resolved as of the instant; None or absent: not known


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All facts of a lead as known from an instant on, until a later row."""

    id: int
    known_from: datetime
    values: Facts


def facts_at(snapshots: Iterable[Snapshot], at: datetime) -> Facts:
    """Return the row with the greatest ``known_from <= at``, of equal ones the last written."""
    now = seconds(at)
    rows = [
        (known_from, row.id, row)
        for row in snapshots
        if (known_from := seconds(row.known_from)) <= now
    ]
    return max(rows, key=lambda row: row[:2])[2].values if rows else {}


@dataclass(frozen=True, slots=True)
class Factor:
    """What one fired rule is worth before its group combines it, and what made it fire."""

    place: int  # of the rule in the definition, its bit in ``Standing.fired``
    rule: Rule
    points: int
    activities: tuple[int, ...] = ()  # ids of those that count, newest first
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class GroupSum:
    """One group: its fired rules, their sum or largest, and what floor and cap leave of it."""

    group: Group
    factors: tuple[Factor, ...]
    combined: int
    points: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A score. ``fit`` and ``engagement`` are exact hundredths, ``total`` is whole points."""

    fit: int
    engagement: int
    total: int
    grade: str  # "" when the definition has no grade
    mql: bool
    sales_ready: bool
    fast_track: bool
    icp: bool
    disqualified: bool
    fired: int
    limited_total: int  # hundredths after the total's floor and cap, before rounding
    groups: tuple[GroupSum, ...]

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Every fired rule, in the order of the definition."""
        return tuple(factor for group in self.groups for factor in group.factors)


def evaluate(
    definition: Definition, facts: Facts, activities: Iterable[Activity], as_of: datetime
) -> Standing:
    """Return the standing at ``as_of``; a pure function of its arguments.

    ``facts`` are those known at ``as_of`` (see ``facts_at``). ``activities`` may hold later
    ones and those marked as bots: they are left out here. ValueError for a naive instant.
    """
    at = seconds(as_of)
    by_kind = known(activities, at, definition.kinds)
    sums = tuple(_group(group, rules, facts, by_kind, at) for group, rules in definition.by_group)
    fired = fit = engagement = 0
    for one in sums:
        for factor in one.factors:
            fired |= 1 << factor.place
        if one.group.dimension == "fit":
            fit += one.points
        else:
            engagement += one.points
    limited_total = limited(fit + engagement, definition.total_floor, definition.total_cap)
    total = rounded(limited_total)
    icp = definition.icp is not None and definition.icp.holds(facts.get)
    disqualified = bool(fired & definition.disqualifying)
    given = GateInput(total, fit, engagement, fired, icp, facts.get)
    return Standing(
        fit=fit,
        engagement=engagement,
        total=total,
        grade="" if definition.grade is None else definition.grade.grade(fit, engagement),
        mql=not disqualified and _open(definition.mql, given),
        sales_ready=not disqualified and _open(definition.sales_ready, given),
        fast_track=not disqualified and _open(definition.fast_track, given),
        icp=icp,
        disqualified=disqualified,
        fired=fired,
        limited_total=limited_total,
        groups=sums,
    )


def _open(gate: Gate | None, given: GateInput) -> bool:
    return gate is not None and gate.holds(given)


def _group(
    group: Group, rules: tuple[tuple[int, Rule], ...], facts: Facts, by_kind: ByKind, at: int
) -> GroupSum:
    found = (_factor(place, rule, facts, by_kind, at) for place, rule in rules)
    factors = tuple(factor for factor in found if factor is not None)
    if not factors:
        combined = 0
    elif group.combine == "sum":
        combined = sum(factor.points for factor in factors)
    else:
        combined = max(factor.points for factor in factors)
    return GroupSum(group, factors, combined, limited(combined, group.floor, group.cap))


def _factor(place: int, rule: Rule, facts: Facts, by_kind: ByKind, at: int) -> Factor | None:
    """Return the rule's factor when it has fired."""
    test = rule.test
    if isinstance(test, Attribute):
        if not test.when.holds(facts.get):
            return None
        evidence = tuple((name, facts.get(name)) for name in test.facts)
        return Factor(place, rule, rule.points, facts=evidence)
    if isinstance(test, Behaviour):
        return _behaviour(place, rule, test, by_kind, at)
    seen = of_kinds(test.kinds, by_kind)
    if seen and seen[0].at > at - test.days * DAY:
        return None
    return Factor(place, rule, rule.points)


def _behaviour(place: int, rule: Rule, test: Behaviour, by_kind: ByKind, at: int) -> Factor | None:
    seen = counted(test, by_kind, at)
    if test.counts == "once_per_object":
        seen = newest_of_each_object(seen)
    if len(seen) < (test.min_count or 1):
        return None
    seen = seen[: test.most]
    if test.decay is None:
        points = rule.points * len(seen)
    else:
        step, lost = test.decay.every_days * DAY, test.decay.lost
        points = sum(decayed(rule.points, lost, (at - one.at) // step) for one in seen)
    return Factor(place, rule, points, tuple(one.id for one in seen))
