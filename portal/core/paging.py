"""Pages by keyset: the next page starts after the last row seen, however deep one reads.

An order is a tuple of field paths, ``-`` for falling; the last must be unique (``pk``). Empty
values come last in both directions. No page counts rows and none skips them.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Field, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 50
LONGEST_CURSOR = 1000
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows, with the cursors of its neighbours (empty when there is none)."""

    rows: list[Row]
    next: str = ""
    previous: str = ""

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def keyset_page(
    rows: QuerySet[Row], *, order: Sequence[str], cursor: str = "", size: int = PAGE_SIZE
) -> Page[Row]:
    """Return the page of ``rows`` that ``cursor`` points at; a cursor nobody made is the first."""
    backwards, values = _read(cursor, rows.model, order)
    page = rows.order_by(*(_order(rows.model, path, backwards=backwards) for path in order))
    if values is not None:
        page = page.filter(_beyond(rows.model, order, values, backwards=backwards))
    found = list(page[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page(rows=[])
    has_next = more or backwards
    has_previous = (more and backwards) or (values is not None and not backwards)
    return Page(
        rows=found,
        next=_write(">", found[-1], order) if has_next else "",
        previous=_write("<", found[0], order) if has_previous else "",
    )


def is_cursor(cursor: str, model: type[Model], order: Sequence[str]) -> bool:
    """Tell whether ``cursor`` is one that pages of this model in this order hand out."""
    return _read(cursor, model, order)[1] is not None


def _order(model: type[Model], path: str, *, backwards: bool) -> OrderBy:
    name = path.removeprefix("-")
    falling, field = path.startswith("-"), F(name)
    if not _field(model, name).null:  # a plain order, which a plain index serves
        return field.desc() if falling != backwards else field.asc()
    if not backwards:
        return field.desc(nulls_last=True) if falling else field.asc(nulls_last=True)
    return field.asc(nulls_first=True) if falling else field.desc(nulls_first=True)


def _beyond(
    model: type[Model], order: Sequence[str], values: Sequence[Any], *, backwards: bool
) -> Q:
    """Rows strictly after (or before) ``values`` in ``order``, empty values last.

    The bound on the first field adds nothing to the meaning: it tells the database where in the
    index to begin, which it does not read out of the alternatives.
    """
    start, condition, equal = Q(), Q(pk__in=[]), Q()
    for path, value in zip(order, values, strict=True):
        name = path.removeprefix("-")
        falling = path.startswith("-") != backwards
        has_empty = _field(model, name).null
        if path == order[0] and not has_empty:
            start = Q(**{f"{name}__{'lte' if falling else 'gte'}": value})
        step = _step(name, value, falling=falling, has_empty=has_empty, backwards=backwards)
        condition |= equal & step
        equal &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
    return start & condition


def _step(name: str, value: Any, *, falling: bool, has_empty: bool, backwards: bool) -> Q:
    empty = Q(**{f"{name}__isnull": True})
    if value is None:
        return ~empty if backwards else Q(pk__in=[])
    step = Q(**{f"{name}__{'lt' if falling else 'gt'}": value})
    return step if backwards or not has_empty else step | empty


def _write(direction: str, row: Model, order: Sequence[str]) -> str:
    values = [_value(row, path.removeprefix("-")) for path in order]
    text = json.dumps([direction, *values], cls=DjangoJSONEncoder, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        if row is None:
            return None
        row = getattr(row, part)
    return row


def _read(cursor: str, model: type[Model], order: Sequence[str]) -> tuple[bool, list[Any] | None]:
    """Return (backwards, values); anything malformed reads as "the first page"."""
    if not cursor or len(cursor) > LONGEST_CURSOR:
        return False, None
    try:
        direction, *values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        fields = [_field(model, path.removeprefix("-")) for path in order]
        if direction not in {"<", ">"} or len(values) != len(fields):
            return False, None
        clean = [_clean(field, value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, ValidationError):
        return False, None
    except FieldDoesNotExist:
        return False, None
    return direction == "<", clean


def _clean(field: "Field[Any, Any]", value: Any) -> Any:
    """Return a cursor's value as its column holds it; what no column can hold is refused."""
    if value is None:
        return None
    clean = field.to_python(value)
    if isinstance(clean, int) and abs(clean) > LARGEST:
        raise ValueError("no column holds this number")
    if isinstance(clean, str) and "\x00" in clean:
        raise ValueError("no column holds this text")
    return clean


def _field(model: type[Model], path: str) -> "Field[Any, Any]":
    field: Any = None
    for part in path.split("__"):
        if part == "pk":
            return model._meta.pk
        field = model._meta.get_field(part)
        if field.related_model:
            model = field.related_model
    return field  # type: ignore[no-any-return]
