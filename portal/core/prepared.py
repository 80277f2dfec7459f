"""Statements that every request asks: Django writes their SQL once, and not for each request anew.

Writing one costs Django ten times what asking the database does. A prepared statement is a
queryset with room for its parameters; asked again, only they are new.
"""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, get_args, get_origin
from uuid import UUID

from django.db import connection, models
from django.db.models.fields.related import ForeignObject
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery

Rows = models.QuerySet[Any, Any]
Kind = Any  # int, str, datetime, UUID, or a list of one of them
_EPOCH = datetime(1999, 1, 1, tzinfo=UTC)


@ForeignObject.register_lookup
@models.Field.register_lookup
class Among(models.Lookup):
    """``__among=[...]``: one of these values, however many, as one parameter."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        return [self.lhs.output_field.get_prep_value(one) for one in self.rhs]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, params = self.process_lhs(compiler, connection)
        field = self.lhs.output_field
        values = [field.get_db_prep_value(one, connection, prepared=True) for one in self.rhs]
        if connection.vendor == "postgresql":
            return f"{lhs} = ANY(%s)", [*params, values]
        among = f"{lhs} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - Django's own name
        return among, [*params, json.dumps(values)]


@dataclass
class _Plan:
    sql: str
    params: list[Any]
    places: list[tuple[int, int]]  # (place among params, number of the argument)
    read: Callable[[Iterable[Sequence[Any]]], list[Any]]


class Prepared:
    """A query with parameters of ``kinds``; asking it returns what its queryset would yield.

        by_key = Prepared(lambda key: Company.objects.filter(key__among=key), list[str])
        by_key(["acme", "initech"])

    Rows come as instances, or as tuples after ``values_list``. Sets are ``__among``: ``__in``
    writes a place for each value. Nothing is prefetched.
    """

    def __init__(self, build: Callable[..., Any], *kinds: Kind) -> None:
        self._build, self._kinds = build, kinds
        self._plans = threading.local()  # a plan belongs to its thread's connection

    def __call__(self, *given: Any) -> list[Any]:
        plan = self._plan()
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, self._params(plan, given))
            found = cursor.fetchall()
        return plan.read(found)

    def _plan(self) -> _Plan:
        plan: _Plan | None = getattr(self._plans, connection.vendor, None)
        if plan is None:
            plan = self._written()
            setattr(self._plans, connection.vendor, plan)
        return plan

    def _written(self) -> _Plan:
        marks = [_mark(kind, place) for place, kind in enumerate(self._kinds)]
        compiler, read = self._compiled(marks)
        sql, params = compiler.as_sql()
        known = [_stored(kind, mark) for kind, mark in zip(self._kinds, marks, strict=True)]
        places = [
            (place, known.index(param)) for place, param in enumerate(params) if param in known
        ]
        if {number for _, number in places} != set(range(len(marks))):
            raise ValueError("a parameter does not reach the statement as it was given")
        return _Plan(sql, list(params), places, read())

    def _compiled(self, marks: Sequence[Any]) -> tuple[Any, Callable[[], Any]]:
        rows = self._build(*marks)
        compiler = rows.query.get_compiler(rows.db)
        return compiler, lambda: _reader(rows, compiler)

    def _params(self, plan: _Plan, given: Sequence[Any]) -> list[Any]:
        stored = [_stored(kind, one) for kind, one in zip(self._kinds, given, strict=True)]
        params = plan.params.copy()
        for place, number in plan.places:
            params[place] = stored[number]
        return params


def together(*asked: tuple[Prepared, Sequence[Any]]) -> list[list[Any]]:
    """Ask several queries, each with its arguments, in this order; return what each found.

    PostgreSQL gets them in one message and answers one after the other, each as of its own
    beginning; SQLite, which is no way off, one by one.
    """
    plans = [one._plan() for one, _ in asked]
    params = [one._params(plan, given) for plan, (one, given) in zip(plans, asked, strict=True)]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return [
                plan.read(cursor.execute(plan.sql, some).fetchall())
                for plan, some in zip(plans, params, strict=True)
            ]
        cursor.execute("; ".join(plan.sql for plan in plans), [*chain.from_iterable(params)])
        answers = []
        for plan in plans:
            answers.append(plan.read(cursor.fetchall()))
            cursor.nextset()
        return answers


class PreparedUpdate(Prepared):
    """An update: ``build`` returns the rows and their changes. Asking it returns how many changed.

    What it changes is not to depend on related tables.
    """

    def __call__(self, *given: Any) -> int:  # type: ignore[override]
        plan = self._plan()
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, self._params(plan, given))
            return int(cursor.rowcount)

    def _compiled(self, marks: Sequence[Any]) -> tuple[Any, Callable[[], Any]]:
        rows, changes = self._build(*marks)
        update = rows.query.chain(UpdateQuery)
        update.add_update_values(changes)
        return update.get_compiler(rows.db), lambda: list


def _is_list(kind: Kind) -> bool:
    origin: Any = get_origin(kind)
    return bool(origin is list)


def _mark(kind: Kind, place: int) -> Any:
    """Return a value of this kind that stands in no statement by itself."""
    if _is_list(kind):
        return [_mark(get_args(kind)[0], place)]
    made: dict[type, Any] = {
        int: 31_337 + place,
        str: f"parameter {place} to come",
        datetime: _EPOCH + timedelta(minutes=place),
        UUID: UUID(int=(31_337 << 64) + place),
    }
    return made[kind]


def _stored(kind: Kind, value: Any) -> Any:
    """Return a parameter as the database takes it."""
    if _is_list(kind):
        (each,) = get_args(kind)
        values = [_stored(each, one) for one in value]
        return values if connection.vendor == "postgresql" else json.dumps(values)
    if kind is datetime:
        return connection.ops.adapt_datetimefield_value(value)
    if kind is UUID and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def _reader(rows: Rows, compiler: Any) -> Callable[[Iterable[Sequence[Any]]], list[Any]]:
    """Return what makes of the database's rows what the queryset yields."""
    columns = [one[0] for one in compiler.select]
    converters = compiler.get_converters(columns)

    def converted(found: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        return compiler.apply_converters(found, converters) if converters else found

    if not issubclass(rows._iterable_class, ModelIterable):
        return lambda found: [tuple(row) for row in converted(found)]
    info = compiler.klass_info
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [one[0].target.attname for one in compiler.select[first:last]]
    related = get_related_populators(info, compiler.select, rows.db)  # type: ignore[call-arg]
    noted = list(compiler.annotation_col_map.items())

    def instance(row: Sequence[Any]) -> models.Model:
        one: models.Model = info["model"].from_db(rows.db, names, row[first:last])
        for populator in related:
            populator.populate(row, one)
        for name, place in noted:
            setattr(one, name, row[place])
        return one

    return lambda found: [instance(row) for row in converted(found)]
