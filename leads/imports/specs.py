"""Check the fields of a mapping, one by one, and keep how each is read."""

import re
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.utils.translation import gettext as _

from leads.imports.targets import FACT_LIMIT, FACTS, FAMILIES, ONE_OF, TARGETS, TargetField
from leads.imports.values import TYPES, BadValue, Formats, converter

SOURCES = ("column", "constant", "first_of", "join")
UNMAPPED = ("error", "keep", "null")
_KEYS = {*SOURCES, "separator", "type", "values", "fold_case", "unmapped", "default", "known"}
_KEYS |= {"when", "note"}
_FAMILY_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")


@dataclass(frozen=True)
class FieldSpec:
    """How one field is read: where its text comes from, what it may be, and when it counts."""

    type: str
    source: Literal["column", "constant", "first_of", "join"]
    columns: tuple[str, ...] = ()
    constant: str = ""
    separator: str = "|"
    values: dict[str, str | None] | None = None
    fold_case: bool = False
    unmapped: Literal["error", "keep", "null"] = "error"
    default: str | None = None
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    choices: tuple[str, ...] = ()
    limit: int = 500

    @property
    def shown_as(self) -> str:
        """The columns as a sentence about a cell names them."""
        return " / ".join(self.columns) or self.constant


def check_fields(
    kind: str, fields: dict[str, Any], formats: Formats | None, problems: list[str]
) -> dict[str, FieldSpec]:
    """Return the fields that could be read, by the name they are stored under; add to problems.

    A fact that is known later, or that no rule can ask about, is stored as extra: nothing
    downstream can score it by mistake.
    """
    specs: dict[str, FieldSpec] = {}
    for name, body in fields.items():
        if not isinstance(body, dict):
            problems.append(_in_field(name, _('write {"column": "..."}.')))
            continue
        target = _target(kind, name, body, problems)
        spec = target and _spec(name, body, target, problems)
        if not spec:
            continue
        stored = name
        if name.startswith("fact.") and not _is_scorable(name, body):
            stored = "extra." + name.removeprefix("fact.")
            if stored in fields:
                problems.append(_in_field(name, _("extra has a field of this name already.")))
        specs[stored] = spec
        if formats:
            problems += _text_problems(name, spec, formats)
    problems += _kind_problems(kind, fields)
    problems += _when_problems(specs)
    return specs


def _is_scorable(name: str, body: dict[str, Any]) -> bool:
    """Tell whether rules may ask about this field: a registered fact, known from the start."""
    prefix, _dot, rest = name.partition(".")
    return prefix == "fact" and rest in FACTS and body.get("known", "now") == "now"


def _in_field(name: str, sentence: str) -> str:
    return _('Field "%(name)s": %(sentence)s') % {"name": name, "sentence": sentence}


def _target(kind: str, name: str, body: dict[str, Any], problems: list[str]) -> TargetField | None:
    """Return what the field is; for a family's field, what the mapping says it is."""
    declared = TARGETS[kind].get(name)
    prefix, _dot, rest = name.partition(".")
    family = FAMILIES[kind].get(prefix)
    if declared is None and (family is None or not _FAMILY_NAME.fullmatch(rest)):
        problems.append(
            _in_field(name, _("%(kind)s have no such field.") % {"kind": kind.capitalize()})
        )
        return None
    if "known" in body and (prefix != "fact" or body["known"] not in ("now", "later")):
        problems.append(_in_field(name, _('"known" is now or later, and only facts have it.')))
    if declared:
        if "type" in body and body["type"] != declared.type:
            problems.append(
                _in_field(name, _("its type is always %(type)s.") % {"type": declared.type})
            )
        return declared
    usual = FACTS[rest][0] if prefix == "fact" and rest in FACTS else "text"
    value_type = body.get("type", usual)
    if _is_scorable(name, body):
        if value_type != usual:
            problems.append(_in_field(name, _("its type is always %(type)s.") % {"type": usual}))
            return None
        return TargetField(name, usual, name, limit=FACT_LIMIT)
    if value_type not in TYPES or value_type == "choice":
        problems.append(_in_field(name, _('"type" is none that a made-up field can have.')))
        return None
    return TargetField(name, value_type, name, limit=family.limit if family else 500)


def _spec(
    name: str, body: dict[str, Any], target: TargetField, problems: list[str]
) -> FieldSpec | None:
    found = [
        *_unknown_keys(body),
        *_source_problems(body),
        *_value_problems(body),
    ]
    problems += [_in_field(name, sentence) for sentence in found]
    if found:
        return None
    source = next(key for key in SOURCES if key in body)
    columns = {"column": [body[source]], "constant": []}.get(source, body[source])
    return FieldSpec(
        type=target.type,
        source=cast("Any", source),
        columns=tuple(columns),
        constant=body.get("constant", "").strip(),
        separator=body.get("separator", "|"),
        values=body.get("values"),
        fold_case=body.get("fold_case", False),
        unmapped=body.get("unmapped", "error"),
        default=body.get("default"),
        when=tuple(
            (field, tuple(wanted) if isinstance(wanted, list) else (wanted,))
            for field, wanted in body.get("when", {}).items()
        ),
        choices=target.choices,
        limit=target.limit,
    )


def _unknown_keys(body: dict[str, Any]) -> list[str]:
    return [_('"%(key)s" is unknown.') % {"key": key} for key in sorted(set(body) - _KEYS)]


def _source_problems(body: dict[str, Any]) -> list[str]:
    given = [key for key in SOURCES if key in body]
    if len(given) != 1:
        return [_("write exactly one of %(sources)s.") % {"sources": ", ".join(SOURCES)}]
    value = body[given[0]]
    found = []
    if given[0] in ("column", "constant"):
        if not isinstance(value, str) or not value.strip():
            found.append(_('"%(key)s" is a text.') % {"key": given[0]})
    elif not is_texts(value) or not value:
        found.append(_('"%(key)s" is a list of column names.') % {"key": given[0]})
    if "separator" in body and (given[0] != "join" or not isinstance(body["separator"], str)):
        found.append(_('"separator" is a text, and only join has it.'))
    if given[0] == "constant" and ("values" in body or "default" in body):
        found.append(_('a constant has neither "values" nor "default".'))
    return found


def _value_problems(body: dict[str, Any]) -> list[str]:
    found = []
    values = body.get("values", {})
    if not isinstance(values, dict) or not all(
        value is None or isinstance(value, str) for value in values.values()
    ):
        found.append(_('"values" is an object from text to text or null.'))
    if not isinstance(body.get("fold_case", False), bool):
        found.append(_('"fold_case" is true or false.'))
    if body.get("unmapped", "error") not in UNMAPPED:
        found.append(_('"unmapped" is error, keep or null.'))
    if ("fold_case" in body or "unmapped" in body) and "values" not in body:
        found.append(_('"fold_case" and "unmapped" need "values".'))
    if not isinstance(body.get("default", ""), str):
        found.append(_('"default" is a text.'))
    when = body.get("when", {})
    if not isinstance(when, dict) or not all(
        isinstance(wanted, str) or (is_texts(wanted) and wanted) for wanted in when.values()
    ):
        found.append(_('"when" is an object from field to a text or a list of texts.'))
    return found


def _text_problems(name: str, spec: FieldSpec, formats: Formats) -> list[str]:
    """Convert what the document itself writes: constant, default and the values of its map."""
    convert = converter(spec.type, formats, column=name, choices=spec.choices, limit=spec.limit)
    written = [spec.constant, spec.default, *(spec.values or {}).values()]
    problems = []
    for text in dict.fromkeys(text for text in written if text):
        try:
            convert(text)
        except BadValue as bad:
            problems.append(str(bad))
    return problems


def _kind_problems(kind: str, fields: dict[str, Any]) -> list[str]:
    problems = [
        _in_field(target.name, _("it is needed. Map a column to it."))
        for target in TARGETS[kind].values()
        if target.required and target.name not in fields
    ]
    one_of = ONE_OF.get(kind, ())
    if one_of and not any(name in fields for name in one_of):
        problems.append(_("Map a column to one of %(fields)s.") % {"fields": ", ".join(one_of)})
    return problems


def _when_problems(specs: dict[str, FieldSpec]) -> list[str]:
    return [
        _in_field(name, _('"when" names a mapped field that has no "when" itself.'))
        for name, spec in specs.items()
        if any(other not in specs or specs[other].when for other, _wanted in spec.when)
    ]


def is_texts(value: object) -> bool:
    """Tell whether a value from JSON is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
