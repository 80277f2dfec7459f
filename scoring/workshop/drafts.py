"""What the workshop's pages begin with: a version, what it reads as, and what it stands beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.agreements.forms import OpenClause
from portal.agreements.models import Version
from portal.agreements.pages import find_version
from portal.agreements.queries import clause_texts, version_before
from portal.agreements.registry import pages_of
from portal.agreements.writing import free_key
from scoring.definitions.services import KIND, Applied, definitions_in_force, parsed
from scoring.rules.conditions import Condition
from scoring.rules.definition import Definition
from scoring.rules.segments import Among
from scoring.workshop.checks import read_clauses


@dataclass
class Beside:
    """A version as it reads now (or as it is being typed), beside the one in force.

    ``draft`` is None while it cannot be read; ``problems`` are the sentences why.
    """

    version: Version
    texts: Sequence[Mapping[str, Any]]
    draft: Definition | None
    before_version: Version | None
    before: Definition | None
    among: Among  # the other definitions in force, around this one
    instead: Applied | None  # before a segment's first version: what scores its leads now
    problems: list[str] = field(default_factory=list)
    is_typed: bool = False


def beside(number: int, *, at: datetime, posted: QueryDict | None = None) -> Beside:
    """Return a version of the definition; of a posted clause form what would be saved by it."""
    version = find_version(KIND, number)
    texts: Sequence[Mapping[str, Any]] = clause_texts(version)
    problems, is_typed = [], False
    if posted is not None:
        typed = _typed(posted, texts)
        if typed is None:
            problems.append(_("What is typed cannot be read yet; these are the saved sentences."))
        else:
            texts, is_typed = typed, True
    draft, wrong = read_clauses(texts, number=version.number)
    problems += [problem.sentence for problem in wrong]
    if draft is None and is_typed:
        problems.append(_("Until then these are the numbers of the saved sentences."))
        texts, is_typed = clause_texts(version), False
        draft, _wrong = read_clauses(texts, number=version.number)
    before = version_before(version, at=at)
    in_force = definitions_in_force(at)
    among = in_force.among(version.agreement) if in_force else Among()
    old = parsed(before) if before else None
    instead = in_force.default if in_force and before is None else None
    return Beside(version, texts, draft, before, old, among, instead, problems, is_typed)


def _typed(posted: QueryDict, texts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]] | None:
    """Return the clauses with the posted one in its place; None when its form is not valid."""
    kind, key = posted.get("clause_kind", ""), posted.get("opened_key", "")
    there = next((one for one in texts if one["kind"] == kind and one["key"] == key), None)
    made = pages_of(KIND).forms.get(kind)
    if made is None:
        return None
    body = there["body"] if there else {}
    opened = OpenClause(kind, key if there else "", body, "", None, texts)
    form = made(posted, opened=opened)
    if not form.is_valid():
        return None
    new = form.make_body()
    if there is not None:
        return [{**one, "body": new} if one is there else one for one in texts]
    name = key or free_key(new, None, texts)
    last = max((one["position"] for one in texts), default=0)
    added = {"kind": kind, "key": name, "position": last + 1, "body": new, "rationale": ""}
    return [*texts, added]


def segments(at: datetime) -> list[tuple[str, Condition | None]]:
    """Return the definitions in force in the order in which they are tried, with their segments."""
    found = definitions_in_force(at)
    members = found.members if found else ()
    return [(one.version.agreement.name, one.definition.segment) for one in members]
