"""Leads and a version as the document of ``manage.py score --stdin`` gives them.

What docs/reference/score-input.schema.json does not allow is refused in a sentence: a typo or a
wrong type must not pass as a lead without that fact.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NoReturn, TextIO

from portal.core.text import composed
from scoring.rules.activities import Activity
from scoring.rules.definition import Definition
from scoring.rules.evaluate import Snapshot
from scoring.rules.parse import LONGEST_TEXT, parse

LONGEST = 2_000  # characters of a text; the product keeps 300, and long ones take long to match
DIGITS = 400  # of a whole number; reading takes the square of them
VERSION = {"agreement", "name", "version", "segment", "clauses"}
CLAUSE = {"kind", "key", "position", "body", "rationale"}
ACTIVITY = {"id", "kind", "occurred_at", "received_at", "object", "properties", "is_bot"}


class BadScoreFile(ValueError):
    """The document cannot be read; the message says where and why."""


@dataclass(frozen=True)
class GivenLead:
    """One lead of the document."""

    id: object
    as_of: datetime
    snapshots: Sequence[Snapshot]
    activities: Sequence[Activity]


def read_document(stream: TextIO) -> object:
    """Return the JSON in ``stream``. Raises BadScoreFile for what is none."""
    try:
        text = stream.read().removeprefix("\ufeff")
        text.encode()
    except UnicodeError as bad:
        raise BadScoreFile("The document is no text in UTF-8.") from bad
    try:
        document = json.loads(
            text, object_pairs_hook=_fields, parse_int=_whole, parse_constant=_no_number
        )
    except RecursionError as bad:
        raise BadScoreFile("The document is nested too deep.") from bad
    except json.JSONDecodeError as bad:
        where = f"line {bad.lineno}, column {bad.colno}"
        raise BadScoreFile(f"The document is no JSON: {bad.msg} ({where}).") from bad
    if "\\ud" in text.lower():
        _refuse_halves(document)
    return document


def _fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadScoreFile(f"The document has the field “{twice[:60]}” twice in one object.")
    return fields


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise BadScoreFile(f"The document has a number of more than {DIGITS} digits.")
    return int(digits)


def _no_number(name: str) -> NoReturn:
    raise BadScoreFile(f"The document is no JSON: {name} is no number.")


def _refuse_halves(document: object) -> None:
    """Refuse escapes that are half of a character: no text that may be written holds one."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as bad:
        raise BadScoreFile("The document has half a character (a lone “\\ud…”).") from bad


def read_version_of(given: object) -> Definition:
    """Return the definition in a document's ``version``. Raises InvalidDefinition as well."""
    fields = read_object(given, "version", VERSION)
    if fields.get("segment") is not None:
        raise BadScoreFile("version.segment: a segment is a clause. Leave this out.")
    clauses = fields.get("clauses")
    for place, one in enumerate(clauses if isinstance(clauses, list) else ()):
        if isinstance(one, Mapping):
            clause = read_object(one, f"version.clauses.{place}", CLAUSE)
            if not isinstance(clause.get("rationale", ""), str):
                raise BadScoreFile(f"version.clauses.{place}.rationale: give a text.")
    return parse(_as_signed(fields))


def _as_signed(fields: Mapping[str, Any]) -> Any:
    """Return a version with its texts in the composed form in which proposing freezes them."""
    try:
        text = composed(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))
    except RecursionError as bad:
        raise BadScoreFile("The document is nested too deep.") from bad
    if len(text) > LONGEST_TEXT:
        raise BadScoreFile(f"version: give at most {LONGEST_TEXT:,} characters.")
    return json.loads(text)


def read_lead(given: object, path: str, default: object) -> GivenLead:
    """Return one lead; ``default`` is the instant of one that names none."""
    fields = read_object(given, path, {"id", "as_of", "facts", "activities"})
    facts = read_list(fields.get("facts", []), f"{path}.facts")
    deeds = read_list(fields.get("activities", []), f"{path}.activities")
    named = fields.get("id")
    if isinstance(named, Mapping | list):
        raise BadScoreFile(f"{path}.id: give a text or a number.")
    return GivenLead(
        id=named,
        as_of=_instant(fields.get("as_of", default), f"{path}.as_of"),
        snapshots=[_snapshot(n, one, f"{path}.facts.{n}") for n, one in enumerate(facts)],
        activities=[_activity(n, one, f"{path}.activities.{n}") for n, one in enumerate(deeds)],
    )


def _snapshot(place: int, given: object, path: str) -> Snapshot:
    fields = read_object(given, path, {"known_from", "values"})
    known_from = _instant(fields.get("known_from"), f"{path}.known_from")
    return Snapshot(place, known_from, _values(fields.get("values"), f"{path}.values"))


def _activity(place: int, given: object, path: str) -> Activity:
    fields = read_object(given, path, ACTIVITY)
    about = read_object(
        _or_empty(fields, "object"), f"{path}.object", {"id", "kind", "key", "tags"}
    )
    properties = _values(_or_empty(fields, "properties"), f"{path}.properties")
    kind, is_bot = fields.get("kind"), fields.get("is_bot", False)
    if not isinstance(kind, str):
        raise BadScoreFile(f"{path}.kind: give the kind of the activity as text.")
    if not isinstance(is_bot, bool):
        raise BadScoreFile(f"{path}.is_bot: give true or false.")
    occurred = fields.get("occurred_at")
    key, of_kind = _text(about, "key", path), _text(about, "kind", path)
    if of_kind:
        properties["object_kind"] = of_kind
    return Activity(
        id=_number(fields.get("id", place), f"{path}.id"),
        kind=composed(kind),
        occurred_at=_instant(occurred, f"{path}.occurred_at"),
        received_at=_instant(fields.get("received_at", occurred), f"{path}.received_at"),
        object_id=_identity(about, f"{path}.object.id"),
        object_text=key,
        tags=_tags(about.get("tags", []), f"{path}.object.tags"),
        properties=properties,
        is_bot=is_bot,
    )


def _identity(about: Mapping[str, Any], path: str) -> int | str | None:
    """Return what tells the object apart: its id, or its kind and key; None: there is none.

    As JSON, so that no text is at once an id and a kind and key.
    """
    if "id" not in about:
        told = [about.get("kind"), about.get("key")]
        return None if told == [None, None] else composed(json.dumps(told, ensure_ascii=False))
    found = about["id"]
    if isinstance(found, str):
        return json.dumps(found)
    return found if found is None else _number(found, path, "a text or ")


def _number(given: object, path: str, also: str = "") -> int:
    if not isinstance(given, int) or isinstance(given, bool):
        raise BadScoreFile(f"{path}: give {also}a whole number, or leave it out.")
    return given


def _tags(given: object, path: str) -> frozenset[str]:
    for one in read_list(given, path):
        if not isinstance(one, str):
            raise BadScoreFile(f"{path}: give texts.")
        _refuse_long(one, path)
    return frozenset(map(composed, read_list(given, path)))


def _text(fields: Mapping[str, Any], name: str, path: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise BadScoreFile(f"{path}.object.{name}: give a text.")
    _refuse_long(value or "", f"{path}.object.{name}")
    return value and composed(value)


def _values(given: object, path: str) -> dict[str, Any]:
    """Return facts or properties: texts, numbers, flags, null for nothing, lists of texts."""
    told = read_object(given, path, None)
    fields = {composed(name): value for name, value in told.items()}
    if len(fields) < len(told):
        raise BadScoreFile(f"{path}: two names differ in how their accents are written only.")
    for name, value in fields.items():
        where = f"{path}.{name[:60]}"
        if isinstance(value, list):
            _tags(value, where)
            fields[name] = composed(value)
        elif isinstance(value, str):
            _refuse_long(value, where)
            fields[name] = composed(value)
        elif isinstance(value, Mapping) or (isinstance(value, float) and not isfinite(value)):
            raise BadScoreFile(f"{where}: give a text, a number, true, false or null.")
    return fields


def _refuse_long(text: str, path: str) -> None:
    if len(text) > LONGEST:
        raise BadScoreFile(f"{path}: give a text of at most {LONGEST:,} characters.")


def _or_empty(fields: Mapping[str, Any], name: str) -> object:
    found = fields.get(name)
    return {} if found is None else found


def read_object(given: object, path: str, names: set[str] | None) -> Mapping[str, Any]:
    """Return ``given`` as an object with no other fields than ``names``; None allows any."""
    if not isinstance(given, Mapping):
        raise BadScoreFile(f"{path}: give an object.")
    if names is not None and (unknown := sorted(map(str, given.keys() - names))):
        raise BadScoreFile(f"{path}: there is no field “{unknown[0][:60]}”. {_choices(names)}")
    return given


def _choices(names: Iterable[str]) -> str:
    return f"Use one of: {', '.join(sorted(names))}."


def read_list(given: object, path: str) -> Sequence[Any]:
    """Return ``given`` as a list."""
    if not isinstance(given, list):
        raise BadScoreFile(f"{path}: give a list.")
    return given


def _instant(given: object, path: str) -> datetime:
    try:
        at = datetime.fromisoformat(given.upper()) if isinstance(given, str) else None
        if at is not None and at.tzinfo is not None:
            at.astimezone(UTC)  # refuses the hours before the year 1 and after 9999
            return at
    except (ValueError, OverflowError):
        pass
    example = "2026-03-02T12:00:00Z"
    raise BadScoreFile(f"{path}: give an instant with its zone, like “{example}”.")
