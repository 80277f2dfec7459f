"""A version as a file: written out, and read back in as a draft that nobody has signed.

The format is published in docs/reference/agreement-file.md and agreement-file.schema.json. What a
file says is checked clause by clause, and refused in sentences; nothing in it is ever run.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.agreements.drafts import HIGHEST_POSITION, RATIONALE_LIMIT, InvalidClause
from portal.agreements.forms import json_value
from portal.agreements.models import Agreement, Version
from portal.agreements.queries import clause_texts, version_in_force
from portal.agreements.registry import kind_named, pages_of
from portal.agreements.services import (
    open_agreement,
    open_segment,
    require_editor,
    start_draft,
)
from portal.core.errors import DomainError

FORMAT = "alignment-agreement"
EDITION = 1
LARGEST = 1_000_000  # bytes
MOST_CLAUSES = 200
MOST_PROBLEMS = 20
DEEPEST = 20
KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}\Z")
FIELDS = frozenset({"key", "kind", "position", "body", "rationale"})


class Flaw:
    """One thing wrong with a file: where, and a sentence that says what to do."""

    def __init__(self, path: str, sentence: str) -> None:
        self.path, self.sentence = path, sentence


def export_version(version: Version) -> dict[str, Any]:
    """Return a version as it is written to a file; what was signed is named, not repeated."""
    return {
        "format": FORMAT,
        "edition": EDITION,
        "kind": version.agreement.kind,
        "name": version.agreement.name,
        "number": version.number,
        "sha256": version.sha256,
        "note": version.note,
        "clauses": clause_texts(version),
    }


def as_text(document: Mapping[str, Any]) -> str:
    """Return a document as people read it in a file."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def read_file(content: bytes, *, kind: str) -> tuple[list[dict[str, Any]], str]:
    """Return the clauses and the note of a file for an agreement of ``kind``.

    Raises InvalidClause with a sentence for each thing to mend (at most twenty).
    """
    if len(content) > LARGEST:
        raise InvalidClause([Flaw("", _("The file is larger than 1 MB. An agreement never is."))])
    try:
        document = json_value(content.decode("utf-8-sig"))
    except UnicodeDecodeError as failure:
        raise InvalidClause(
            [Flaw("", _("The file is not UTF-8 text. Save it so, then try again."))]
        ) from failure
    except ValidationError as failure:
        raise InvalidClause([Flaw("", one) for one in failure.messages]) from failure
    return read_document(document, kind=kind)


def read_document(document: Any, *, kind: str) -> tuple[list[dict[str, Any]], str]:
    """Return the clauses and the note of a document. Raises InvalidClause."""
    if flaw := _frame_flaw(document, kind):
        raise InvalidClause([Flaw("", flaw)])
    clauses: list[dict[str, Any]] = []
    flaws: list[Any] = []
    seen: set[str] = set()
    for place, one in enumerate(document["clauses"], start=1):
        if len(flaws) >= MOST_PROBLEMS:
            break
        found = [_at(place, sentence) for sentence in _shape_flaws(one, kind, seen)]
        if not found:
            seen.add(one["key"])
            clause = _clean(one, place)
            problems = kind_named(kind).check_clause(clause["kind"], clause["key"], clause["body"])
            found = [_at(place, str(problem.sentence), problem.path) for problem in problems]
            clauses.append(clause)
        flaws += found
    if flaws:
        raise InvalidClause(flaws[:MOST_PROBLEMS])
    return clauses, str(document.get("note", ""))[:2000]


def agreement_of_file(content: bytes, *, kind: str, by: User, at: datetime) -> Agreement:
    """Return the agreement a readable file is a version of: by its name, else the first.

    A file of a segment that there is not yet opens it. Raises DomainError where it cannot.
    """
    document = json_value(content.decode("utf-8-sig"))
    name, clauses = document.get("name"), document["clauses"]
    if any(one["kind"] == "segment" for one in clauses):
        segments = Agreement.objects.filter(kind=kind, position__gt=0)
        name = name if isinstance(name, str) else ""
        there = segments.filter(name__iexact=name).first()
        return there or open_segment(kind=kind, name=name, by=by, at=at)
    return open_agreement(kind=kind, name=str(pages_of(kind).name), at=at)


def sentences_of(refusal: DomainError) -> list[str]:
    """Return what is wrong with a file, a sentence for each thing to mend."""
    if isinstance(refusal, InvalidClause):
        return [str(one.sentence) for one in refusal.problems]
    return [str(refusal)]


@transaction.atomic
def import_version(content: bytes, *, kind: str, by: User, at: datetime) -> Version:
    """Make a draft of a file, beside what is in force; a segment of a new name is opened with it.

    Raises InvalidClause with what to mend, NotAllowed for who may not edit, and DomainError where
    its segment cannot be opened. Nothing is kept then.
    """
    clauses, note = read_file(content, kind=kind)
    require_editor(by)
    agreement = agreement_of_file(content, kind=kind, by=by, at=at)
    return start_draft(
        agreement=agreement,
        by=by,
        at=at,
        based_on=version_in_force(agreement, at=at),
        clauses=clauses,
        note=note,
    )


def _frame_flaw(document: Any, kind: str) -> str:
    """Return what is wrong with the file as a whole, the first thing first; "" when nothing is."""
    if not isinstance(document, dict):
        document = {}
    clauses = document.get("clauses")
    listed = clauses if isinstance(clauses, list) else []
    checks = (
        (
            document.get("format") == FORMAT,
            _("This is no agreement: the file does not say “format”: “%s”.") % FORMAT,
        ),
        (
            document.get("edition") == EDITION,
            _("This file is of another edition. This portal reads edition %d.") % EDITION,
        ),
        (
            document.get("kind") == kind,
            _("This file is of another kind of agreement. Import it where that kind is written."),
        ),
        (isinstance(document.get("note", ""), str), _("The note is text.")),
        (bool(listed), _("The file has no clauses.")),
        (
            len(listed) <= MOST_CLAUSES,
            _("The file has more than %d clauses.") % MOST_CLAUSES,
        ),
        (
            _depth(listed) <= DEEPEST,
            _("The file is nested more deeply than anything that could be read aloud."),
        ),
    )
    return next((sentence for holds, sentence in checks if not holds), "")


def _shape_flaws(one: Any, kind: str, seen: set[str]) -> list[str]:
    """Return what is wrong with the outside of a clause; its body is the kind's own matter."""
    if not isinstance(one, dict):
        return [_("a clause is an object in curly brackets.")]
    if unknown := sorted(set(one) - FIELDS):
        return [_("there is no field “%s”.") % unknown[0][:60]]
    key, why, place = one.get("key"), one.get("rationale", ""), one.get("position", 0)
    is_key = isinstance(key, str) and bool(KEY.match(key))
    known = ", ".join(kind_named(kind).clause_kinds)
    is_place = isinstance(place, int) and not isinstance(place, bool)
    checks = (
        (is_key, _("its key is lower-case letters, digits and underscores, at most 60.")),
        (not is_key or key not in seen, _("another clause has the key “%s” already.") % key),
        (
            isinstance(one.get("kind"), str) and one["kind"] in kind_named(kind).clause_kinds,
            _("its kind is one of: %s.") % known,
        ),
        (isinstance(one.get("body"), dict), _("its body is an object in curly brackets.")),
        (
            isinstance(why, str) and len(why) <= RATIONALE_LIMIT,
            _("its rationale is text of at most 5,000 characters."),
        ),
        (
            is_place and 0 <= place <= HIGHEST_POSITION,
            _("its position is a whole number from 0 on."),
        ),
    )
    return [sentence for holds, sentence in checks if not holds]


def _clean(one: Mapping[str, Any], place: int) -> dict[str, Any]:
    return {
        "key": one["key"],
        "kind": one["kind"],
        "position": one.get("position", place),
        "body": one["body"],
        "rationale": one.get("rationale", ""),
    }


def _at(place: int, sentence: str, path: str = "") -> Flaw:
    where = _("Clause %d") % place
    return Flaw(path, f"{where}{', ' + path if path else ''}: {sentence}")


def _depth(value: Any) -> int:
    """Return how deeply lists and objects are nested, without recursion."""
    deepest, level = 0, [value]
    while level:
        deepest += 1
        if deepest > DEEPEST:
            return deepest
        inner: list[Any] = []
        for one in level:
            values: Sequence[Any] = list(one.values()) if isinstance(one, dict) else one
            inner += [each for each in values if isinstance(each, dict | list)]
        level = inner
    return deepest
