"""Reads a gate tree from JSON against the rules of its version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext as _

from scoring.rules.condition_forms import (
    DEEPEST,
    Budget,
    FieldTypes,
    branch_of,
    parts_of,
    read_comparison,
)
from scoring.rules.definition import (
    DIMENSIONS,
    SIGNALS,
    AllOf,
    AnyOf,
    DimensionAtLeast,
    Fact,
    Gate,
    IsIcp,
    NoneOf,
    Rule,
    RuleFired,
    RulesAtLeast,
    SignalsAtLeast,
    TotalAtLeast,
)
from scoring.rules.problems import Findings, join, shown
from scoring.rules.reading import Reader

MOST_RULES = 60


@dataclass(frozen=True, slots=True)
class Around:
    """What a gate may refer to. ``rules`` None: only this clause is read, any key will do."""

    rules: Sequence[Rule] | None
    dimension: Mapping[str, str]  # of each group, by its key
    has_icp: bool
    facts: FieldTypes | None

    def mask(self, wanted: Callable[[Rule], bool]) -> int:
        """Return the bits of the rules that are ``wanted``."""
        return sum(1 << place for place, rule in enumerate(self.rules or ()) if wanted(rule))


def read_gate(tree: object, around: Around, path: str, findings: Findings) -> Gate | None:
    """Return the gate, or None after at least one finding."""
    before = len(findings.problems)
    gate = _Gates(around, findings).read(tree, path, 1)
    return gate if len(findings.problems) == before else None


class _Gates:
    """One reading of one gate tree."""

    def __init__(self, around: Around, findings: Findings) -> None:
        self.around = around
        self.findings = findings
        self.budget = Budget()

    def read(self, tree: object, path: str, depth: int) -> Gate | None:
        if not self.budget.spend():
            self.budget.refuse(path, self.findings)
            return None
        branch = branch_of(tree)
        if branch is None or not isinstance(tree, Mapping):
            return self._leaf(tree, path)
        inside = join(path, branch)
        if depth >= DEEPEST:
            self.findings.add(
                inside, _("A gate nests at most %d levels deep. Flatten it.") % DEEPEST
            )
            return None
        if branch == "not":
            part = self.read(tree[branch], inside, depth + 1)
            return None if part is None else NoneOf(part)
        parts = tuple(
            part
            for place, one in enumerate(parts_of(tree[branch], inside, self.findings))
            if (part := self.read(one, join(inside, place), depth + 1)) is not None
        )
        return AllOf(parts) if branch == "all" else AnyOf(parts)

    def _leaf(self, tree: object, path: str) -> Gate | None:
        name = next(islice(tree, 1), None) if isinstance(tree, Mapping) and len(tree) == 1 else None
        read = LEAVES.get(name) if isinstance(name, str) else None
        if read is None or not isinstance(tree, Mapping):
            known = ", ".join(("all", "any", "not", *LEAVES))
            self.findings.add(
                path, _("A gate asks one thing at a time. Choose one of: %s.") % known
            )
            return None
        return read(self, Reader(tree, path, self.findings), join(path, name))

    def total(self, reader: Reader, _path: str) -> Gate:
        return TotalAtLeast(reader.points("total_at_least"))

    def fit(self, reader: Reader, _path: str) -> Gate:
        return DimensionAtLeast("fit", reader.points("fit_at_least"))

    def engagement(self, reader: Reader, _path: str) -> Gate:
        return DimensionAtLeast("engagement", reader.points("engagement_at_least"))

    def rule(self, reader: Reader, path: str) -> Gate:
        key = reader.key("rule_fired")
        mask = self.around.mask(lambda rule: rule.key == key)
        if key and self.around.rules is not None and not mask:
            self.findings.add(path, _("This definition has no rule “%s”.") % shown(key))
        return RuleFired(key, mask)

    def signals(self, reader: Reader, path: str) -> Gate:
        asked = Reader(reader.get("signals_at_least"), path, self.findings)
        count, signal = (
            asked.count("count", MOST_RULES, required=True),
            asked.choice("signal", SIGNALS),
        )
        asked.finish()
        return SignalsAtLeast(
            count or 1, signal, self.around.mask(lambda rule: rule.signal == signal)
        )

    def rules(self, reader: Reader, path: str) -> Gate:
        asked = Reader(reader.get("rules_at_least"), path, self.findings)
        count = asked.count("count", MOST_RULES, required=True)
        dimension = asked.choice("dimension", DIMENSIONS)
        asked.finish()
        of = self.around.dimension
        mask = self.around.mask(lambda rule: rule.points > 0 and of.get(rule.group) == dimension)
        return RulesAtLeast(count or 1, dimension, mask)

    def icp(self, reader: Reader, path: str) -> Gate:
        if reader.get("icp") is not True:
            self.findings.add(path, _("icp takes the value true; put “not” around it for outside."))
        elif self.around.rules is not None and not self.around.has_icp:
            self.findings.add(path, _("This definition has no ICP yet. Write one first."))
        return IsIcp()

    def fact(self, reader: Reader, path: str) -> Gate | None:
        found = read_comparison(reader.get("fact"), self.around.facts, path, self.findings)
        return None if found is None else Fact(found)


LEAVES: dict[str, Callable[[_Gates, Reader, str], Gate | None]] = {
    "total_at_least": _Gates.total,
    "fit_at_least": _Gates.fit,
    "engagement_at_least": _Gates.engagement,
    "rule_fired": _Gates.rule,
    "signals_at_least": _Gates.signals,
    "rules_at_least": _Gates.rules,
    "icp": _Gates.icp,
    "fact": _Gates.fact,
}
