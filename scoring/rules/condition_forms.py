"""Reads a condition tree from JSON against the fields it may ask about."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from scoring.rules.conditions import (
    All,
    Any,
    Comparison,
    Condition,
    Not,
    Operand,
)
from scoring.rules.problems import Findings, join, shown

FieldTypes = Mapping[str, str]  # field name -> text, number, flag, date or tags

DEEPEST = 12  # levels of all, any, not
LARGEST_TREE = 200  # comparisons and branches in one condition
LONGEST = 200  # characters of one value
MOST_VALUES = 100  # in one list of values

KNOWN_OPS = frozenset({"equals", "not_equals", "is_known"})
LIST_OPS = frozenset({"in", "not_in"})
WORDS = frozenset({"contains", "contains_word", "starts_with"})
ORDERED = frozenset({"gt", "gte", "lt", "lte", "between"})
OPS: dict[str, frozenset[str]] = {
    "text": KNOWN_OPS | LIST_OPS | WORDS,
    "number": KNOWN_OPS | LIST_OPS | ORDERED,
    "date": KNOWN_OPS | LIST_OPS | ORDERED,
    "flag": KNOWN_OPS,
    "tags": frozenset({"has"}),
}
EVERY_OP = frozenset().union(*OPS.values())
BRANCHES = ("all", "any", "not")


@dataclass(slots=True)
class Budget:
    """How many nodes a tree may still have; shared by the whole reading of one tree."""

    left: int = LARGEST_TREE

    def spend(self) -> bool:
        """Take one node; False once the tree is too large."""
        self.left -= 1
        return self.left >= 0

    def refuse(self, path: str, findings: Findings) -> None:
        """Say once that the tree is too large."""
        if self.left == -1:
            findings.add(path, _("This tree has more than %d parts. Split it.") % LARGEST_TREE)


def branch_of(tree: object) -> str | None:
    """Return ``all``, ``any`` or ``not`` when ``tree`` is that branch and nothing else."""
    if isinstance(tree, Mapping) and len(tree) == 1:
        name = next(iter(tree))
        return name if isinstance(name, str) and name in BRANCHES else None
    return None


def parts_of(parts: object, path: str, findings: Findings) -> list[object]:
    """Return the parts of an ``all`` or ``any``; an empty one is refused, for it says nothing."""
    if isinstance(parts, list | tuple) and parts:
        return list(parts[: LARGEST_TREE + 1])
    findings.add(path, _("Give at least one condition here, in a list."))
    return []


def read_condition(
    tree: object, fields: FieldTypes | None, path: str, findings: Findings
) -> Condition | None:
    """Return the condition, or None after at least one finding.

    ``fields`` None accepts any name: signed text is read that way, for what was
    signed stays valid when the registry moves on.
    """
    before = len(findings.problems)
    condition = _tree(tree, fields, path, findings, Budget(), 1)
    return condition if len(findings.problems) == before else None


def _tree(
    tree: object,
    fields: FieldTypes | None,
    path: str,
    findings: Findings,
    budget: Budget,
    depth: int,
) -> Condition | None:
    if not budget.spend():
        budget.refuse(path, findings)
        return None
    branch = branch_of(tree)
    if branch is None or not isinstance(tree, Mapping):
        return read_comparison(tree, fields, path, findings)
    inside = join(path, branch)
    if depth >= DEEPEST:
        findings.add(
            inside, _("Conditions nest at most %d levels deep. Flatten this one.") % DEEPEST
        )
        return None
    if branch == "not":
        part = _tree(tree[branch], fields, inside, findings, budget, depth + 1)
        return None if part is None else Not(part)
    read = [
        _tree(one, fields, join(inside, place), findings, budget, depth + 1)
        for place, one in enumerate(parts_of(tree[branch], inside, findings))
    ]
    parts = tuple(part for part in read if part is not None)
    return All(parts) if branch == "all" else Any(parts)


def read_comparison(
    tree: object, fields: FieldTypes | None, path: str, findings: Findings
) -> Comparison | None:
    """Return one comparison ``{"field", "op", "value"}``, or None after a finding."""
    if not isinstance(tree, Mapping) or set(tree) != {"field", "op", "value"}:
        findings.add(
            path, _("A condition is all, any, not, or a comparison of a field, an op and a value.")
        )
        return None
    name, op = tree["field"], tree["op"]
    if not isinstance(name, str) or not name or len(name) > LONGEST:
        findings.add(join(path, "field"), _("Name a field."))
        return None
    if fields is not None and name not in fields:
        findings.add(join(path, "field"), _("Nothing called “%s” is known here.") % shown(name))
        return None
    kind = None if fields is None else fields[name]
    allowed = EVERY_OP if kind is None else OPS[kind]
    if not isinstance(op, str) or op not in allowed:
        findings.add(
            join(path, "op"),
            _("“%(field)s” can be compared with: %(ops)s.")
            % {"field": shown(name), "ops": ", ".join(sorted(allowed))},
        )
        return None
    operands = _operands(op, kind, tree["value"], join(path, "value"), findings)
    return None if operands is None else Comparison(name, op, operands)


def _operands(
    op: str, kind: str | None, value: object, path: str, findings: Findings
) -> tuple[Operand, ...] | None:
    if op == "is_known":
        if value is not True:
            findings.add(path, _("is_known takes the value true; put “not” around it for unknown."))
            return None
        return (Operand(given=True),)
    if op in {"in", "not_in", "between"}:
        return _several(op, kind, value, path, findings)
    sentence = _wrong(op, kind, value)
    if sentence or not isinstance(value, str | int):
        findings.add(path, sentence)
        return None
    return (Operand.of(value),)


def _several(
    op: str, kind: str | None, value: object, path: str, findings: Findings
) -> tuple[Operand, ...] | None:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_VALUES:
        findings.add(path, _("Give a list of 1 to %d values.") % MOST_VALUES)
        return None
    if op == "between" and len(value) != 2:
        findings.add(path, _("Give two values, the lower and the higher."))
        return None
    operands = []
    for place, one in enumerate(value):
        sentence = _wrong(op, kind, one)
        if sentence or not isinstance(one, str | int):
            findings.add(join(path, place), sentence)
        else:
            operands.append(Operand.of(one))
    if len(operands) < len(value):
        return None
    if op == "between" and operands[0].order(_plain(operands[1])) in {None, -1}:
        findings.add(path, _("Give two values of one kind, the lower one first."))
        return None
    return tuple(operands)


def _plain(operand: Operand) -> object:
    return operand.day if operand.number is None else operand.number


def _wrong(op: str, kind: str | None, value: object) -> str:
    """Return why ``value`` cannot be compared by ``op`` with a field of ``kind``, or ""."""
    if isinstance(value, str) and not (value.strip() and len(value) <= LONGEST):
        return _("Write a value of 1 to %d characters.") % LONGEST
    if not isinstance(value, str | int) or abs(0 if isinstance(value, str) else value) >= 10**15:
        return _("Give a text, a whole number, or a decimal as text like “12.5”.")
    operand = Operand.of(value)
    if op in WORDS or op == "has":
        kind = "text"
    elif op in ORDERED and kind is None:
        kind = "date" if operand.number is None else "number"
    fits, sentence = {
        "text": (operand.text is not None, gettext_noop("Give a text.")),
        "flag": (isinstance(value, bool), gettext_noop("Answer true or false.")),
        "number": (operand.number is not None, gettext_noop("Give a number, like 50 or “12.5”.")),
        "date": (operand.day is not None, gettext_noop("Give a date, like 2026-01-31.")),
        None: (True, ""),
    }[kind]
    return "" if fits else _(sentence)
