"""What each clause says, as a plain sentence with blanks."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.rules.amounts import show
from scoring.rules.conditions import All, Comparison, Condition, Not, Operand
from scoring.rules.definition import (
    Attribute,
    Behaviour,
    Definition,
    Gate,
    GradeCuts,
    Group,
    Rule,
    Silence,
)
from scoring.rules.gate_sentences import gate_sentence
from scoring.rules.parts import Labels, Part, Parts, blank, fill, joined, label
from scoring.rules.schema import read_clause


def clause_sentence(
    kind: str, key: str, body: object, labels: Labels, rule_names: Mapping[str, str]
) -> Parts:
    """Return what a clause says; one that cannot be read yet is called by its name or key.

    ``rule_names`` are the names of the version's rules by key, for the gates.
    """
    read, problems = read_clause(kind, key, body)
    if problems:
        name = body.get("name") if isinstance(body, Mapping) else None
        return (Part(name if isinstance(name, str) else label(key, {})),)
    if isinstance(read, Rule):
        return rule_sentence(read, labels)
    if isinstance(read, Group | GradeCuts):
        return group_sentence(read) if isinstance(read, Group) else grade_sentence(read)
    if isinstance(read, Condition):
        return fill(_("when {condition}"), condition=condition_sentence(read, labels))
    if kind == "gate" and isinstance(read, Gate):
        return gate_sentence(read, labels, rule_names, condition_sentence)
    return _limits_or_questions(kind, read, labels)


def definition_rule_names(definition: Definition) -> dict[str, str]:
    """Return the name of each rule by its key."""
    return {rule.key: rule.name for rule in definition.rules}


def _limits_or_questions(kind: str, read: object, labels: Labels) -> Parts:
    values = read if isinstance(read, tuple) else ()
    if kind == "checklist":
        names = (blank(labels.get(f"answer:{one}", one)) for one in values)
        return fill(_("accepting asks the call sheet for: {answers}"), answers=joined(names, ", "))
    return _bounds(_("the total counts"), *values)


def _bounds(start: str, floor: int | None, cap: int | None) -> Parts:
    """Return ``start`` with its cap and floor, or that it counts in full."""
    if cap is None and floor is None:
        return (Part(f"{start} {_('in full')}"),)
    limits = []
    if cap is not None:
        limits.append(fill(_("up to {cap}"), cap=blank(show(cap))))
    if floor is not None:
        limits.append(fill(_("at least {floor}"), floor=blank(show(floor))))
    return (Part(f"{start} "), *joined(limits, ", "))


def group_sentence(group: Group) -> Parts:
    """Return how a group counts: "counts up to 50", "the best one counts in full"."""
    start = _("counts") if group.combine == "sum" else _("the best one counts")
    return _bounds(start, group.floor, group.cap)


def grade_sentence(cuts: GradeCuts) -> Parts:
    """Return where each class begins."""
    return fill(
        _("fit A from {a}, B from {b}; engagement 1 from {one}, 2 from {two}"),
        a=blank(show(cuts.fit_a)),
        b=blank(show(cuts.fit_b)),
        one=blank(show(cuts.engagement_1)),
        two=blank(show(cuts.engagement_2)),
    )


def rule_sentence(rule: Rule, labels: Labels) -> Parts:
    """Return what makes a rule fire; its points stand beside the sentence, not in it."""
    test = rule.test
    if isinstance(test, Attribute):
        return fill(_("if {condition}"), condition=condition_sentence(test.when, labels))
    if isinstance(test, Silence):
        does = joined((blank(_does(kind, labels)) for kind in test.kinds), _(" or "))
        days = ngettext(
            "when nobody {does} for {days} day", "when nobody {does} for {days} days", test.days
        )
        return fill(days, does=does, days=blank(test.days))
    return _happens(test, labels) + _limits(test)


def condition_sentence(condition: Condition, labels: Labels, *, nested: bool = False) -> Parts:
    """Return a condition in words; a tree inside a tree stands in parentheses."""
    if isinstance(condition, Comparison):
        return _comparison(condition, labels)
    if isinstance(condition, Not):
        return fill(_("not ({part})"), part=condition_sentence(condition.part, labels))
    word = _(" and ") if isinstance(condition, All) else _(" or ")
    inside = (condition_sentence(part, labels, nested=True) for part in condition.parts)
    parts = joined(inside, word)
    return (Part("("), *parts, Part(")")) if nested and len(condition.parts) > 1 else parts


def _comparison(comparison: Comparison, labels: Labels) -> Parts:
    templates = {
        "equals": _("the {field} is {value}"),
        "not_equals": _("the {field} is not {value}"),
        "in": _("the {field} is {value}"),
        "not_in": _("the {field} is not {value}"),
        "contains": _("the {field} contains {value}"),
        "contains_word": _("the {field} contains the word {value}"),
        "starts_with": _("the {field} starts with {value}"),
        "gt": _("the {field} is above {value}"),
        "gte": _("the {field} is at least {value}"),
        "lt": _("the {field} is below {value}"),
        "lte": _("the {field} is at most {value}"),
        "between": _("the {field} is {value}"),
        "is_known": _("the {field} is known"),
        "has": _("the object is tagged {value}"),
    }
    word = _(" to ") if comparison.op == "between" else _(" or ")
    values = (blank(_value(comparison.field, one, labels)) for one in comparison.operands)
    return fill(
        templates[comparison.op],
        field=(Part(label(comparison.field, labels)),),
        value=joined(values, word),
    )


def _value(field: str, operand: Operand, labels: Labels) -> str:
    given = operand.given
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    shown = f"{given:,}" if isinstance(given, int) else given
    return labels.get(f"{field}:{given}") or shown


def _phrases() -> dict[str, tuple[str, str, str]]:
    """What a person does: plainly, with a tagged object, and counted for each object."""
    return {
        "page_view": (
            _("visits a page"),
            _("a person visits a {tag} page"),
            _("for each {tag} page visited"),
        ),
        "content_download": (
            _("downloads something"),
            _("a person downloads a {tag}"),
            _("for each {tag} downloaded"),
        ),
        "demo_request": (_("asks for a demo"), "", ""),
        "subscription": (_("subscribes"), _("a person subscribes to the {tag}"), ""),
    }


def _does(kind: str, labels: Labels) -> str:
    known = _phrases().get(kind)
    return labels.get(kind) or (known[0] if known else f"{_('does')} {label(kind, {})}")


def _happens(test: Behaviour, labels: Labels) -> Parts:
    """Return what is counted, and how: "each time a person visits a pricing page"."""
    where = test.where
    _plainly, tagged, each = _phrases().get(test.kinds[0], ("", "", ""))
    if len(test.kinds) == 1 and isinstance(where, Comparison) and where.op == "has" and tagged:
        tag = blank(_value(where.field, where.operands[0], labels))
        if test.counts == "once_per_object" and each:
            return fill(each, tag=tag)
        person = fill(tagged, tag=tag)
    else:
        does = joined((blank(_does(kind, labels)) for kind in test.kinds), _(" or "))
        person = fill(_("a person {does}"), does=does)
        if where is not None:
            condition = condition_sentence(where, labels)
            person += fill(_(" where {condition}"), condition=condition)
    templates = {
        "once": _("once, when {person}"),
        "each": _("each time {person}"),
        "once_per_object": _("once for each object, when {person}"),
    }
    return fill(templates[test.counts], person=person)


def _limits(test: Behaviour) -> Parts:
    """Return how often and for how long it counts: ", at most 2 in 30 days"."""
    days, most, least = test.within_days, test.max_times, test.min_count
    parts: Parts = ()
    if least is not None and least > 1:
        parts += fill(_(", from {least} times on"), least=blank(least))
    if most is not None:
        parts += fill(_(", at most {most}"), most=blank(most))
    if days is not None:
        within = ngettext("{days} day", "{days} days", days)
        start = _(" in ") if most is not None else _(", within ")
        parts += (Part(start), *blank(within.format(days=days)))
    if test.decay is not None:
        every = test.decay.every_days
        text = ngettext(
            ", losing {percent} % every {days} day", ", losing {percent} % every {days} days", every
        )
        parts += fill(text, percent=blank(show(test.decay.lost)), days=blank(every))
    return parts
