"""Leads and a version given as JSON, scored: so that anyone can check what the product says.

docs/reference/score-command.md describes both documents. Every lead is scored twice, by the
reference and by the kernel; where the two differ the answer says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from scoring.engine.columns import batch_of
from scoring.engine.freshness import valid_until_all
from scoring.engine.kernel import evaluate_all
from scoring.rules.activities import Activity
from scoring.rules.definition import GATES, Definition
from scoring.rules.evaluate import Snapshot, Standing, evaluate, facts_at
from scoring.rules.explain import explain
from scoring.rules.freshness import valid_until
from scoring.rules.instants import instant, seconds
from scoring.rules.parse import parse

MANY = 1_000  # leads between two words of progress
NUMBERS = ("fit", "engagement", "total", "fired", *GATES, "icp", "disqualified")


class BadScoreFile(ValueError):
    """The document cannot be read; the message says where and why."""


@dataclass(frozen=True)
class GivenLead:
    """One lead of the document."""

    id: object
    as_of: datetime
    snapshots: Sequence[Snapshot]
    activities: Sequence[Activity]


def score_document(
    document: object, *, on_progress: Callable[[int, int], None] = lambda _done, _all: None
) -> dict[str, Any]:
    """Return the scores of every lead of a document; ``on_progress`` is told after each MANY.

    Raises BadScoreFile, and InvalidDefinition for a version that cannot be read.
    """
    given = _object(document, "the document", {"version", "leads", "as_of"})
    definition = parse(given.get("version"))
    default = given.get("as_of")
    leads = [
        _lead(one, f"leads.{n}", default)
        for n, one in enumerate(_list(given.get("leads"), "leads"))
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


def _lead(given: object, path: str, default: object) -> GivenLead:
    fields = _object(given, path, {"id", "as_of", "facts", "activities"})
    facts = _list(fields.get("facts", []), f"{path}.facts")
    deeds = _list(fields.get("activities", []), f"{path}.activities")
    return GivenLead(
        id=fields.get("id"),
        as_of=_instant(fields.get("as_of", default), f"{path}.as_of"),
        snapshots=[_snapshot(n, one, f"{path}.facts.{n}") for n, one in enumerate(facts)],
        activities=[_activity(n, one, f"{path}.activities.{n}") for n, one in enumerate(deeds)],
    )


def _snapshot(place: int, given: object, path: str) -> Snapshot:
    fields = _object(given, path, {"known_from", "values"})
    values = _object(fields.get("values"), f"{path}.values", None)
    return Snapshot(place, _instant(fields.get("known_from"), f"{path}.known_from"), values)


def _activity(place: int, given: object, path: str) -> Activity:
    names = {"id", "kind", "occurred_at", "received_at", "object", "properties", "is_bot"}
    fields = _object(given, path, names)
    about = _object(fields.get("object") or {}, f"{path}.object", {"id", "kind", "key", "tags"})
    properties = dict(_object(fields.get("properties") or {}, f"{path}.properties", None))
    kind, occurred = fields.get("kind"), fields.get("occurred_at")
    if not isinstance(kind, str):
        raise BadScoreFile(f"{path}.kind: give the kind of the activity as text.")
    number = fields.get("id", place)
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadScoreFile(f"{path}.id: give a whole number, or leave it out.")
    key, of_kind = _text(about, "key", path), _text(about, "kind", path)
    tags = _list(about.get("tags", []), f"{path}.object.tags")
    identity = about.get("id", f"{of_kind}:{key}" if about else None)
    if of_kind:
        properties["object_kind"] = of_kind
    return Activity(
        id=number,
        kind=kind,
        occurred_at=_instant(occurred, f"{path}.occurred_at"),
        received_at=_instant(fields.get("received_at", occurred), f"{path}.received_at"),
        object_id=identity if isinstance(identity, int | str) else None,
        object_text=key,
        tags=frozenset(tag for tag in tags if isinstance(tag, str)),
        properties=properties,
        is_bot=fields.get("is_bot") is True,
    )


def _text(fields: Mapping[str, Any], name: str, path: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise BadScoreFile(f"{path}.object.{name}: give a text.")
    return value


def _object(given: object, path: str, names: set[str] | None) -> Mapping[str, Any]:
    """Return ``given`` as an object with no other fields than ``names``; None allows any."""
    if not isinstance(given, Mapping):
        raise BadScoreFile(f"{path}: give an object.")
    if names is not None and (unknown := sorted(map(str, given.keys() - names))):
        raise BadScoreFile(f"{path}: there is no field “{unknown[0][:60]}”. {_choices(names)}")
    return given


def _choices(names: Iterable[str]) -> str:
    return f"Use one of: {', '.join(sorted(names))}."


def _list(given: object, path: str) -> Sequence[Any]:
    if not isinstance(given, list):
        raise BadScoreFile(f"{path}: give a list.")
    return given


def _instant(given: object, path: str) -> datetime:
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        example = "2026-03-02T12:00:00Z"
        raise BadScoreFile(f"{path}: give an instant with its zone, like “{example}”.")
    return at
