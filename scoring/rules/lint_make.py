"""What a definition is made of: which sides it looks at, what ages, what is vague or missing."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from scoring.rules.amounts import WHOLE
from scoring.rules.definition import (
    AllOf,
    AnyOf,
    Behaviour,
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
from scoring.rules.explain import gate_name
from scoring.rules.findings import Finding, Fix
from scoring.rules.lint_reach import needs_total

USUAL_WINDOW = 90  # days
NUMBERS = (TotalAtLeast, DimensionAtLeast)
SIGNALS = (RuleFired, SignalsAtLeast, RulesAtLeast)


def make_findings(definition: Definition) -> Iterator[Finding]:
    """Yield what the text alone shows, apart from what opens its gates."""
    yield from _vague(definition)
    yield from _sides(definition)
    for rule in definition.rules:
        yield from _of_rule(rule)
    yield from _groups(definition)


def _vague(definition: Definition) -> Iterator[Finding]:
    for key in ("mql", "sales_ready"):
        gate: Gate | None = getattr(definition, key)
        if gate is None:
            continue
        leaves = list(_leaves(gate))
        if not any(isinstance(leaf, NUMBERS + SIGNALS) for leaf in leaves):
            sentence = _(
                "%(gate)s names neither a number nor a signal, so nobody can check it. Say from "
                "how many points on, and which signal it takes."
            )
            fix = Fix(_("Change the gate"), path=f"clauses/{key}/")
            values = {"gate": gate_name(key)}
            yield Finding(f"gate:{key}", sentence % values, "vague", "error", fix)
        elif key == "mql" and not any(isinstance(leaf, SIGNALS) for leaf in leaves):
            sentence = _(
                "%(gate)s asks for a number but names no signal: the same points can mean very "
                "different people. Ask for at least one bottom-of-funnel signal."
            )
            fix = Fix(_("Ask for one high-intent signal"), press=f"intent:{key}")
            yield Finding(f"gate:{key}", sentence % {"gate": gate_name(key)}, "no_signal", fix=fix)


def _leaves(gate: Gate) -> Iterator[Gate]:
    if isinstance(gate, AllOf | AnyOf):
        for part in gate.parts:
            yield from _leaves(part)
    elif isinstance(gate, NoneOf):
        yield from _leaves(gate.part)
    else:
        yield gate


def _sides(definition: Definition) -> Iterator[Finding]:
    if not definition.rules:
        return
    of = {group.key: group.dimension for group in definition.groups}
    raising = {of.get(rule.group) for rule in definition.rules if rule.points > 0}
    if "fit" not in raising:
        sentence = _(
            "No rule looks at who a person is. Of companies that rely on web behaviour alone, "
            "52 % qualify the wrong people. Add a rule on title, industry or size."
        )
        fix = Fix(_("Choose a fact"), path="catalogue/?what=facts")
        yield Finding("", sentence, "no_fit", fix=fix)
    if "engagement" not in raising:
        sentence = _(
            "No rule looks at what a person does. A perfect fit who never came is no qualified "
            "lead. Add a rule on an activity."
        )
        fix = Fix(_("Choose an activity"), path="catalogue/?what=activities")
        yield Finding("", sentence, "no_engagement", fix=fix)
    if not any(rule.points < 0 or rule.disqualifies for rule in definition.rules):
        sentence = _(
            "No rule takes points away, so students, competitors and people who left long ago "
            "only ever climb. Add one with points below zero."
        )
        yield Finding(
            "", sentence, "no_negative", fix=Fix(_("Add a rule on silence"), "add/silence/")
        )


def _of_rule(rule: Rule) -> Iterator[Finding]:
    test, path = rule.test, f"rule:{rule.key}"
    if not isinstance(test, Behaviour):
        return
    if "email_opened" in test.kinds and rule.points > 0:
        sentence = _(
            "“%s” gives points for opened mails. Mail programs open them by themselves; count "
            "clicks or visits instead."
        )
        fix = Fix(_("Give no points"), press=f"points:{rule.key}:0")
        yield Finding(path, sentence % rule.name, "opens", fix=fix)
    if test.within_days is None and test.decay is None:
        sentence = _("“%s” never ages: one from years ago still counts. Give it a window.")
        fix = Fix(_("Look %d days back") % USUAL_WINDOW, press=f"window:{rule.key}:{USUAL_WINDOW}")
        yield Finding(path, sentence % rule.name, "no_decay", fix=fix)


def _groups(definition: Definition) -> Iterator[Finding]:
    for group, rules in definition.by_group:
        path = f"group:{group.key}"
        if not rules:
            sentence = _("The group “%s” has no rule. Add one, or take the group out.")
            fix = Fix(_("Take it out"), path=f"clauses/{group.key}/remove/")
            yield Finding(path, sentence % group.name, "empty_group", fix=fix)
    yield from _cap_below(definition)


def _cap_below(definition: Definition) -> Iterator[Finding]:
    """A total that is capped below what a gate asks is told there; here, one close above it."""
    asked, cap = needs_total(definition.sales_ready), definition.total_cap
    if asked is not None and cap is not None and cap == asked and asked >= WHOLE:
        sentence = _(
            "The total is capped at exactly what sales-ready asks for, so all who pass look the "
            "same. Raise the cap, or take it out."
        )
        fix = Fix(_("Change the cap"), path="clauses/total/")
        yield Finding("total:total", sentence, "cap_at_gate", fix=fix)
