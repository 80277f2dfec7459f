"""Without which single rules a lead would not have been handed off."""

from scoring.rules.amounts import limited, rounded
from scoring.rules.definition import Definition, GateInput
from scoring.rules.evaluate import Facts, GroupSum, Standing


def needed(definition: Definition, standing: Standing, facts: Facts) -> int:
    """Return the bits of the fired rules each of which alone kept a handoff's gate open.

    Take one such rule out of the definition, leave all else, and neither ``sales_ready`` nor the
    fast track is open any more. 0 where neither was open: such a handoff was made on a word.
    """
    if not (standing.sales_ready or standing.fast_track):
        return 0
    bits = 0
    for factor in standing.factors:
        given = _without(definition, standing, factor.place, facts)
        gates = (definition.sales_ready, definition.fast_track)
        if not any(gate is not None and gate.holds(given) for gate in gates):
            bits |= 1 << factor.place
    return bits


def _without(definition: Definition, standing: Standing, place: int, facts: Facts) -> GateInput:
    """Return what the gates would be asked about had the rule at ``place`` not been there."""
    sums = {"fit": 0, "engagement": 0}
    for one in standing.groups:
        sums[one.group.dimension] += _points(one, place)
    total = limited(sums["fit"] + sums["engagement"], definition.total_floor, definition.total_cap)
    fired = standing.fired & ~(1 << place)
    return GateInput(
        rounded(total), sums["fit"], sums["engagement"], fired, standing.icp, facts.get
    )


def _points(one: GroupSum, place: int) -> int:
    rest = [factor.points for factor in one.factors if factor.place != place]
    combined = sum(rest) if one.group.combine == "sum" else max(rest, default=0)
    return limited(combined, one.group.floor, one.group.cap)
