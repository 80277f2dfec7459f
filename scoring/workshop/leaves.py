"""One line of a condition form and what it means as JSON: a comparison, or what a gate asks."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.registry import FACTS, PROPERTY_TYPES
from portal.agreements.registry import ClauseText
from scoring.definitions.registration import VOCABULARY, labels

Choices = Sequence[tuple[str, Sequence[tuple[str, str]]]]  # groups of (value, label)
SEVERAL = frozenset({"in", "not_in"})
YES, NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
OPS = (
    ("in", gettext_lazy("is one of")),
    ("not_in", gettext_lazy("is none of")),
    ("equals", gettext_lazy("is")),
    ("not_equals", gettext_lazy("is not")),
    ("contains", gettext_lazy("contains")),
    ("contains_word", gettext_lazy("contains the word")),
    ("starts_with", gettext_lazy("starts with")),
    ("gte", gettext_lazy("is at least")),
    ("gt", gettext_lazy("is above")),
    ("lte", gettext_lazy("is at most")),
    ("lt", gettext_lazy("is below")),
    ("between", gettext_lazy("is between")),
    ("is_known", gettext_lazy("is known")),
    ("has", gettext_lazy("has the tag")),
)


class Line(NamedTuple):
    """What a person fills in: a field, a way to compare, a value as text."""

    field: str
    op: str
    value: str


class Comparisons:
    """Lines that compare facts, or properties of an activity."""

    hint = gettext_lazy("Several values with commas; a range as 50 to 5000.")
    first_op = "in"

    def __init__(self, types: Mapping[str, str], title: str) -> None:
        self.types = types
        self.title = title

    def choices(self) -> Choices:
        """Return the fields that a line may ask about."""
        named = labels()
        return [(self.title, [(one, named.get(one, one.replace("_", " "))) for one in self.types])]

    def problem(self, line: Line) -> str:
        """Return why a line cannot mean what it says, or ""; the rules check all the rest."""
        return ""

    def leaf(self, line: Line) -> Any:
        """Return the comparison that a line means; what cannot be is left for the rules to say."""
        value = _value_of(line.op, line.value, self.types.get(line.field, "text"))
        return {"field": line.field, "op": line.op, "value": value}

    def line(self, leaf: Any) -> Line | None:
        """Return the line of a comparison; None when a line cannot show it."""
        if not isinstance(leaf, Mapping) or set(leaf) != {"field", "op", "value"}:
            return None
        text = _text_of(leaf["op"], leaf["value"])
        if text is None or not isinstance(leaf["field"], str) or leaf["field"] not in self.types:
            return None
        line = Line(leaf["field"], str(leaf["op"]), text)
        return line if Comparisons.leaf(self, line) == leaf else None


def fact_lines() -> Comparisons:
    """Return the lines of conditions on facts."""
    return Comparisons({fact.name: fact.type for fact in FACTS}, _("Facts"))


def activity_lines() -> Comparisons:
    """Return the lines of conditions on what an activity was about."""
    first = {"object_tags": "tags", **PROPERTY_TYPES, **(VOCABULARY.activity_fields or {})}
    return Comparisons(first, _("Of the activity"))


class GateLines(Comparisons):
    """Lines of a gate: sums, counts of rules, one rule, the ICP, and facts."""

    hint = gettext_lazy(
        "Points and counts are compared by “is at least”. Turn it round with “not”."
    )
    first_op = "gte"

    def __init__(self, clauses: Sequence[ClauseText]) -> None:
        super().__init__(fact_lines().types, _("Facts"))
        self.rules = [
            (f"rule_fired:{clause['key']}", str(clause["body"].get("name", clause["key"])))
            for clause in clauses
            if clause["kind"] == "rule"
        ]

    def choices(self) -> Choices:
        sums = [
            ("total_at_least", _("total")),
            ("fit_at_least", _("fit")),
            ("engagement_at_least", _("engagement")),
        ]
        counts = [
            ("signals_at_least:high_intent", _("high-intent signals")),
            ("signals_at_least:interest", _("interest signals")),
            ("rules_at_least:fit", _("fit rules that count")),
            ("rules_at_least:engagement", _("engagement rules that count")),
        ]
        facts = [(f"fact:{value}", label) for value, label in super().choices()[0][1]]
        return [
            (_("Points"), sums),
            (_("Signals and rules"), counts),
            (_("Company"), [("icp", _("in our ICP"))]),
            (_("This rule counts"), self.rules),
            (_("Facts"), facts),
        ]

    def problem(self, line: Line) -> str:
        is_counted = line.field.partition(":")[0].endswith("_at_least")
        if is_counted and line.op != "gte":
            return _("Points and counts are compared by “is at least”. Choose it, or put “not”.")
        return ""

    def leaf(self, line: Line) -> Any:
        what, _colon, of = line.field.partition(":")
        if what == "fact":
            return {"fact": super().leaf(Line(of, line.op, line.value))}
        if what == "icp":
            return {"icp": True}
        if what == "rule_fired":
            return {"rule_fired": of}
        number = _number(line.value)
        if what in {"signals_at_least", "rules_at_least"}:
            name = "signal" if what == "signals_at_least" else "dimension"
            return {what: {"count": number, name: of}}
        return {what: number}

    def line(self, leaf: Any) -> Line | None:
        if not isinstance(leaf, Mapping) or len(leaf) != 1:
            return None
        ((what, asked),) = leaf.items()
        line = self._line(str(what), asked)
        known = {value for _title, choices in self.choices() for value, _label in choices}
        return line if line and line.field in known and self.leaf(line) == leaf else None

    def _line(self, what: str, asked: Any) -> Line | None:
        if what == "fact":
            inside = super().line(asked)
            return inside and inside._replace(field=f"fact:{inside.field}")
        if what in {"signals_at_least", "rules_at_least"} and isinstance(asked, Mapping):
            of = asked.get("signal") or asked.get("dimension")
            return Line(f"{what}:{of}", "gte", str(asked.get("count", "")))
        if what == "rule_fired":
            return Line(f"{what}:{asked}", "gte", "")
        return Line(what, "gte", "" if asked is True else str(asked))


def points_text(value: str) -> str:
    """Return typed points as the rules read them: "+12,5" and "−10" are understood."""
    return value.strip().replace("\N{MINUS SIGN}", "-").removeprefix("+").replace(",", ".")


def _number(text: str) -> int | str:
    plain = points_text(text)
    is_whole = plain.removeprefix("-").isdecimal() and plain.isascii() and len(plain) < 16
    return int(plain) if is_whole else plain


def _value_of(op: str, text: str, kind: str) -> Any:
    """Return what a typed value means; a list where the comparison takes one."""
    if op == "is_known":
        return True
    if op == "between":
        ends = text.replace(",", " to ", 1) if " to " not in text else text
        return [_single(end, kind) for end in ends.split(" to ")]
    if op in SEVERAL:
        return [_single(one, kind) for one in text.split(",") if one.strip()]
    return _single(text, kind)


def _single(text: str, kind: str) -> Any:
    text = text.strip()
    if kind == "number":
        return _number(text)
    if kind == "flag" and text.casefold() in YES | NO:
        return text.casefold() in YES
    return text


def _text_of(op: Any, value: Any) -> str | None:
    if op == "is_known":
        return ""
    if isinstance(value, list | tuple):
        between = " to " if op == "between" else ", "
        return between.join(str(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int) else None
