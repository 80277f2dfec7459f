"""What is worth a second look before a definition is signed; nothing here stops it."""

from collections.abc import Sequence

from portal.agreements.registry import ClauseText
from scoring.definitions.registration import VOCABULARY
from scoring.rules.definition import Definition
from scoring.rules.findings import Finding
from scoring.rules.lint import lint
from scoring.rules.problems import Findings, Problem
from scoring.rules.schema import read_version


def read_clauses(
    clauses: Sequence[ClauseText], *, number: int = 0
) -> tuple[Definition | None, list[Problem]]:
    """Return the definition that clauses make, or None and what keeps them from making one."""
    findings = Findings()
    definition = read_version(list(clauses), VOCABULARY, findings, version=number)
    return (None if findings.problems else definition), findings.problems


def second_looks(clauses: Sequence[ClauseText]) -> list[Finding]:
    """Return the lint's warnings about the text; what stops a proposal is told elsewhere."""
    definition, _problems = read_clauses(clauses)
    if definition is None:
        return []
    return [finding for finding in lint(definition) if finding.level == "warning"]
