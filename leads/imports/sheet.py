"""The mapping page: from a mapping document to what is on it, and from what was posted back.

One select says for each column which field it becomes. What a mapping can say besides (several
fields from one column, the first of several columns, when a field counts) stays as it is in the
document, and can be written as JSON.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from leads.imports.guess import normal
from leads.imports.specs import SOURCES
from leads.imports.synonyms import CHOICES
from leads.imports.targets import FACT, FACTS, FAMILIES, TARGETS

NOTHING = ""  # the column is not imported
EXTRA = "extra"  # kept under the column's own name, never scored
WORDS_SHOWN = 60  # of a column whose words become codes
UNDECIDED = "?"  # a word nobody has mapped yet

_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")  # a word that is a code already: wrong_size

Document = dict[str, Any]
Choice = tuple[str, str]


@dataclass(frozen=True)
class ColumnLine:
    """One column: its place in the file, the field it becomes, and the others that read it."""

    place: int
    name: str
    samples: str
    target: str
    also: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class WordMap:
    """The words of one field and the codes they become, as lines "word = code"."""

    field: str
    label: str
    lines: str
    codes: list[str]


def choices_of(kind: str) -> list[tuple[str, list[Choice]]]:
    """Return the fields that a column can become, in groups for a select."""
    own = [(name, str(target.label)) for name, target in TARGETS[kind].items()]
    groups = [(_("Fields"), own)]
    if FACT.prefix in FAMILIES[kind]:
        facts = [(f"fact.{name}", str(label)) for name, (_type, label) in FACTS.items()]
        groups.append((_("Facts that rules may ask about"), facts))
    if EXTRA in FAMILIES[kind]:
        groups.append((_("Anything else"), [(EXTRA, _("Keep, never score"))]))
    return groups


def column_lines(
    document: Document, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[ColumnLine]:
    """Return a line for each column, with some of its texts."""
    chosen = primary_targets(document, header)
    lines = []
    for place, name in enumerate(header):
        texts = dict.fromkeys(row[place].strip()[:30] for row in rows if row[place].strip())
        reading = [target for target, spec in _fields(document) if name in _columns(spec)]
        target = chosen[name]
        shown = EXTRA if target == _extra_name(name, place) else target
        also = [each for each in reading if each != target]
        lines.append(ColumnLine(place, name, " · ".join(list(texts)[:3]), shown, also))
    return lines


def primary_targets(document: Document, header: Sequence[str]) -> dict[str, str]:
    """Return for each column the field its select shows: the first that reads it plainly.

    In an order of our own: PostgreSQL keeps the keys of a stored mapping in its own order.
    """
    chosen = dict.fromkeys(header, NOTHING)
    plain_first = sorted(_fields(document), key=lambda one: ("column" not in one[1], one[0]))
    for target, spec in plain_first:
        if "first_of" in spec:
            continue
        for name in _columns(spec):
            if chosen.get(name) == NOTHING:
                chosen[name] = target
    return chosen


def word_maps(
    document: Document, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> list[WordMap]:
    """Return the word maps of the fields that need one or have one."""
    kind = document["kind"]
    sample = list(rows)
    found = []
    for name, spec in _fields(document):
        target = TARGETS[kind].get(name)
        wants = target is not None and target.type in ("choice", "code")
        if not (wants or "values" in spec) or "constant" in spec:
            continue
        values = {**_unmapped(name, spec, header, sample), **spec.get("values", {})}
        codes = sorted(set(CHOICES.get(name, {}).values()))
        lines = "\n".join(
            f"{word} = {'' if code is None else code}" for word, code in values.items()
        )
        found.append(WordMap(name, str(target.label) if target else name, lines, codes))
    return found


def _unmapped(
    name: str, spec: Mapping[str, Any], header: Sequence[str], rows: Sequence[Sequence[str]]
) -> dict[str, str]:
    """Return the words of the column that the map does not know, with a guess or "?"."""
    if "column" not in spec or spec.get("unmapped", "error") != "error":
        return {}
    place = header.index(spec["column"]) if spec["column"] in header else -1
    known = {word.strip().casefold() for word in spec.get("values", {})}
    words = dict.fromkeys(row[place].strip() for row in rows if place >= 0 and row[place].strip())
    new = [word for word in words if word.casefold() not in known]
    guesses = CHOICES.get(name, {})
    is_code = _CODE.fullmatch if "values" not in spec else lambda _word: None
    return {
        word: guesses.get(normal(word)) or (word if is_code(word) else UNDECIDED)
        for word in new[:WORDS_SHOWN]
    }


def constants_text(document: Document) -> str:
    """Return the constants as lines "field = text"."""
    return "\n".join(
        f"{name} = {spec['constant']}" for name, spec in _fields(document) if "constant" in spec
    )


def posted_document(
    base: Document, header: Sequence[str], posted: Mapping[str, str]
) -> tuple[Document, list[str]]:
    """Return the document that the page says, and what about it cannot be."""
    problems: list[str] = []
    before = primary_targets(base, header)
    shown = set(before.values())
    fields = {
        name: spec for name, spec in _fields(base) if name not in shown and "constant" not in spec
    }
    for target, columns in _by_target(header, posted).items():
        fields[target] = _spec(base, target, columns)
    for name, text in lines_of(posted.get("constants", ""), problems).items():
        fields[name] = {"constant": text}
    for name, spec in fields.items():
        if f"values-{name}" in posted:
            words = lines_of(posted[f"values-{name}"], problems)
            known = {word: code or None for word, code in words.items() if code != UNDECIDED}
            if known or "values" in spec:
                spec["values"] = known
    _mind_the_reason(fields)
    read = {column for spec in fields.values() for column in _columns(spec)}
    document = {
        **base,
        "name": posted.get("name", "").strip(),
        "source_system": posted.get("source_system", "").strip(),
        "zone": posted.get("zone", "").strip(),
        "date_formats": _lines(posted.get("date_formats", "")),
        "decimal": posted.get("decimal", "."),
        "thousands": posted.get("thousands", ""),
        "null_tokens": ["", *_lines(posted.get("null_tokens", ""))],
        "fields": fields,
        "ignored": [name for name in header if name not in read],
    }
    return document, problems


def _by_target(header: Sequence[str], posted: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, name in enumerate(header):
        target = posted.get(f"target-{place}", NOTHING)
        if target:
            target = _extra_name(name, place) if target == EXTRA else target
            found.setdefault(target, []).append(name)
    return found


def _spec(base: Document, target: str, columns: list[str]) -> dict[str, Any]:
    """Return how ``columns`` become ``target``: as before where they did before."""
    old = dict(base.get("fields", {}).get(target, {}))
    if _columns(old) == columns:
        return old
    kept = {key: value for key, value in old.items() if key not in (*SOURCES, "separator")}
    if len(columns) > 1:
        return {"join": columns, "separator": " ", **kept}
    spec = {"column": columns[0], **kept}
    if target in CHOICES and "values" not in spec:
        spec |= {"values": {}, "fold_case": True}
    return spec


def _mind_the_reason(fields: dict[str, Any]) -> None:
    """A reason counts with a rejection only; an empty one is "not stated"."""
    if "reason" in fields and "disposition" in fields and "when" not in fields["reason"]:
        fields["reason"] |= {"default": "not_stated", "when": {"disposition": "rejected"}}


def lines_of(text: str, problems: list[str]) -> dict[str, str]:
    """Read lines "left = right"; a line without the mark is a problem."""
    found = {}
    for line in _lines(text):
        left, mark, right = line.rpartition("=")
        if not mark:
            problems.append(_("“%(line)s”: write it as word = code.") % {"line": line[:60]})
        found[left.strip()] = right.strip()
    return found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _extra_name(column: str, place: int) -> str:
    name = normal(column)[:50]
    return f"extra.{name}" if name[:1].isalpha() else f"extra.column_{place + 1}"


def _fields(document: Document) -> list[tuple[str, dict[str, Any]]]:
    fields = document.get("fields")
    items = fields.items() if isinstance(fields, dict) else []
    return [(name, dict(spec)) for name, spec in items if isinstance(spec, dict)]


def _columns(spec: Mapping[str, Any]) -> list[str]:
    if "column" in spec:
        return [spec["column"]]
    return list(spec.get("first_of") or spec.get("join") or [])
