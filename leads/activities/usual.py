"""Activities as nearly all of them are sent, read in a twentieth of the time.

What is usual comes out just as ``ActivityFields`` would say it. For everything else the answer is
None, and ``ActivityFields`` decides: only there are sentences for what is wrong. A test compares
both on random activities.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ValidationError

from leads.activities.fields import CLOCKS_DIFFER, FIRST_DAY, PropertiesField
from leads.activities.services import OBJECT_KIND_NAMES
from leads.database.registry import KINDS_BY_NAME

REQUIRED = frozenset({"kind", "occurred_at", "external_id"})
LEADS = frozenset({"lead", "lead_email", "lead_external_id"})
KNOWN = REQUIRED | LEADS | {"object", "properties", "is_bot"}
LONGEST = {"external_id": 64, "lead_email": 254, "lead_external_id": 64}
OF_OBJECT = frozenset({"kind", "key", "title"})
_properties = PropertiesField()


class _Unusual(Exception):
    """Let ``ActivityFields`` look at it."""


def read_usual(given: Any, *, now: datetime) -> dict[str, Any] | None:
    """Return the checked values of one activity with its lead, or None when it is not usual."""
    if type(given) is not dict:
        return None
    names = given.keys()
    if not (names >= REQUIRED and names <= KNOWN and len(names & LEADS) == 1):
        return None
    try:
        return _read(given, now)
    except (_Unusual, ValueError, OverflowError, ValidationError):
        return None


def _read(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    read: dict[str, Any] = {"is_bot": False}
    for name, value in given.items():
        if name in LONGEST:
            read[name] = _text(value, LONGEST[name])
        elif name == "occurred_at":
            read[name] = _instant(value, now)
        else:
            read[name] = READERS[name](value)
    return read


def _uuid(value: Any) -> UUID:
    if type(value) is not str:
        raise _Unusual
    return UUID(value)


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise _Unusual
    return value


def _text(value: Any, longest: int, *, may_be_empty: bool = False) -> str:
    if type(value) is not str or not value.isascii() or "\x00" in value:
        raise _Unusual
    text = value.strip()
    if len(text) > longest or not (text or may_be_empty):
        raise _Unusual
    return text


def _one_of(known: Any, value: Any) -> str:
    if type(value) is not str or value not in known:
        raise _Unusual
    return value


def _instant(value: Any, now: datetime) -> datetime:
    if type(value) is not str:
        raise _Unusual
    read = datetime.fromisoformat(value)
    at = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    if not FIRST_DAY <= at <= now + CLOCKS_DIFFER:
        raise _Unusual
    return at


def _object(value: Any) -> dict[str, str]:
    if type(value) is not dict or not {"kind", "key"} <= value.keys() <= OF_OBJECT:
        raise _Unusual
    return {
        "kind": _one_of(OBJECT_KIND_NAMES, value["kind"]),
        "key": _text(value["key"], 300),
        "title": _text(value.get("title", ""), 200, may_be_empty=True),
    }


READERS: Mapping[str, Callable[[Any], Any]] = {
    "lead": _uuid,
    "kind": partial(_one_of, KINDS_BY_NAME),
    "object": _object,
    "properties": _properties.to_internal_value,
    "is_bot": _bool,
}
