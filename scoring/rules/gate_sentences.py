"""What a gate asks, in words: "when the total is at least 40, with 1 high-intent signal"."""

from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.rules.amounts import show
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
from scoring.rules.parts import Labels, Part, Parts, blank, fill, joined

InWords = Callable[[Condition, Labels], Parts]
COUNTS = (SignalsAtLeast, RulesAtLeast)


def signal_count(signal: str, count: int) -> str:
    """Return a template for so many rules of a signal: "{count} high-intent signal"."""
    if signal == "high_intent":
        return ngettext("{count} high-intent signal", "{count} high-intent signals", count)
    if signal == "interest":
        return ngettext("{count} interest signal", "{count} interest signals", count)
    return ngettext("{count} rule without a signal", "{count} rules without a signal", count)


def rule_count(dimension: str, count: int) -> str:
    """Return a template for so many rules of a dimension: "{count} fit rule"."""
    if dimension == "fit":
        return ngettext("{count} fit rule", "{count} fit rules", count)
    return ngettext("{count} engagement rule", "{count} engagement rules", count)


def gate_sentence(
    gate: Gate, labels: Labels, rule_names: Mapping[str, str], in_words: InWords
) -> Parts:
    """Return when a gate opens. ``rule_names`` by key; ``in_words`` tells a condition."""
    words = _Words(labels, rule_names, in_words)
    parts = gate.parts if isinstance(gate, AllOf) else (gate,)
    with_them = [part for part in parts if isinstance(part, COUNTS)]
    rest = [part for part in parts if not isinstance(part, COUNTS)]
    sentence = words.all(rest) if rest else words.all(with_them)
    if rest and with_them:
        counts = words.all(with_them)
        sentence += fill(_(", with {counts}"), counts=counts)
    return fill(_("when {sentence}"), sentence=sentence)


class _Words:
    """The words for one gate tree."""

    def __init__(self, labels: Labels, rule_names: Mapping[str, str], in_words: InWords) -> None:
        self.labels = labels
        self.rule_names = rule_names
        self.in_words = in_words

    def all(self, parts: Iterable[Gate]) -> Parts:
        return joined((self.of(part) for part in parts), _(" and "))

    def of(self, gate: Gate) -> Parts:
        if isinstance(gate, AllOf | AnyOf):
            word = _(" and ") if isinstance(gate, AllOf) else _(" or ")
            return (Part("("), *joined((self.of(part) for part in gate.parts), word), Part(")"))
        if isinstance(gate, NoneOf):
            return fill(_("not {part}"), part=self.of(gate.part))
        if isinstance(gate, Fact):
            return self.in_words(gate.comparison, self.labels)
        if isinstance(gate, SignalsAtLeast):
            return fill(signal_count(gate.signal, gate.count), count=blank(gate.count))
        if isinstance(gate, RulesAtLeast):
            return fill(rule_count(gate.dimension, gate.count), count=blank(gate.count))
        return self.leaf(gate)

    def leaf(self, gate: TotalAtLeast | DimensionAtLeast | RuleFired | IsIcp) -> Parts:
        if isinstance(gate, TotalAtLeast):
            return fill(_("the total is at least {points}"), points=blank(show(gate.points)))
        if isinstance(gate, DimensionAtLeast):
            fit, engagement = _("fit is at least {points}"), _("engagement is at least {points}")
            template = fit if gate.dimension == "fit" else engagement
            return fill(template, points=blank(show(gate.points)))
        if isinstance(gate, RuleFired):
            name = self.rule_names.get(gate.rule, gate.rule)
            return fill(_("“{rule}” counts"), rule=blank(name))
        return (Part(_("in our ICP")),)
