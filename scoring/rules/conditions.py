"""What a condition means: trees of comparisons with exactly two values.

A comparison with something missing is false, ``not_equals`` and ``not_in`` included;
``not`` of it is true. Text is compared trimmed and case-folded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite

Scalar = str | int | bool
Lookup = Callable[[str], object]  # the value of a field, None when it is missing

NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def fold(text: str) -> str:
    """Return ``text`` as it is compared: trimmed and case-folded."""
    return text.strip().casefold()


def as_number(value: object) -> int | Decimal | None:
    """Return a number exactly, a float as it is written; None for anything else and for NaN."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        return value
    return None


def as_day(value: object) -> date | None:
    """Return the date of a date, of an aware datetime in UTC, or of a text such as "2026-01-31"."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not DAY.fullmatch(value.strip()):
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Operand:
    """One value a rule compares with, in each form it can be read as."""

    given: Scalar
    text: str | None = None
    number: int | Decimal | None = None
    day: date | None = None

    @classmethod
    def of(cls, given: Scalar) -> "Operand":
        """Read ``given``: a text that looks like a number or a date may be met by either."""
        if isinstance(given, bool):
            return cls(given)
        if isinstance(given, int):
            return cls(given, number=given)
        trimmed = given.strip()
        number = Decimal(trimmed) if NUMBER.fullmatch(trimmed) else None
        return cls(given, fold(given), number, as_day(trimmed))

    def equals(self, value: object) -> bool:
        """Whether ``value`` is this one; a flag equals only a flag."""
        if isinstance(value, str):
            return self.text is not None and fold(value) == self.text
        if isinstance(value, bool):
            return self.given is value
        if isinstance(value, date):
            return self.day is not None and as_day(value) == self.day
        return self.number is not None and as_number(value) == self.number

    def order(self, value: object) -> int | None:
        """Return -1, 0 or 1 as ``value`` is below, at or above this; None if they have no order."""
        number = as_number(value)
        if number is not None and self.number is not None:
            return (number > self.number) - (number < self.number)
        day = as_day(value)
        if day is not None and self.day is not None:
            return (day > self.day) - (day < self.day)
        return None


def _contains(value: object, wanted: Operand) -> bool:
    return isinstance(value, str) and wanted.text is not None and wanted.text in fold(value)


def _starts_with(value: object, wanted: Operand) -> bool:
    return (
        isinstance(value, str) and wanted.text is not None and fold(value).startswith(wanted.text)
    )


def _contains_word(value: object, wanted: Operand) -> bool:
    if not isinstance(value, str) or not wanted.text:
        return False
    text, word = fold(value), wanted.text
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
            return True
        at = text.find(word, at + 1)
    return False


def _has(value: object, wanted: Operand) -> bool:
    if not isinstance(value, list | tuple | set | frozenset):
        return False
    return any(isinstance(tag, str) and fold(tag) == wanted.text for tag in value)


Test = Callable[[object, tuple[Operand, ...]], bool]

TESTS: dict[str, Test] = {
    "equals": lambda value, given: given[0].equals(value),
    "not_equals": lambda value, given: not given[0].equals(value),
    "in": lambda value, given: any(one.equals(value) for one in given),
    "not_in": lambda value, given: not any(one.equals(value) for one in given),
    "contains": lambda value, given: _contains(value, given[0]),
    "contains_word": lambda value, given: _contains_word(value, given[0]),
    "starts_with": lambda value, given: _starts_with(value, given[0]),
    "gt": lambda value, given: given[0].order(value) == 1,
    "gte": lambda value, given: given[0].order(value) in {0, 1},
    "lt": lambda value, given: given[0].order(value) == -1,
    "lte": lambda value, given: given[0].order(value) in {-1, 0},
    "between": lambda value, given: (
        given[0].order(value) in {0, 1} and given[1].order(value) in {-1, 0}
    ),
    "is_known": lambda _value, _given: True,
    "has": lambda value, given: _has(value, given[0]),
}


def is_missing(value: object) -> bool:
    """Whether nothing is known: None, or a float that is no number."""
    return value is None or (isinstance(value, float) and not isfinite(value))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared with one or more given values."""

    field: str
    op: str
    operands: tuple[Operand, ...]

    def matches(self, value: object) -> bool:
        """Whether this one value meets the comparison: ask once for each distinct value."""
        return not is_missing(value) and TESTS[self.op](value, self.operands)

    def holds(self, lookup: Lookup) -> bool:
        """Whether the looked-up value meets the comparison."""
        return self.matches(lookup(self.field))

    def fields(self) -> tuple[str, ...]:
        """Return the names this condition asks about, each once, in order."""
        return (self.field,)


@dataclass(frozen=True, slots=True)
class All:
    """Holds when every part holds."""

    parts: tuple["Condition", ...]

    def holds(self, lookup: Lookup) -> bool:
        """Whether every part holds."""
        return all(part.holds(lookup) for part in self.parts)

    def fields(self) -> tuple[str, ...]:
        """Return the names the parts ask about, each once, in order."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.fields()))


@dataclass(frozen=True, slots=True)
class Any:
    """Holds when at least one part holds."""

    parts: tuple["Condition", ...]

    def holds(self, lookup: Lookup) -> bool:
        """Whether at least one part holds."""
        return any(part.holds(lookup) for part in self.parts)

    def fields(self) -> tuple[str, ...]:
        """Return the names the parts ask about, each once, in order."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.fields()))


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its part does not."""

    part: "Condition"

    def holds(self, lookup: Lookup) -> bool:
        """Whether the part does not hold."""
        return not self.part.holds(lookup)

    def fields(self) -> tuple[str, ...]:
        """Return the names the part asks about, each once, in order."""
        return self.part.fields()


Condition = Comparison | All | Any | Not
