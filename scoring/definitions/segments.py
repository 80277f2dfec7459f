"""Definitions beside one another: whom each is for, and what keeps a segment from standing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from portal.agreements.models import Agreement, Version
from portal.agreements.queries import newest_signed
from scoring.definitions.services import KIND, parsed
from scoring.rules.clause_forms import ANYTHING, read_whom
from scoring.rules.conditions import Condition
from scoring.rules.findings import Finding
from scoring.rules.lint_segments import segment_findings
from scoring.rules.problems import Findings

WHERE = "segment:segment"  # the clause that a finding is about


@dataclass(frozen=True)
class Signed:
    """What was signed last of one definition: whom it takes; None: whom no segment takes."""

    agreement: Agreement
    segment: Condition | None


def signed_segments() -> list[Signed]:
    """Return what was signed last of each definition, as segments are tried, the default last."""
    found = [Signed(one.agreement, parsed(one).segment) for one in newest_signed(KIND)]
    return sorted(found, key=lambda one: one.agreement.position == 0)


def check_beside(version: Version, clauses: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Return what keeps a version from standing beside the other definitions that were signed.

    The one for everybody has no segment; every other one has, and is neither swallowed by an
    earlier one nor swallows a later one.
    """
    own = next((one for one in clauses if one["kind"] == "segment"), None)
    agreement = version.agreement
    if agreement.position == 0:
        words = _(
            "This definition is for everybody whom no segment takes. Take its segment out, or "
            "begin a definition of that segment."
        )
        return [] if own is None else [_finding(words)]
    if own is None:
        return [_finding(_("Say whom this definition is for: write its segment."))]
    signed = signed_segments()
    if not signed or signed[-1].agreement.position:
        return [_finding(_("Both sides sign the definition for everybody first."))]
    condition = read_whom(own["body"], ANYTHING, "", Findings())
    others = [one for one in signed[:-1] if one.agreement.pk != agreement.pk]
    tried = [*others, Signed(agreement, condition)]
    return _swallowed(sorted(tried, key=lambda one: (one.agreement.position, one.agreement.pk)))


def check_order(order: Sequence[int]) -> list[Finding]:
    """Return which segments would take nobody were they tried in this order of agreements."""
    signed = {one.agreement.pk: one for one in signed_segments() if one.agreement.position}
    return _swallowed([signed[pk] for pk in order if pk in signed])


def _swallowed(tried: Sequence[Signed]) -> list[Finding]:
    named = [(one.agreement.name, one.segment) for one in tried]
    return [replace(one, path=WHERE) for one in segment_findings(named)]


def _finding(sentence: str) -> Finding:
    return Finding(WHERE, sentence, "segment", "error")
