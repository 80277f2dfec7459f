"""What one person could do to open a closed gate: rules of which one more count is enough."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from scoring.rules.amounts import limited, rounded
from scoring.rules.definition import (
    AllOf,
    AnyOf,
    Attribute,
    Behaviour,
    Definition,
    Fact,
    Gate,
    GateInput,
    IsIcp,
    NoneOf,
    Rule,
    Silence,
)
from scoring.rules.evaluate import Facts, GroupSum, Standing

MOST_NAMED = 3


def ways(definition: Definition, standing: Standing, facts: Facts, gate: str) -> list[Rule]:
    """Return the rules that would open ``gate`` if each counted one activity more, now.

    Only what is certain: a rule is left out where the same activity may do something else that
    keeps the gate closed. Empty for an open gate, and where a fired rule closes every gate.
    """
    tree: Gate | None = getattr(definition, gate)
    if tree is None or standing.disqualified or getattr(standing, gate):
        return []
    return [
        rule
        for place, rule in enumerate(definition.rules)
        if not rule.disqualifies and _opens(definition, standing, facts, tree, place)
    ]


def ways_words(rules: Sequence[Rule]) -> str:
    """Say what would do it: "“Asked for a demo” would do it"; empty for nothing."""
    if not rules:
        return ""
    named = _(" or ").join(f"“{rule.name}”" for rule in rules[:MOST_NAMED])
    return _("%s would do it") % named


def _opens(
    definition: Definition, standing: Standing, facts: Facts, tree: Gate, place: int
) -> bool:
    rule = definition.rules[place]
    counted = {factor.place: len(factor.activities) for factor in standing.factors}
    if not isinstance(rule.test, Behaviour) or not _has_room(rule.test, counted.get(place)):
        return False
    kinds, rises = set(rule.test.kinds), is_rising(tree)
    broken = 0  # bits of the silences that the activity ends
    for n, one in enumerate(definition.rules):
        test = one.test
        if n == place or isinstance(test, Attribute) or not kinds & set(test.kinds):
            continue
        if not rises or (isinstance(test, Behaviour) and (one.points < 0 or one.disqualifies)):
            return False
        if isinstance(test, Silence) and n in counted:
            if not kinds <= set(test.kinds):
                return False
            broken |= 1 << n
    return tree.holds(_after(definition, standing, facts, place, broken))


def _has_room(test: Behaviour, counted: int | None) -> bool:
    """Whether one more activity adds its full points: nothing is pushed out, nothing is missing."""
    if counted is None:
        return (test.min_count or 1) == 1
    return test.most is None or counted < test.most


def is_rising(tree: Gate) -> bool:
    """Whether more points and more fired rules can only open the gate."""
    if isinstance(tree, AllOf | AnyOf):
        return all(is_rising(part) for part in tree.parts)
    return not isinstance(tree, NoneOf) or _is_of_facts(tree.part)


def _is_of_facts(tree: Gate) -> bool:
    if isinstance(tree, AllOf | AnyOf):
        return all(_is_of_facts(part) for part in tree.parts)
    if isinstance(tree, NoneOf):
        return _is_of_facts(tree.part)
    return isinstance(tree, Fact | IsIcp)


def _after(
    definition: Definition, standing: Standing, facts: Facts, place: int, broken: int
) -> GateInput:
    """Return what the gate would be asked with one activity more, silences ended by it left out."""
    added, sums = definition.rules[place], {"fit": 0, "engagement": 0}
    for one in standing.groups:
        sums[one.group.dimension] += _points(one, added, place, broken)
    total = limited(sums["fit"] + sums["engagement"], definition.total_floor, definition.total_cap)
    fired = (standing.fired | 1 << place) & ~broken
    return GateInput(
        rounded(total), sums["fit"], sums["engagement"], fired, standing.icp, facts.get
    )


def _points(one: GroupSum, added: Rule, place: int, broken: int) -> int:
    brought = {
        factor.place: factor.points for factor in one.factors if not broken >> factor.place & 1
    }
    if added.group == one.group.key:
        brought[place] = brought.get(place, 0) + added.points
    points: Iterable[int] = brought.values()
    combined = sum(points) if one.group.combine == "sum" else max(points, default=0)
    return limited(combined, one.group.floor, one.group.cap)
