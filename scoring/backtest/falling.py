"""Which rules may open a gate by counting less: when time alone is worth a look.

An activity that leaves its window, or loses a part by decay, takes something away. For most
definitions that only ever closes gates, and the search need not look at those instants.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from scoring.rules.definition import (
    AllOf,
    AnyOf,
    Definition,
    DimensionAtLeast,
    Gate,
    NoneOf,
    Rule,
    RuleFired,
    RulesAtLeast,
    SignalsAtLeast,
    TotalAtLeast,
)


@dataclass
class _Asked:
    """What gates ask for (``[True]``) and what they ask to be absent (``[False]``)."""

    bits: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    sums: dict[bool, set[str]] = field(default_factory=lambda: {True: set(), False: set()})


@dataclass(frozen=True)
class Openers:
    """By the rule's place: may it open a gate by counting less, or (silence) by firing?"""

    by_less: tuple[bool, ...]
    by_firing: tuple[bool, ...]


def openers(definition: Definition) -> Openers:
    """Return which rules may open some gate by counting less, and which by firing.

    May say yes too often, never no too often.
    """
    asked = _Asked()
    asked.bits[False] |= definition.disqualifying
    for gate in (definition.mql, definition.sales_ready, definition.fast_track):
        if gate is not None:
            _ask(gate, asked, wanted=True)
    rules = list(enumerate(definition.rules))
    return Openers(
        tuple(_may(definition, asked, place, rule, more=False) for place, rule in rules),
        tuple(_may(definition, asked, place, rule, more=True) for place, rule in rules),
    )


def _ask(gate: Gate, asked: _Asked, *, wanted: bool) -> None:
    if isinstance(gate, AllOf | AnyOf):
        for part in gate.parts:
            _ask(part, asked, wanted=wanted)
    elif isinstance(gate, NoneOf):
        _ask(gate.part, asked, wanted=not wanted)
    elif isinstance(gate, RuleFired | SignalsAtLeast | RulesAtLeast):
        asked.bits[wanted] |= gate.mask
    elif isinstance(gate, TotalAtLeast):
        asked.sums[wanted] |= {"fit", "engagement"}
    elif isinstance(gate, DimensionAtLeast):
        asked.sums[wanted].add(gate.dimension)


def _may(definition: Definition, asked: _Asked, place: int, rule: Rule, *, more: bool) -> bool:
    """Whether a gate may open when the rule counts more (begins to fire) or less."""
    if asked.bits[more] >> place & 1:
        return True
    group = next(one for one in definition.groups if one.key == rule.group)
    return any(group.dimension in asked.sums[rises] for rises in _ways(rule, group.combine, more))


def _ways(rule: Rule, combine: str, more: bool) -> Iterator[bool]:  # noqa: FBT001 - a direction
    """Yield in which directions the sum of the rule's group may move."""
    if rule.points > 0:
        yield more
    elif combine == "highest":  # a rule below zero may stand in for nothing, or for a lower one
        yield from (True, False)
    elif rule.points < 0:
        yield not more
