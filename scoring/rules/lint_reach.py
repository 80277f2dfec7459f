"""What a gate can be opened by: bounds of points and of rules, always taken at their best.

Everything here is an upper bound: rules that exclude each other are all taken to fire, facts
and the ICP to be as the gate wants them. "Out of reach" is therefore certain, "can" is not.
"""

from collections.abc import Callable, Collection, Iterator

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
    GateInput,
    Group,
    Rule,
    RuleFired,
    RulesAtLeast,
    SignalsAtLeast,
    TotalAtLeast,
)
from scoring.rules.explain import gate_name
from scoring.rules.findings import Finding, Fix

BOUNDLESS = 10**15  # hundredths; stands for "no limit", far above what points and counts can make
MAIL = frozenset({"email_opened", "email_clicked"})
HANDED = ("sales_ready", "fast_track")  # the gates that lead to sales


def max_total(definition: Definition, places: Collection[int] | None = None) -> int | None:
    """Return the most whole points any lead can have, None when nothing bounds them.

    ``places`` are the rules that may fire, by default all.
    """
    most = sum(_most(definition, dimension, places) for dimension in ("fit", "engagement"))
    if most > BOUNDLESS // 2 and definition.total_cap is None:
        return None
    return rounded(limited(most, definition.total_floor, definition.total_cap))


def _most(definition: Definition, dimension: str, places: Collection[int] | None = None) -> int:
    return sum(
        _group_most(group, [rule for n, rule in rules if places is None or n in places])
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


def can_open(gate: Gate | None, definition: Definition, places: Collection[int]) -> bool:
    """Return whether a gate could open if only the rules at ``places`` ever fired."""
    if gate is None:
        return False
    if isinstance(gate, AllOf | AnyOf):
        parts = (can_open(part, definition, places) for part in gate.parts)
        return all(parts) if isinstance(gate, AllOf) else any(parts)
    if isinstance(gate, TotalAtLeast):
        most = max_total(definition, places)
        return most is None or most * WHOLE >= gate.points
    if isinstance(gate, DimensionAtLeast):
        return _most(definition, gate.dimension, places) >= gate.points
    if isinstance(gate, SignalsAtLeast | RulesAtLeast | RuleFired):
        wanted = 1 if isinstance(gate, RuleFired) else gate.count
        return sum(gate.mask >> place & 1 for place in places) >= wanted
    return True


def needs_total(gate: Gate | None) -> int | None:
    """Return the total that a gate asks for whatever else it asks, in hundredths; None: none."""
    if isinstance(gate, TotalAtLeast):
        return gate.points
    if not isinstance(gate, AllOf | AnyOf):
        return None
    asked = [needs_total(part) for part in gate.parts]
    known = [points for points in asked if points is not None]
    if isinstance(gate, AnyOf):
        return min(known) if len(known) == len(asked) else None
    return max(known, default=None)


def reach_findings(definition: Definition) -> Iterator[Finding]:
    """Yield gates that nobody passes, that too little opens, that stand in the wrong order."""
    closed = set()
    for finding in unreachable_gates(definition):
        closed.add(finding.path)
        yield finding
    gates = {key: getattr(definition, key) for key in GATES}
    for key, gate in gates.items():
        if gate is not None and f"gate:{key}" not in closed:
            yield from _too_easy(key, gate, definition)
    yield from _order(definition)


def unreachable_gates(definition: Definition) -> list[Finding]:
    """Return a problem for each gate that no lead can ever pass, with what to change."""
    found = []
    open_to = _places(definition, lambda rule: not rule.disqualifies)
    for key in GATES:
        gate: Gate | None = getattr(definition, key)
        if gate is not None and not can_open(gate, definition, open_to):
            found.append(_unreachable(key, gate, definition, open_to))
    return found


def _places(definition: Definition, wanted: Callable[[Rule], bool]) -> set[int]:
    return {n for n, rule in enumerate(definition.rules) if wanted(rule)}


def _unreachable(
    key: str, gate: Gate, definition: Definition, open_to: Collection[int]
) -> Finding:  # fmt: skip
    leaf = _first_closed(gate, definition, open_to)
    values = {"gate": gate_name(key)}
    fix = Fix(_("Change the gate"), path=f"clauses/{key}/")
    if isinstance(leaf, TotalAtLeast):
        most = max_total(definition, open_to) or 0
        sentence = _(
            "%(gate)s asks for %(wanted)s, but no lead can have more than %(most)s. "
            "Lower the gate, or raise points or caps."
        )
        caps = [group.cap for group in definition.groups]
        sums = sum(cap for cap in caps if cap is not None)
        if caps and None not in caps and sums < leaf.points:
            sentence = _(
                "%(gate)s asks for %(wanted)s, but no lead can have more than %(most)s: the "
                "groups' caps end at %(caps)s together. Lower the gate, or raise points or caps."
            )
            values["caps"] = show(sums)
        values |= {"wanted": show(leaf.points), "most": show(most * WHOLE)}
        if most > 0:
            fix = Fix(_("Ask for %s") % most, press=f"lower:{key}:{most}")
    elif isinstance(leaf, DimensionAtLeast):
        most = _most(definition, leaf.dimension, open_to)
        sentence = _(
            "%(gate)s asks for %(wanted)s, but no lead can have more than %(most)s. "
            "Lower the gate, or raise points or caps."
        )
        values |= {"wanted": show(leaf.points), "most": show(most)}
    else:
        sentence = _(
            "%(gate)s asks for more rules of a kind than there are, or for one that closes every "
            "gate. Change the gate, or add rules."
        )
    return Finding(f"gate:{key}", sentence % values, "unreachable", "error", fix)


def _first_closed(gate: Gate, definition: Definition, places: Collection[int]) -> Gate:
    """Return the first thing a gate asks that cannot be."""
    if isinstance(gate, AllOf | AnyOf):
        closed = (part for part in gate.parts if not can_open(part, definition, places))
        return _first_closed(next(closed), definition, places)
    return gate


def _too_easy(key: str, gate: Gate, definition: Definition) -> Iterator[Finding]:
    path, name = f"gate:{key}", {"gate": gate_name(key)}
    nobody = GateInput(0, 0, 0, 0, icp=False, facts=_unknown)
    if gate.holds(nobody):
        sentence = _(
            "%(gate)s opens for a lead of whom nothing is known. A name and an e-mail address "
            "say nothing about intent. Ask for a number of points or a signal."
        )
        fix = Fix(_("Change the gate"), path=f"clauses/{key}/")
        yield Finding(path, sentence % name, "opens_for_nobody", fix=fix)
        return
    asks_intent = Fix(_("Ask for one high-intent signal"), press=f"intent:{key}")
    fit = _places(definition, lambda rule: not _is_done(rule) and not rule.disqualifies)
    if key != "fast_track" and can_open(gate, definition, fit):
        sentence = _(
            "%(gate)s can be reached by fit alone: a lead who never did anything could pass. "
            "Ask for a signal, too."
        )
        yield Finding(path, sentence % name, "fit_alone", fix=asks_intent)
        return
    mails = _places(definition, lambda rule: MAIL.issuperset(_kinds(rule)))
    mail = mails - _places(definition, lambda rule: rule.disqualifies)
    if can_open(gate, definition, mail) and not can_open(gate, definition, fit):
        sentence = _(
            "%(gate)s can be reached by opened and clicked mails alone. Programs open mails, too. "
            "Ask for a signal of another kind."
        )
        yield Finding(path, sentence % name, "mail_alone", fix=asks_intent)
        return
    quiet = _places(definition, lambda rule: rule.signal != "high_intent" and not rule.disqualifies)
    if key == "sales_ready" and can_open(gate, definition, quiet):
        sentence = _(
            "%(gate)s can be reached without any high-intent signal. Sales gets people who only "
            "read. Ask for at least one."
        )
        yield Finding(path, sentence % name, "no_intent", fix=asks_intent)


def _unknown(_name: str) -> object:
    return None


def _is_done(rule: Rule) -> bool:
    return isinstance(rule.test, Behaviour)


def _kinds(rule: Rule) -> tuple[str, ...]:
    return rule.test.kinds if isinstance(rule.test, Behaviour) else ()


def _order(definition: Definition) -> Iterator[Finding]:
    mql, sales = needs_total(definition.mql), needs_total(definition.sales_ready)
    if mql is not None and sales is not None and sales < mql:
        sentence = _(
            "Sales-ready asks for %(sales)s, less than MQL with %(mql)s: leads would reach sales "
            "before they are marketing qualified. Raise it."
        )
        values = {"sales": show(sales), "mql": show(mql)}
        fix = Fix(_("Ask for %s") % show(mql), press=f"raise:sales_ready:{mql // WHOLE}")
        yield Finding("gate:sales_ready", sentence % values, "wrong_order", fix=fix)
