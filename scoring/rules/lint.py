"""Checks a definition against itself: can each gate be reached at all?"""

from django.utils.translation import gettext as _

from scoring.rules.amounts import WHOLE, limited, rounded, show
from scoring.rules.definition import (
    GATES,
    AllOf,
    AnyOf,
    Behaviour,
    Definition,
    DimensionAtLeast,
    Gate,
    Group,
    Rule,
    TotalAtLeast,
)
from scoring.rules.explain import gate_name
from scoring.rules.problems import Problem

BOUNDLESS = 10**15  # hundredths; stands for "no limit", far above what points and counts can make


def max_total(definition: Definition) -> int | None:
    """Return the most whole points any lead can have, None when nothing bounds them.

    An upper bound: rules that exclude each other are all taken to fire.
    """
    most = _most(definition, "fit") + _most(definition, "engagement")
    if most > BOUNDLESS // 2 and definition.total_cap is None:
        return None
    return rounded(limited(most, definition.total_floor, definition.total_cap))


def unreachable_gates(definition: Definition) -> list[Problem]:
    """Return a problem for each gate that no lead can ever pass, with what to change."""
    problems = []
    for key in GATES:
        gate: Gate | None = getattr(definition, key)
        asked = None if gate is None else _beyond(gate, definition)
        if asked is not None:
            wanted, most = asked
            sentence = _(
                "%(gate)s asks for %(wanted)s, but no lead can have more than %(most)s. "
                "Lower the gate, or raise points or caps."
            )
            values = {"gate": gate_name(key), "wanted": show(wanted), "most": show(most)}
            problems.append(Problem(f"gate:{key}", sentence % values))
    return problems


def _beyond(gate: Gate, definition: Definition) -> tuple[int, int] | None:
    """Return what a gate asks for and the most there is, in hundredths, if it is out of reach."""
    if isinstance(gate, TotalAtLeast):
        most = max_total(definition)
        return (
            (gate.points, most * WHOLE) if most is not None and most * WHOLE < gate.points else None
        )
    if isinstance(gate, DimensionAtLeast):
        reach = _most(definition, gate.dimension)
        return (gate.points, reach) if reach < gate.points else None
    if isinstance(gate, AllOf):
        found = (_beyond(part, definition) for part in gate.parts)
        return next((one for one in found if one is not None), None)
    if isinstance(gate, AnyOf):
        ways = [_beyond(part, definition) for part in gate.parts]
        return None if None in ways else ways[0]
    return None


def _most(definition: Definition, dimension: str) -> int:
    return sum(
        _group_most(group, [rule for _place, rule in rules])
        for group, rules in definition.by_group
        if group.dimension == dimension
    )


def _group_most(group: Group, rules: list[Rule]) -> int:
    best = [_rule_most(rule) for rule in rules]
    most = sum(best) if group.combine == "sum" else max(best, default=0)
    return limited(most, group.floor, group.cap)


def _rule_most(rule: Rule) -> int:
    """Return the most a rule can add, in hundredths; a negative one adds nothing at best."""
    if rule.points <= 0 or not isinstance(rule.test, Behaviour):
        return max(rule.points, 0)
    return BOUNDLESS if rule.test.most is None else rule.points * rule.test.most
