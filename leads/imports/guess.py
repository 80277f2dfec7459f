"""Guess a mapping from a header and some rows: a start for a person to mend."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leads.imports.dates import DateFormat
from leads.imports.synonyms import CHOICES, FIELDS, FIRST_NAMES, LAST_NAMES
from leads.imports.targets import FACTS, TARGETS

IGNORED = "ignored"

# In this order: where a sample fits two, the first is taken, and a note says so.
_FORMATS = tuple(
    DateFormat(pattern)
    for pattern in (
        "ISO",
        "dd.mm.yyyy HH:MM:SS",
        "dd.mm.yyyy HH:MM",
        "dd.mm.yyyy",
        "dd.mm.yy",
        "dd/mm/yyyy HH:MM:SS",
        "dd/mm/yyyy HH:MM",
        "dd/mm/yyyy",
        "mm/dd/yyyy HH:MM:SS",
        "mm/dd/yyyy HH:MM",
        "mm/dd/yyyy hh:MM AM",
        "mm/dd/yyyy",
        "dd-mm-yyyy HH:MM",
        "dd-mm-yyyy",
        "dd Mon yyyy",
        "Mon dd, yyyy",
    )
)
_NULLS = ("Select", "#REF!", "#N/A", "N/A", "n/a", "NULL", "null", "None", "nan", "NaN", "-")
_COMMA_DECIMAL = re.compile(r"\d,\d{1,2}\D*$")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Guess:
    """``document`` is a mapping, perhaps with gaps that ``read_mapping`` names.

    ``targets`` says for each column its field, or ``ignored``; ``notes`` are sentences about what
    was chosen where the file allows two readings.
    """

    document: dict[str, Any]
    targets: dict[str, str]
    notes: list[str]


def guess_mapping(
    kind: str, header: Sequence[str], rows: Rows, *, name: str, source_system: str, zone: str
) -> Guess:
    """Guess how the columns of a file become fields of ``kind``, from its first rows."""
    samples = {
        column: [row[at].strip() for row in rows if row[at].strip()]
        for at, column in enumerate(header)
    }
    targets = _targets(kind, header)
    nulls = [token for token in _NULLS if any(token in texts for texts in samples.values())]
    samples = {
        column: [text for text in texts if text not in nulls] for column, texts in samples.items()
    }
    typed = {
        column: _type_of(kind, target) for column, target in targets.items() if target != IGNORED
    }
    dated = [samples[column] for column, value_type in typed.items() if value_type in _DATED]
    numbers = [samples[column] for column, value_type in typed.items() if value_type == "decimal"]
    patterns, notes = _date_formats(dated)
    is_comma = any(_COMMA_DECIMAL.search(text) for texts in numbers for text in texts)
    document = {
        "version": 1,
        "kind": kind,
        "name": name,
        "source_system": source_system,
        "zone": zone,
        "date_formats": patterns,
        "decimal": "," if is_comma else ".",
        "thousands": "." if is_comma else ",",
        "null_tokens": ["", *nulls],
        "fields": _fields(kind, targets, samples),
        "ignored": [column for column, target in targets.items() if target == IGNORED],
    }
    return Guess(document, targets, notes)


_DATED = ("instant", "date")


def normal(text: str) -> str:
    """Return a column's name as the synonyms are written: letters and digits only, no accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_GERMAN))
    return "".join(char for char in plain if char.isalnum() and char.isascii())


def _targets(kind: str, header: Sequence[str]) -> dict[str, str]:
    """Give each column a field; a field goes to the column whose name it likes best."""
    wanted: dict[str, tuple[int, str]] = {}
    for column in header:
        for field, words in FIELDS[kind].items():
            rank = words.index(normal(column)) if normal(column) in words else -1
            if rank >= 0 and (field not in wanted or rank < wanted[field][0]):
                wanted[field] = (rank, column)
    chosen: dict[str, str] = {}
    for field, (_rank, column) in wanted.items():
        chosen.setdefault(column, field)
    _join_names(kind, header, chosen)
    return {column: chosen.get(column, IGNORED) for column in header}


def _join_names(kind: str, header: Sequence[str], chosen: dict[str, str]) -> None:
    field = {"leads": "name", "handoffs": "lead_name"}.get(kind)
    parts = [
        next((column for column in header if normal(column) in words), None)
        for words in (FIRST_NAMES, LAST_NAMES)
    ]
    if field and field not in chosen.values():
        chosen.update({column: field for column in parts if column})


def _type_of(kind: str, target: str) -> str:
    declared = TARGETS[kind].get(target)
    if declared:
        return declared.type
    return FACTS.get(target.partition(".")[2], ("text", ""))[0]


def _date_formats(columns: list[list[str]]) -> tuple[list[str], list[str]]:
    found: list[str] = []
    notes: list[str] = []
    for texts in columns:
        fits = [each for each in _FORMATS if texts and all(each.read(text) for text in texts)]
        if not fits:
            fits = [each for each in _FORMATS if any(each.read(text) for text in texts)][:3]
            found += [each.pattern for each in fits]
            continue
        found.append(fits[0].pattern)
        if len(fits) > 1 and fits[0].read(texts[0]) != fits[1].read(texts[0]):
            notes.append(
                _('"%(example)s" is read as %(first)s. Change the format if it means %(second)s.')
                % {
                    "example": texts[0][:60],
                    "first": fits[0].pattern,
                    "second": fits[1].pattern,
                }
            )
    return list(dict.fromkeys(found)) or ["ISO"], list(dict.fromkeys(notes))


def _fields(
    kind: str, targets: dict[str, str], samples: dict[str, list[str]]
) -> dict[str, dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = {}
    for column, target in targets.items():
        if target == IGNORED:
            continue
        if target in fields:
            columns = [fields[target]["column"], column]
            fields[target] = {"join": columns, "separator": " "}
        else:
            fields[target] = {"column": column, **_values(kind, target, samples[column])}
    if "reason" in fields and "disposition" in fields:
        fields["reason"] |= {"default": "not_stated", "when": {"disposition": "rejected"}}
        fields.setdefault("reason_text", {"column": fields["reason"]["column"]})
    return fields


def _values(kind: str, target: str, texts: list[str]) -> dict[str, Any]:
    """Map the words that are known; a word that is not stays out, so that importing asks for it."""
    if _type_of(kind, target) not in {"choice", "code"}:
        return {}
    words = CHOICES[target]
    known = {text: words[normal(text)] for text in texts if normal(text) in words}
    return {"values": dict(sorted(known.items())), "fold_case": True}
