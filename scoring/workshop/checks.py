"""What is worth a second look before a definition is signed; nothing here stops it."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from portal.agreements.registry import ClauseText
from scoring.definitions.registration import VOCABULARY
from scoring.rules.definition import Behaviour, Definition, Rule
from scoring.rules.lint import unreachable_gates
from scoring.rules.problems import Findings, Problem
from scoring.rules.schema import read_version


def second_looks(clauses: Sequence[ClauseText]) -> list[Problem]:
    """Return gates out of reach, rules whose activities never age, groups without a rule."""
    findings = Findings()
    definition = read_version(list(clauses), VOCABULARY, findings)
    if findings.problems:
        return []
    return [*unreachable_gates(definition), *_ageless(definition), *_empty(definition)]


def _ageless(definition: Definition) -> Iterator[Problem]:
    for rule in definition.rules:
        if _never_ages(rule):
            sentence = _("“%s” never ages: one from years ago still counts. Give it a window.")
            yield Problem(f"rule:{rule.key}", sentence % rule.name)


def _never_ages(rule: Rule) -> bool:
    test = rule.test
    return isinstance(test, Behaviour) and test.within_days is None and test.decay is None


def _empty(definition: Definition) -> Iterator[Problem]:
    for group, rules in definition.by_group:
        if not rules:
            sentence = _("The group “%s” has no rule. Add one, or take the group out.")
            yield Problem(f"group:{group.key}", sentence % group.name)
