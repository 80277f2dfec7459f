"""Would this handoff have been sent under other rules? Asked of its frozen evidence alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.rules.amounts import limited, rounded
from scoring.rules.definition import Attribute, Definition, GateInput, Rule


def still_sent(
    changed: Definition,
    signed: Definition,
    document: Mapping[str, Any],
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Whether a handoff's gate is open for a lead of whom ``document`` is the evidence.

    ``signed`` is the definition that the evidence was frozen under. A rule with other points is
    worth as many times what it was; one that is gone is worth nothing; a new rule on facts fires
    by ``facts``, what was known then. What never fired stays so.
    """
    known = {**document.get("facts", {}), **(facts or {})}
    worth = {line["rule"]: line["worth"] for line in document["lines"] if line["kind"] == "factor"}
    was = {rule.key: rule for rule in signed.rules}
    fired, points = 0, dict[str, list[int]]()
    for place, rule in enumerate(changed.rules):
        value = _worth(rule, was.get(rule.key), worth, known)
        if value is not None:
            fired |= 1 << place
            points.setdefault(rule.group, []).append(value)
    if fired & changed.disqualifying:
        return False
    given = _given(changed, fired, points, known, icp=bool(document.get("icp")))
    gates = (changed.sales_ready, changed.fast_track)
    return any(gate is not None and gate.holds(given) for gate in gates)


def _worth(
    rule: Rule, was: Rule | None, worth: Mapping[str, int], known: Mapping[str, Any]
) -> int | None:
    """Return what the rule is worth here, None when it has not fired."""
    if was is None:
        fires = isinstance(rule.test, Attribute) and rule.test.when.holds(known.get)
        return rule.points if fires else None
    if rule.key not in worth:
        return None
    if was.points in {0, rule.points}:
        return worth[rule.key] if was.points else rule.points
    return round(worth[rule.key] * rule.points / was.points)


def _given(
    definition: Definition,
    fired: int,
    points: Mapping[str, Sequence[int]],
    known: Mapping[str, Any],
    *,
    icp: bool,
) -> GateInput:
    sums = {"fit": 0, "engagement": 0}
    for group in definition.groups:
        values = points.get(group.key, ())
        combined = sum(values) if group.combine == "sum" else max(values, default=0)
        sums[group.dimension] += limited(combined, group.floor, group.cap)
    total = limited(sum(sums.values()), definition.total_floor, definition.total_cap)
    return GateInput(rounded(total), sums["fit"], sums["engagement"], fired, icp, known.get)
