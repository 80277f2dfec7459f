"""Freezing why a handoff was made."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from leads.handoffs.models import Handoff
from scoring.definitions.services import Applied
from scoring.engine.judging import Judged, gate_bits
from scoring.engine.models import Evidence
from scoring.rules.activities import Activity
from scoring.rules.definition import AllOf, AnyOf, Definition, Fact, Gate, NoneOf
from scoring.rules.evaluate import Facts, Standing
from scoring.rules.explain import explain
from scoring.rules.necessity import needed

FROZEN = Evidence.Kind.FROZEN


def freeze(
    items: Sequence[tuple[Handoff, Judged]], *, at: datetime, kind: Evidence.Kind = FROZEN
) -> None:
    """Store the evidence of these handoffs as of ``at``, in one statement. Never changed again."""
    Evidence.objects.bulk_create(
        evidence_of(
            handoff, one.applied, one.standing, one.facts, one.history.activities, at=at, kind=kind
        )
        for handoff, one in items
    )


def evidence_of(
    handoff: Handoff,
    applied: Applied,
    standing: Standing,
    facts: Facts,
    activities: Sequence[Activity],
    *,
    at: datetime,
    kind: Evidence.Kind,
) -> Evidence:
    """Return the evidence of one handoff, not stored yet."""
    return Evidence(
        handoff=handoff,
        kind=kind,
        version=applied.version,
        as_of=at,
        fit=standing.fit,
        engagement=standing.engagement,
        total=standing.total,
        grade=standing.grade,
        gates=gate_bits(standing),
        fired=standing.fired,
        needed=needed(applied.definition, standing, facts),
        document=evidence_document(applied.definition, standing, facts, activities),
    )


def evidence_document(
    definition: Definition, standing: Standing, facts: Facts, activities: Sequence[Activity]
) -> dict[str, Any]:
    """Return the explanation with the values and ids behind it; no names, no addresses.

    ``facts`` holds what the fired rules, the ICP and the gates asked about; None: not known.
    """
    by_id = {one.id: one for one in activities}
    asked = {name for rule in standing.factors for name, _ in rule.facts} | decisive_facts(
        definition
    )
    counted = {pk for factor in standing.factors for pk in factor.activities}
    return {
        "lines": [asdict(line) for line in explain(definition, standing)],
        "rules": [definition.rules[f.place].key for f in standing.factors],
        "facts": {name: facts.get(name) for name in sorted(asked)},
        "activities": [
            {
                "id": pk,
                "kind": by_id[pk].kind,
                "occurred_at": by_id[pk].occurred_at.isoformat(),
                "object": by_id[pk].object_id,
            }
            for pk in sorted(counted)
        ],
        "icp": standing.icp,
        "disqualified": standing.disqualified,
    }


def decisive_facts(definition: Definition) -> set[str]:
    """Return the facts that decide besides the rules: of the segment, the ICP and every gate."""
    found = {
        name
        for condition in (definition.segment, definition.icp)
        if condition is not None
        for name in condition.fields()
    }
    for gate in (definition.mql, definition.sales_ready, definition.fast_track):
        found |= _facts_of(gate) if gate else set()
    return found


def _facts_of(gate: Gate) -> set[str]:
    if isinstance(gate, AllOf | AnyOf):
        return {name for part in gate.parts for name in _facts_of(part)}
    if isinstance(gate, NoneOf):
        return _facts_of(gate.part)
    return set(gate.comparison.fields()) if isinstance(gate, Fact) else set()
