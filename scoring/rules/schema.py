"""Reads and checks clauses: one at a time for the editor, together for a version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.rules.clause_forms import (
    ANYTHING,
    Vocabulary,
    read_checklist,
    read_grade,
    read_group,
    read_rule,
    read_total,
    read_whom,
)
from scoring.rules.conditions import Condition
from scoring.rules.definition import GATES, Definition, Gate, GradeCuts, Group, Rule
from scoring.rules.gate_forms import MOST_RULES, Around, read_gate
from scoring.rules.problems import Findings, Problem, join, shown
from scoring.rules.reading import KEY, Reader

KINDS = ("segment", "total", "group", "rule", "icp", "gate", "grade", "checklist")
SINGLE = ("segment", "total", "icp", "grade", "checklist")  # one of each, its key is its kind
MOST_CLAUSES = 100
MOST_GROUPS = 20


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a version as it was written: its body is not read yet."""

    kind: str
    key: str
    position: int
    body: object

    @property
    def path(self) -> str:
        """Where its problems are reported: ``rule:demo_request``."""
        return f"{self.kind}:{self.key}"


def read_clause(
    kind: str, key: str, body: object, vocabulary: Vocabulary = ANYTHING
) -> tuple[object, list[Problem]]:
    """Return one clause as the evaluators know it, or None and all that is wrong with it.

    Paths start inside its body. References to other clauses are left to ``validate_version``.
    """
    findings = Findings()
    if not _name(kind, key, "", findings):
        return None, findings.problems
    alone = Around(None, {}, has_icp=True, facts=vocabulary.facts)
    read = _read_clause(Clause(kind, key, 0, body), vocabulary, alone, "", findings)
    return (None if findings.problems else read), findings.problems


def validate_clause(
    kind: str, key: str, body: object, vocabulary: Vocabulary = ANYTHING
) -> list[Problem]:
    """Return all that is wrong with one clause by itself (see ``read_clause``)."""
    return read_clause(kind, key, body, vocabulary)[1]


def validate_version(
    clauses: Sequence[Mapping[str, object]], vocabulary: Vocabulary = ANYTHING
) -> list[Problem]:
    """Return all that stands between these clauses and a version that may be proposed."""
    findings = Findings()
    definition = read_version(clauses, vocabulary, findings)
    if not definition.rules and not findings.problems:
        findings.add("", _("This definition has no rule yet. Add one."))
    for gate in ("mql", "sales_ready"):
        if getattr(definition, gate) is None and not findings.problems:
            findings.add("", _("This definition has no gate “%s” yet. Write one.") % gate)
    return findings.problems


def read_version(
    clauses: object, vocabulary: Vocabulary, findings: Findings, *, name: str = "", version: int = 0
) -> Definition:
    """Return the definition these clauses make; it may only be used when nothing was found."""
    read = _clauses(clauses, findings)
    groups = _groups(read, findings)
    rules = _rules(read, groups, vocabulary, findings)
    dimension = {group.key: group.dimension for group in groups}
    has_icp = any(clause.kind == "icp" for clause in read)
    around = Around(rules, dimension, has_icp, vocabulary.facts)
    parts: dict[str, object] = {}
    for clause in read:
        if clause.kind not in {"group", "rule"}:
            field = clause.key if clause.kind == "gate" else clause.kind
            parts[field] = _read_clause(clause, vocabulary, around, clause.path, findings)
    return _definition(name, version, groups, rules, parts)


def _definition(
    name: str,
    version: int,
    groups: Sequence[Group],
    rules: Sequence[Rule],
    parts: dict[str, object],
) -> Definition:
    total = parts.get("total")
    floor, cap = total if isinstance(total, tuple) else (None, None)
    checklist, grade = parts.get("checklist"), parts.get("grade")
    segment = parts.get("segment")
    icp, gates = parts.get("icp"), {gate: parts.get(gate) for gate in GATES}
    return Definition(
        name=name,
        version=version,
        groups=tuple(groups),
        rules=tuple(rules),
        total_floor=floor,
        total_cap=cap,
        icp=icp if isinstance(icp, Condition) else None,
        grade=grade if isinstance(grade, GradeCuts) else None,
        checklist=checklist if isinstance(checklist, tuple) else (),
        segment=segment if isinstance(segment, Condition) else None,
        **{key: gate for key, gate in gates.items() if isinstance(gate, Gate)},
    )


def _clauses(clauses: object, findings: Findings) -> list[Clause]:
    """Return the clauses that have a kind and a key of their own, in the order of positions."""
    if not isinstance(clauses, list | tuple) or len(clauses) > MOST_CLAUSES:
        findings.add("clauses", _("Give a list of at most %d clauses.") % MOST_CLAUSES)
        return []
    read: dict[str, Clause] = {}
    for place, given in enumerate(clauses):
        path = join("clauses", place)
        reader = Reader(given, path, findings)
        kind, key, position = (reader.get(name) for name in ("kind", "key", "position"))
        position = place if position is None else position
        if not reader.usable or not _name(kind, key, path, findings):
            continue
        if not isinstance(position, int) or isinstance(position, bool) or abs(position) > 10**6:
            reader.problem("position", _("Give a whole number."))
            continue
        clause = Clause(str(kind), str(key), position, reader.get("body"))
        if clause.path in read:
            findings.add(clause.path, _("Two clauses have the key “%s”. Rename one.") % key)
        read[clause.path] = clause
    return sorted(read.values(), key=lambda clause: (clause.position, clause.key))


def _name(kind: object, key: object, path: str, findings: Findings) -> bool:
    """Whether a clause of ``kind`` may be called ``key``; notes why not."""
    if not isinstance(kind, str) or kind not in KINDS:
        findings.add(join(path, "kind"), _("Choose one of: %s.") % ", ".join(KINDS))
        return False
    allowed = GATES if kind == "gate" else (kind,) if kind in SINGLE else None
    if allowed is not None and key not in allowed:
        findings.add(join(path, "key"), _("Its key must be one of: %s.") % ", ".join(allowed))
        return False
    if not isinstance(key, str) or not KEY.fullmatch(key):
        findings.add(
            join(path, "key"),
            _("“%s” is no key: use lower-case letters, digits and underscores, at most 60.")
            % shown(key),
        )
        return False
    return True


def _groups(clauses: Sequence[Clause], findings: Findings) -> list[Group]:
    found = [clause for clause in clauses if clause.kind == "group"]
    if len(found) > MOST_GROUPS:
        findings.add("clauses", _("A definition has at most %d groups.") % MOST_GROUPS)
    return [read_group(one.key, one.body, one.path, findings) for one in found[:MOST_GROUPS]]


def _rules(
    clauses: Sequence[Clause], groups: Sequence[Group], vocabulary: Vocabulary, findings: Findings
) -> list[Rule]:
    """Return the rules in the order of their groups, then their own: the order of their bits."""
    found = [clause for clause in clauses if clause.kind == "rule"]
    if len(found) > MOST_RULES:
        text = ngettext(
            "A definition has at most %(most)d rules. Take out %(over)d rule.",
            "A definition has at most %(most)d rules. Take out %(over)d rules.",
            len(found) - MOST_RULES,
        )
        findings.add("clauses", text % {"most": MOST_RULES, "over": len(found) - MOST_RULES})
    order = {group.key: place for place, group in enumerate(groups)}
    rules = []
    for clause in found[:MOST_RULES]:
        rule = read_rule(clause.key, clause.body, vocabulary, clause.path, findings)
        if rule is not None and rule.group in order:
            rules.append(rule)
        elif rule is not None and rule.group:
            path, group = join(clause.path, "group"), shown(rule.group)
            findings.add(path, _("This definition has no group “%s”.") % group)
    return sorted(rules, key=lambda rule: order[rule.group])


def _read_clause(
    clause: Clause, vocabulary: Vocabulary, around: Around, path: str, findings: Findings
) -> object:
    """Read the body of one clause of any kind."""
    readers: dict[str, Callable[[], object]] = {
        "rule": lambda: read_rule(clause.key, clause.body, vocabulary, path, findings),
        "group": lambda: read_group(clause.key, clause.body, path, findings),
        "total": lambda: read_total(clause.body, path, findings),
        "icp": lambda: read_whom(clause.body, vocabulary, path, findings),
        "segment": lambda: read_whom(clause.body, vocabulary, path, findings),
        "gate": lambda: _gate(clause.body, around, path, findings),
        "grade": lambda: read_grade(clause.body, path, findings),
        "checklist": lambda: read_checklist(clause.body, vocabulary, path, findings),
    }
    return readers[clause.kind]()


def _gate(body: object, around: Around, path: str, findings: Findings) -> Gate | None:
    reader = Reader(body, path, findings)
    gate = read_gate(reader.get("when"), around, join(path, "when"), findings)
    reader.finish()
    return gate
