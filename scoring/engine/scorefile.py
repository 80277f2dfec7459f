"""Leads and a version given as JSON, scored: so that anyone can check what the product says.

docs/reference/score-command.md describes both documents. Every lead is scored twice, by the
reference and by the kernel; where the two differ the answer says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from scoring.engine.columns import batch_of
from scoring.engine.freshness import valid_until_all
from scoring.engine.given import GivenLead, read_lead, read_list, read_object, read_version_of
from scoring.engine.kernel import evaluate_all
from scoring.rules.definition import GATES, Definition
from scoring.rules.evaluate import Standing, evaluate, facts_at
from scoring.rules.explain import explain
from scoring.rules.freshness import valid_until
from scoring.rules.instants import instant, seconds

MANY = 1_000  # leads between two words of progress
NUMBERS = ("fit", "engagement", "total", "fired", *GATES, "icp", "disqualified")


def score_document(
    document: object, *, on_progress: Callable[[int, int], None] = lambda _done, _all: None
) -> dict[str, Any]:
    """Return the scores of every lead of a document; ``on_progress`` is told after each MANY.

    Raises BadScoreFile, and InvalidDefinition for a version that cannot be read.
    """
    given = read_object(document, "the document", {"version", "leads", "as_of"})
    definition = read_version_of(given.get("version"))
    default = given.get("as_of")
    leads = [
        read_lead(one, f"leads.{n}", default)
        for n, one in enumerate(read_list(given.get("leads"), "leads"))
    ]
    standings = []
    for done, lead in enumerate(leads, 1):
        facts = facts_at(lead.snapshots, lead.as_of)
        standings.append(evaluate(definition, facts, lead.activities, lead.as_of))
        if done % MANY == 0:
            on_progress(done, len(leads))
    agreed = _agreed(definition, leads, standings)
    return {
        "version": definition.version,
        "name": definition.name,
        "evaluators_agree": all(agreed),
        "leads": [
            _answer(definition, lead, standing, agree=agree)
            for lead, standing, agree in zip(leads, standings, agreed, strict=True)
        ],
    }


def _agreed(
    definition: Definition, leads: Sequence[GivenLead], standings: Sequence[Standing]
) -> list[bool]:
    """Return for each lead whether the kernel finds the same, until the same instant."""
    batch = batch_of([(lead.snapshots, lead.activities) for lead in leads])
    as_of = np.array([seconds(lead.as_of) for lead in leads], np.int64)
    scores = evaluate_all(definition, batch, as_of)
    until = valid_until_all(definition, batch, as_of)
    return [
        all(getattr(scores, name)[n].item() == getattr(standing, name) for name in NUMBERS)
        and str(scores.grade[n]) == standing.grade
        and instant(int(until[n]))
        == valid_until(definition, lead.snapshots, lead.activities, lead.as_of)
        for n, (lead, standing) in enumerate(zip(leads, standings, strict=True))
    ]


def _answer(
    definition: Definition, lead: GivenLead, standing: Standing, *, agree: bool
) -> dict[str, Any]:
    until = valid_until(definition, lead.snapshots, lead.activities, lead.as_of)
    return {
        "id": lead.id,
        "as_of": lead.as_of.isoformat(),
        "total": standing.total,
        "fit": standing.fit,
        "engagement": standing.engagement,
        "grade": standing.grade,
        "gates": [gate for gate in GATES if getattr(standing, gate)],
        "icp": standing.icp,
        "disqualified": standing.disqualified,
        "fired": [factor.rule.key for factor in standing.factors],
        "valid_until": until and until.isoformat(),
        "lines": [
            {name: value for name, value in asdict(line).items() if name != "facts"}
            | {"facts": dict(line.facts)}
            for line in explain(definition, standing)
        ],
        "evaluators_agree": agree,
    }
