"""Checks a definition against itself and against what was seen of it; each finding has its fix.

An **error** stands in the way of a proposal; a **warning** is shown to who signs.
"""

from collections.abc import Iterator

from scoring.rules.definition import Definition
from scoring.rules.findings import Finding
from scoring.rules.lint_make import make_findings
from scoring.rules.lint_reach import max_total, reach_findings, unreachable_gates
from scoring.rules.lint_seen import Seen, seen_findings

__all__ = ["errors", "lint", "max_total", "unreachable_gates"]


def lint(definition: Definition, seen: Seen | None = None) -> list[Finding]:
    """Return everything that is worth a second look, errors first.

    ``seen`` is what the leads show of this definition; without it only its text is looked at.
    """
    found = [*_of_text(definition), *(seen_findings(definition, seen) if seen else ())]
    return sorted(found, key=lambda finding: finding.level != "error")


def errors(definition: Definition) -> list[Finding]:
    """Return what must be mended before the definition may be proposed."""
    return [finding for finding in _of_text(definition) if finding.level == "error"]


def _of_text(definition: Definition) -> Iterator[Finding]:
    yield from reach_findings(definition)
    yield from make_findings(definition)
