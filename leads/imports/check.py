"""Check a mapping document: every problem at once, each a sentence that names its place."""

from dataclasses import dataclass, field
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from leads.imports.dates import DateFormat
from leads.imports.specs import FieldSpec, check_fields, is_texts
from leads.imports.targets import KINDS, SYSTEM_LIMIT
from leads.imports.values import FALSE_TOKENS, TRUE_TOKENS, Formats

DECIMAL_MARKS = (".", ",")
THOUSANDS_MARKS = ("", ".", ",", " ", "'", "’")
_KEYS = {"version", "kind", "name", "source_system", "zone", "date_formats", "decimal", "thousands"}
_KEYS |= {"null_tokens", "true_tokens", "false_tokens", "fields", "ignored", "note"}


@dataclass
class Checked:
    """What was found: ``formats`` and ``fields`` are whole only when there are no problems."""

    problems: list[str] = field(default_factory=list)
    formats: Formats | None = None
    fields: dict[str, FieldSpec] = field(default_factory=dict)


def check_document(document: object) -> Checked:
    """Read a parsed JSON document as far as possible, and say what is wrong with the rest."""
    checked = Checked()
    if not isinstance(document, dict):
        checked.problems.append(_("A mapping is a JSON object: { ... }."))
        return checked
    problems = checked.problems
    problems += _head_problems(document)
    checked.formats = _formats(document, problems)
    if document.get("kind") not in KINDS:
        problems.append(_('"kind" is one of %(kinds)s.') % {"kinds": ", ".join(KINDS)})
    elif not isinstance(document.get("fields"), dict):
        problems.append(_('"fields" is missing: an object from field to column.'))
    else:
        checked.fields = check_fields(
            document["kind"], document["fields"], checked.formats, problems
        )
    return checked


def _head_problems(document: dict[str, Any]) -> list[str]:
    problems = [
        _('The mapping has an unknown key "%(key)s".') % {"key": key}
        for key in sorted(set(map(str, document)) - _KEYS)
    ]
    problems += [
        _('"%(key)s" is missing. Write a text.') % {"key": key}
        for key in ("name", "source_system")
        if not isinstance(document.get(key), str) or not document[key].strip()
    ]
    if len(str(document.get("source_system", "")).strip()) > SYSTEM_LIMIT:
        problems.append(
            _('"source_system" has at most %(most)d characters.') % {"most": SYSTEM_LIMIT}
        )
    if document.get("version", 1) != 1:
        problems.append(_('"version" is not 1, the only one there is.'))
    if not is_texts(document.get("ignored", [])):
        problems.append(_('"ignored" is a list of column names.'))
    return problems


def _formats(document: dict[str, Any], problems: list[str]) -> Formats | None:
    before = len(problems)
    zone = _zone(document.get("zone", "UTC"), problems)
    dates = _dates(document.get("date_formats", ["ISO"]), problems)
    decimal, thousands = document.get("decimal", "."), document.get("thousands", "")
    marks = decimal in DECIMAL_MARKS and thousands in THOUSANDS_MARKS and decimal != thousands
    if not marks:
        problems.append(
            _('"decimal" is "." or ",", and "thousands" another mark: "", ".", ",", " " or "\'".')
        )
    tokens = {
        key: _tokens(key, document.get(key, usual), problems)
        for key, usual in (
            ("null_tokens", [""]),
            ("true_tokens", sorted(TRUE_TOKENS)),
            ("false_tokens", sorted(FALSE_TOKENS)),
        )
    }
    if tokens["true_tokens"] & tokens["false_tokens"]:
        problems.append(_('A token stands in both "true_tokens" and "false_tokens".'))
    if len(problems) > before or zone is None:
        return None
    return Formats(zone=zone, dates=dates, decimal=decimal, thousands=thousands, **tokens)


def _zone(name: object, problems: list[str]) -> ZoneInfo | None:
    try:
        return ZoneInfo(cast("str", name))
    except (KeyError, ValueError, TypeError, OSError):
        problems.append(
            _('"zone": "%(name)s" is no time zone. Write one as Europe/Berlin.') % {"name": name}
        )
        return None


def _dates(patterns: object, problems: list[str]) -> tuple[DateFormat, ...]:
    if not is_texts(patterns) or not patterns:
        problems.append(_('"date_formats" is a list as ["dd.mm.yyyy HH:MM", "dd.mm.yyyy"].'))
        return ()
    found = []
    for pattern in cast("list[str]", patterns):
        try:
            found.append(DateFormat(pattern))
        except ValueError:
            problems.append(
                _(
                    '"date_formats": "%(pattern)s" is no date format. Use ISO, or '
                    "dd mm yyyy HH MM SS with marks between, as dd.mm.yyyy HH:MM."
                )
                % {"pattern": pattern}
            )
    return tuple(found)


def _tokens(key: str, tokens: object, problems: list[str]) -> frozenset[str]:
    if not is_texts(tokens):
        problems.append(_('"%(key)s" is a list of texts.') % {"key": key})
        return frozenset()
    return frozenset(token.strip().casefold() for token in cast("list[str]", tokens))
