"""Two versions side by side: each sentence that differs, word by word and field by field."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from portal.agreements.models import Version
from portal.agreements.queries import clause_text
from portal.agreements.reading import Change, changes_between
from portal.agreements.registry import ClauseText, pages_of

WORDS = re.compile(r"\s+|[^\s]+")
NOTHING = "–"


@dataclass(frozen=True)
class Piece:
    """Some words of a sentence; ``how`` is same, gone or new."""

    text: str
    how: str


@dataclass(frozen=True)
class FieldChange:
    """One field of a clause that differs."""

    label: str
    was: str
    now: str


@dataclass(frozen=True)
class Difference:
    """One clause that differs: its words, and its fields."""

    change: Change
    was: Sequence[Piece]
    now: Sequence[Piece]
    fields: Sequence[FieldChange]


@dataclass(frozen=True)
class Comparison:
    """All that differs from ``before`` to ``after``; the counts say how."""

    before: Version
    after: Version
    differences: Sequence[Difference]

    def count(self, how: str) -> int:
        return sum(one.change.how == how for one in self.differences)

    @property
    def added(self) -> int:
        return self.count("added")

    @property
    def removed(self) -> int:
        return self.count("removed")

    @property
    def changed(self) -> int:
        return self.count("changed")


def compare(before: Version, after: Version) -> Comparison:
    """Return what ``after`` says otherwise than ``before``; two queries."""
    kind = after.agreement.kind
    old = [clause_text(row) for row in before.clauses.order_by("position", "key")]
    rows = {row.key: row for row in after.clauses.select_related("changed_by")}
    new = [
        clause_text(row) for row in sorted(rows.values(), key=lambda row: (row.position, row.key))
    ]
    was, now = ({text["key"]: text for text in texts} for texts in (old, new))
    differences = [
        _difference(kind, change, was.get(change.key), now.get(change.key))
        for change in changes_between(kind, old, new, rows)
    ]
    return Comparison(before, after, differences)


def _difference(
    kind: str, change: Change, was: ClauseText | None, now: ClauseText | None
) -> Difference:
    old, new = word_pieces(change.was, change.now)
    fields = field_changes(kind, was, now) if was and now else []
    return Difference(change, old, new, fields)


def word_pieces(was: str, now: str) -> tuple[list[Piece], list[Piece]]:
    """Return both sentences cut where they differ, by whole words."""
    one, other = WORDS.findall(was), WORDS.findall(now)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    old: list[Piece] = []
    new: list[Piece] = []
    for act, a, b, c, d in matcher.get_opcodes():
        if act == "equal":
            old.append(Piece("".join(one[a:b]), "same"))
            new.append(Piece("".join(other[c:d]), "same"))
            continue
        if b > a:
            old.append(Piece("".join(one[a:b]), "gone"))
        if d > c:
            new.append(Piece("".join(other[c:d]), "new"))
    return old, new


def field_changes(kind: str, was: ClauseText, now: ClauseText) -> list[FieldChange]:
    """Return the fields of one clause that differ, under the names of its form."""
    labels = labels_of(kind, now["kind"])
    names = dict.fromkeys([*was["body"], *now["body"]])
    found = [
        FieldChange(
            labels.get(name, name.replace("_", " ")),
            in_words(was["body"].get(name)),
            in_words(now["body"].get(name)),
        )
        for name in names
        if was["body"].get(name) != now["body"].get(name)
    ]
    if was["rationale"] != now["rationale"]:
        why = FieldChange(_("Why"), was["rationale"] or NOTHING, now["rationale"] or NOTHING)
        found.append(why)
    return found


def labels_of(kind: str, clause_kind: str) -> Mapping[str, str]:
    """Return the words that a clause's form has for its fields."""
    form = pages_of(kind).forms.get(clause_kind)
    fields = getattr(form, "base_fields", {})
    return {name: str(field.label) for name, field in fields.items() if field.label}


def in_words(value: Any) -> str:
    """Return a field's value as one reads it; a tree stays a tree."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
