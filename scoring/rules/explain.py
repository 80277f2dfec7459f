"""A standing in lines that add up, and what each closed gate still misses."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.rules.amounts import WHOLE, limited, show
from scoring.rules.definition import (
    DIMENSIONS,
    AllOf,
    AnyOf,
    Definition,
    DimensionAtLeast,
    Gate,
    GateInput,
    RuleFired,
    RulesAtLeast,
    SignalsAtLeast,
    TotalAtLeast,
)
from scoring.rules.evaluate import Factor, Facts, GroupSum, Standing
from scoring.rules.gate_sentences import gate_sentence, rule_count, signal_count
from scoring.rules.parts import Labels, plain
from scoring.rules.sentences import condition_sentence, definition_rule_names

ADDING = frozenset({"factor", "floor", "cap", "rounding"})  # the others are sums of these


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation; ``points`` are hundredths.

    Lines of the kinds in ADDING add up to the ``group``, ``subtotal`` and ``total`` lines.
    ``worth`` is what a factor had before its group took only the largest.
    """

    kind: str
    points: int
    text: str
    group: str = ""
    rule: str = ""
    worth: int = 0
    activities: tuple[int, ...] = ()
    facts: tuple[tuple[str, object], ...] = ()


def explain(definition: Definition, standing: Standing) -> list[Line]:
    """Return the lines of ``standing``: factors, caps, group sums, fit, engagement, total."""
    lines: list[Line] = []
    for dimension in DIMENSIONS:
        for one in standing.groups:
            if one.group.dimension == dimension:
                lines += _group_lines(one)
        points = standing.fit if dimension == "fit" else standing.engagement
        lines.append(Line("subtotal", points, _("Fit") if dimension == "fit" else _("Engagement")))
    raw = standing.fit + standing.engagement
    lines += _limit_lines(raw, definition.total_floor, definition.total_cap, "")
    rounding = standing.total * WHOLE - standing.limited_total
    if rounding:
        lines.append(Line("rounding", rounding, _("Rounded to a whole point")))
    lines.append(Line("total", standing.total * WHOLE, _("Total")))
    return lines


def _group_lines(one: GroupSum) -> Iterator[Line]:
    group = one.group
    best = max(one.factors, key=lambda factor: factor.points, default=None)  # ties: the first
    for factor in one.factors:
        counts = group.combine == "sum" or factor is best
        yield _factor_line(factor, counts=counts)
    yield from _limit_lines(one.combined, group.floor, group.cap, group.key)
    yield Line("group", one.points, group.name, group.key)


def _factor_line(factor: Factor, *, counts: bool) -> Line:
    rule = factor.rule
    return Line(
        kind="factor",
        points=factor.points if counts else 0,
        text=rule.name if counts else _("%s, not counted: only the best one is") % rule.name,
        group=rule.group,
        rule=rule.key,
        worth=factor.points,
        activities=factor.activities,
        facts=factor.facts,
    )


def _limit_lines(points: int, floor: int | None, cap: int | None, group: str) -> Iterator[Line]:
    raised = limited(points, floor, None)
    if raised != points:
        yield Line("floor", raised - points, _("Raised to at least %s") % show(raised), group)
    capped = limited(raised, None, cap)
    if capped != raised:
        yield Line("cap", capped - raised, _("Capped at %s") % show(capped), group)


def missing(
    definition: Definition, standing: Standing, facts: Facts, gate: str, labels: Labels
) -> list[str]:
    """Return what keeps ``gate`` (mql, sales_ready, fast_track) closed; nothing when it is open."""
    tree: Gate | None = getattr(definition, gate)
    if tree is None:
        return [_("This definition has no such gate.")]
    if standing.disqualified:
        closing = (factor.rule for factor in standing.factors if factor.rule.disqualifies)
        return [_("“%s” closes every gate") % rule.name for rule in closing]
    given = GateInput(
        standing.total,
        standing.fit,
        standing.engagement,
        standing.fired,
        standing.icp,
        facts.get,
    )
    return _Missing(definition, given, labels, gate).of(tree)


def gate_name(gate: str) -> str:
    """Return what people call a gate."""
    return {"mql": _("MQL"), "sales_ready": _("sales-ready")}.get(gate, _("the fast track"))


class _Missing:
    """What one gate of one lead misses."""

    def __init__(self, definition: Definition, given: GateInput, labels: Labels, gate: str) -> None:
        self.names = definition_rule_names(definition)
        self.given = given
        self.labels = labels
        self.gate = gate

    def of(self, tree: Gate) -> list[str]:
        if tree.holds(self.given):
            return []
        if isinstance(tree, AllOf):
            return [sentence for part in tree.parts for sentence in self.of(part)]
        if isinstance(tree, AnyOf):
            ways = (_(" and ").join(self.of(part)) for part in tree.parts)
            return [_("one of these: %s") % "; ".join(ways)]
        return [self.leaf(tree)]

    def leaf(self, tree: Gate) -> str:
        if isinstance(tree, TotalAtLeast):
            points = tree.points - self.given.total * WHOLE
            text = ngettext(
                "%(n)s point from %(gate)s", "%(n)s points from %(gate)s", _plural(points)
            )
            return text % {"n": show(points), "gate": gate_name(self.gate)}
        if isinstance(tree, DimensionAtLeast):
            has = self.given.fit if tree.dimension == "fit" else self.given.engagement
            fit, engagement = _("%s more fit missing"), _("%s more engagement missing")
            return (fit if tree.dimension == "fit" else engagement) % show(tree.points - has)
        if isinstance(tree, SignalsAtLeast | RulesAtLeast):
            return self.count(tree)
        if isinstance(tree, RuleFired):
            return _("“%s” is missing") % self.names.get(tree.rule, tree.rule)
        words = plain(gate_sentence(tree, self.labels, self.names, condition_sentence))
        return _("only %s") % words

    def count(self, tree: SignalsAtLeast | RulesAtLeast) -> str:
        n = tree.count - (self.given.fired & tree.mask).bit_count()
        if isinstance(tree, SignalsAtLeast):
            words = signal_count(tree.signal, n)
        else:
            words = rule_count(tree.dimension, n)
        return _("%s missing") % words.format(count=_("one") if n == 1 else n)


def _plural(points: int) -> int:
    return 1 if points == WHOLE else 2
