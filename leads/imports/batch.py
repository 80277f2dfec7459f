"""What the four kinds of import have in common: a row, its setting, what became of a batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from leads.imports.values import Value
from portal.accounts.models import User
from portal.core.text import clean_text, email_key, fold

BATCH = 1_000  # rows in one transaction


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of the file with its values read. ``nth`` tells rows of one spend key apart."""

    number: int
    cells: list[str] | None  # None: the row could not be cut into cells
    raw: str
    values: Mapping[str, Value]
    problems: list[str]
    nth: str = ""

    def text(self, name: str) -> str:
        """Return the field's text without what a database cannot keep; "" for nothing."""
        value = self.values.get(name)
        return clean_text(str(value)) if value is not None else ""

    def instant(self, name: str) -> datetime | None:
        value = self.values.get(name)
        return value if isinstance(value, datetime) else None

    def flag(self, name: str) -> bool:
        return self.values.get(name) is True

    def family(self, prefix: str) -> dict[str, Any]:
        """Return the given values of one family, as ``family("extra")``, fit for JSON."""
        start = prefix + "."
        return {
            name.removeprefix(start): plain(value)
            for name, value in self.values.items()
            if value is not None and name.startswith(start)
        }


@dataclass(frozen=True)
class Setting:
    """What holds for a whole batch."""

    system: str  # the source system: where ids come from
    by: User | None
    at: datetime


@dataclass
class Stored:
    """What became of a batch. ``leads`` are those of which something changed."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    leads: set[int] = field(default_factory=set)

    def count(self, *, is_new: bool, is_changed: bool) -> None:
        self.created += is_new
        self.updated += is_changed and not is_new
        self.unchanged += not (is_new or is_changed)

    def add(self, other: "Stored") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.leads |= other.leads


class RowKind(Protocol):
    """A kind of import: what it refuses (reading only), and how it stores the others."""

    def refuse(self, rows: Sequence[ImportRow], setting: Setting) -> dict[int, str]: ...

    def store(self, rows: Sequence[ImportRow], setting: Setting) -> Stored: ...


class People:
    """Users found by e-mail or by a name that only one of them has."""

    def __init__(self, users: Iterable[User]) -> None:
        self._found: dict[str, User | None] = {}
        for user in users:
            name = fold(user.name)
            self._found[name] = None if name in self._found else user
            self._found[user.email] = user

    @classmethod
    def all(cls) -> "People":
        return cls(User.objects.all())

    def named(self, text: str) -> User | None:
        return self._found.get(email_key(text) or fold(text)) if text else None


def plain(value: Value) -> str | int | bool | None:
    """Return a value as JSON keeps it: decimals and dates as text, so that nothing is rounded."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return clean_text(value) if isinstance(value, str) else value
