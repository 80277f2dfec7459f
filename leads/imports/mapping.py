"""A mapping: the JSON document that says how the columns of a file become fields of the portal.

``docs/reference/import-mapping.md`` explains the document, ``import-mapping.schema.json`` beside it
states its shape. A document is read once (``read_mapping``), bound to a header (``Mapping.bind``)
and then applied to each row (``Binding.apply``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from leads.imports.check import check_document
from leads.imports.specs import FieldSpec
from leads.imports.targets import FACTS, ONE_OF, TARGETS, TargetField
from leads.imports.values import BadValue, Converter, Formats, Value, converter

__all__ = ["FACTS", "TARGETS", "BadMapping", "Binding", "Mapping", "Record", "read_mapping"]

_CACHED = 4_096  # texts whose value is kept, for each type and value map: dates and words repeat
_SHARED = frozenset({"instant", "date", "decimal", "integer", "duration", "flag"})

Cells = Sequence[str]
_Reader = Callable[[Cells], Value]


class BadMapping(ValueError):
    """The document cannot be used; ``problems`` are sentences, all of them, for the person."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the values of the mapped fields (None: nothing given), and its problems.

    A record with problems must not be stored: its values are those that could be read.
    """

    values: dict[str, Value]
    problems: list[str]

    def family(self, prefix: str) -> dict[str, Value]:
        """Return the given values of one family, as ``family("fact")``, without the prefix."""
        start = prefix + "."
        return {
            name.removeprefix(start): value
            for name, value in self.values.items()
            if value is not None and name.startswith(start)
        }


@dataclass(frozen=True)
class Mapping:
    """A checked document. ``document`` is the JSON it was read from, fit to be stored."""

    document: dict[str, Any]
    kind: str
    name: str
    source_system: str
    formats: Formats
    fields: dict[str, FieldSpec]
    ignored: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that the mapping reads, in the order of its fields, each once."""
        return list(dict.fromkeys(name for spec in self.fields.values() for name in spec.columns))

    def unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns of ``header`` that the mapping neither reads nor names as ignored."""
        known = {*self.columns, *self.ignored}
        return [name for name in header if name not in known]

    def bind(self, header: Sequence[str]) -> "Binding":
        """Return the function of rows under this header. Raises BadMapping for missing columns."""
        places = {name: at for at, name in enumerate(header)}
        missing = [name for name in self.columns if name not in places]
        if missing:
            raise BadMapping(
                [
                    _('The mapping reads the column "%(name)s", which this file does not have.')
                    % {"name": name}
                    for name in missing
                ]
            )
        return Binding(self, places)


def read_mapping(document: object) -> Mapping:
    """Check a parsed JSON document and return its mapping. Raises BadMapping with every problem."""
    checked = check_document(document)
    if checked.problems or not isinstance(document, dict) or checked.formats is None:
        raise BadMapping(checked.problems)
    return Mapping(
        document=document,
        kind=document["kind"],
        name=document["name"],
        source_system=document["source_system"].strip(),
        formats=checked.formats,
        fields=checked.fields,
        ignored=tuple(document.get("ignored", ())),
    )


class Binding:
    """A mapping bound to a header: turns the cells of a row into a Record."""

    def __init__(self, mapping: Mapping, places: dict[str, int]) -> None:
        self.mapping = mapping
        self._always: list[tuple[str, _Reader]] = []
        self._sometimes: list[tuple[str, FieldSpec, _Reader]] = []
        kept: dict[str, dict[str, Value]] = {}
        for field, spec in mapping.fields.items():
            reader = _reader(spec, mapping.formats, places, kept)
            if spec.when:
                self._sometimes.append((field, spec, reader))
            else:
                self._always.append((field, reader))
        self._required = [
            target
            for name, target in TARGETS[mapping.kind].items()
            if target.required and name in mapping.fields
        ]

    def apply(self, cells: Cells) -> Record:
        """Read one row, as wide as the header. Never raises for what stands in it."""
        values: dict[str, Value] = {}
        problems: list[str] = []
        for field, reader in self._always:
            try:
                values[field] = reader(cells)
            except BadValue as bad:
                problems.append(str(bad))
        for field, spec, reader in self._sometimes:
            try:
                holds = all(values.get(name) in wanted for name, wanted in spec.when)
                values[field] = reader(cells) if holds else None
            except BadValue as bad:
                problems.append(str(bad))
        if not problems:
            problems = self._missing(values)
        return Record(values, problems)

    def _missing(self, values: dict[str, Value]) -> list[str]:
        problems = [_is_empty(target) for target in self._required if values[target.name] is None]
        one_of = ONE_OF.get(self.mapping.kind, ())
        if one_of and all(values.get(name) is None for name in one_of):
            labels = [str(TARGETS[self.mapping.kind][name].label) for name in one_of]
            problems.append(
                _("The row names no lead. Fill in one of: %(fields)s.")
                % {"fields": ", ".join(labels)}
            )
        if self.mapping.kind == "handoffs":
            problems += _reason_problems(values)
        return problems


def _is_empty(target: TargetField) -> str:
    return _('"%(field)s" is empty. Fill it in.') % {"field": target.label}


def _reason_problems(values: dict[str, Value]) -> list[str]:
    is_rejected = values.get("disposition") == "rejected"
    has_reason = values.get("reason") is not None
    if is_rejected and not has_reason:
        return [_("A rejected handoff needs a reason; not_stated says that the source has none.")]
    if has_reason and not is_rejected:
        return [_("Only a rejected handoff has a reason. Keep the source's word as reason_text.")]
    return []


def _reader(
    spec: FieldSpec, formats: Formats, places: dict[str, int], kept: dict[str, dict[str, Value]]
) -> _Reader:
    """Compose picking the text, the value map, the conversion and the default of one field."""
    convert = _conversion(spec, formats, kept)
    default = None if spec.default is None else _typed(spec, formats)(spec.default)
    if spec.source == "constant":
        fixed = convert(spec.constant)
        return lambda _cells: fixed
    pick = _picker(spec, formats, [places[name] for name in spec.columns])

    def read(cells: Cells) -> Value:
        text = pick(cells)
        if formats.is_null(text):
            return default
        value = convert(text)
        return default if value is None else value

    return read


def _typed(spec: FieldSpec, formats: Formats) -> Converter:
    return converter(
        spec.type, formats, column=spec.shown_as, choices=spec.choices, limit=spec.limit
    )


def _picker(spec: FieldSpec, formats: Formats, at: list[int]) -> Callable[[Cells], str]:
    if spec.source == "column":
        (only,) = at
        return lambda cells: cells[only].strip()

    def given(cells: Cells) -> list[str]:
        texts = [cells[place].strip() for place in at]
        return ["" if formats.is_null(text) else text for text in texts]

    if spec.source == "first_of":
        return lambda cells: next((text for text in given(cells) if text), "")

    def join(cells: Cells) -> str:
        texts = given(cells)
        return spec.separator.join(texts) if any(texts) else ""

    return join


def _conversion(spec: FieldSpec, formats: Formats, kept: dict[str, dict[str, Value]]) -> Converter:
    """Return the conversion of one field; fields of one plain type share what was converted."""
    typed = _typed(spec, formats)
    if spec.values is not None:
        return _cached(_value_map(spec, typed), {})
    if spec.type in _SHARED:
        return _cached(typed, kept.setdefault(spec.type, {}))
    return typed


def _value_map(spec: FieldSpec, typed: Converter) -> Converter:
    fold: Callable[[str], str] = str.casefold if spec.fold_case else str
    known = {
        fold(text.strip()): None if value is None else typed(value)
        for text, value in (spec.values or {}).items()
    }
    unmapped: Literal["error", "keep", "null"] = spec.unmapped

    def mapped(text: str) -> Value:
        key = fold(text)
        if key in known:
            return known[key]
        if unmapped == "keep":
            return typed(text)
        if unmapped == "null":
            return None
        raise BadValue(
            _('Column "%(column)s": the mapping does not know "%(value)s". Add it to the values.')
            % {"column": spec.shown_as, "value": text[:60]}
        )

    return mapped


def _cached(convert: Converter, kept: dict[str, Value]) -> Converter:
    def once(text: str) -> Value:
        if text in kept:
            return kept[text]
        value = convert(text)
        if len(kept) >= _CACHED:
            kept.clear()
        kept[text] = value
        return value

    return once
