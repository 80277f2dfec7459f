"""Gates over columns: boolean algebra on whole vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from scoring.engine.columns import Array
from scoring.rules.conditions import Condition
from scoring.rules.definition import (
    AllOf,
    AnyOf,
    DimensionAtLeast,
    Fact,
    Gate,
    IsIcp,
    NoneOf,
    RuleFired,
    RulesAtLeast,
    SignalsAtLeast,
    TotalAtLeast,
)


@dataclass(frozen=True)
class GateColumns:
    """What a gate may ask about, for each lead of a batch."""

    total: Array
    fit: Array
    engagement: Array
    fired: Array
    icp: Array
    facts: Callable[[Condition], Array]


def is_open(gate: Gate | None, given: GateColumns) -> Array:
    """Return for each lead whether the gate holds; one that is not there never does."""
    if gate is None:
        return np.zeros(len(given.total), bool)
    if isinstance(gate, AllOf | AnyOf):
        parts = (is_open(part, given) for part in gate.parts)
        return reduce(np.logical_and if isinstance(gate, AllOf) else np.logical_or, parts)
    if isinstance(gate, NoneOf):
        return ~is_open(gate.part, given)
    return _asked(gate, given)


def _asked(gate: Gate, given: GateColumns) -> Array:
    found: Array
    if isinstance(gate, TotalAtLeast):
        found = given.total * 100 >= gate.points
    elif isinstance(gate, DimensionAtLeast):
        found = (given.fit if gate.dimension == "fit" else given.engagement) >= gate.points
    elif isinstance(gate, RuleFired):
        found = (given.fired & gate.mask) != 0
    elif isinstance(gate, SignalsAtLeast | RulesAtLeast):
        found = np.bitwise_count(given.fired & gate.mask) >= gate.count
    elif isinstance(gate, Fact):
        found = given.facts(gate.comparison)
    else:
        assert isinstance(gate, IsIcp)  # noqa: S101 - the last of the union
        found = given.icp
    return found
