"""Decided handoffs as columns: one statement, then arithmetic.

A dashboard asks the same 200,000 handoffs twenty questions. So they are read once, a few
integers for each, and every question is answered from these columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from leads.dispositions.models import Disposition, Effect, Reason
from leads.handoffs.models import ON_A_WORD, Cause
from scoring.feedback.statistics import Counts

APART = (Effect.DUPLICATE, Effect.MEND)  # they judge the data, not the lead
GRADES = tuple(f"{letter}{digit}" for letter in "ABC" for digit in "123")
UNKNOWN = -1
SLICE = 20_000
HEADER, TRAILER = 19, 2  # bytes around the rows of a binary COPY
WIDTHS = {2: ">i2", 4: ">i4", 8: ">i8"}

Bools = npt.NDArray[np.bool_]


class _Epoch(Func):
    """Whole seconds since 1970."""

    function = "EXTRACT"
    template = "EXTRACT(EPOCH FROM %(expressions)s)"
    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        )


@dataclass(frozen=True)
class Decided:
    """One entry for each decided handoff, in no order. -1 where something is not known.

    ``reason`` is 0 for accepted ones, else the place of its code in ``reasons`` plus 1.
    ``decided`` is epoch seconds. ``fired`` and ``needed`` are bits of the rules of ``version``.
    """

    handoff: Counts
    version: Counts
    fired: Counts
    needed: Counts
    total: Counts
    grade: Counts  # the place in GRADES
    reason: Counts
    source: Counts
    sdr: Counts
    decided: Counts
    by_hand: Counts
    fast: Counts  # 1: by the fast track, which asks for no total
    reasons: tuple[str, ...]
    apart_codes: frozenset[str]

    def __len__(self) -> int:
        return len(self.handoff)

    @cached_property
    def accepted(self) -> Bools:
        found: Bools = self.reason == 0
        return found

    @cached_property
    def apart(self) -> Bools:
        """Duplicates and leads with data to mend: shown apart, they judge no rule."""
        codes = [n for n, code in enumerate(self.reasons, start=1) if code in self.apart_codes]
        found: Bools = np.isin(self.reason, codes)
        return found

    @cached_property
    def judging(self) -> "Decided":
        """The handoffs that say something about rules: by a gate, and judged as leads."""
        return self.only(~self.apart & (self.by_hand == 0) & (self.version != UNKNOWN))

    def only(self, rows: Bools) -> "Decided":
        """Return the entries where ``rows`` is true."""
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})


COLUMNS = ("handoff", "version", "fired", "needed", "total", "grade", "reason", "source", "sdr",
           "decided", "by_hand", "fast")  # fmt: skip


def read_decided(rows: QuerySet[Disposition]) -> Decided:
    """Return these dispositions as columns; one statement, and one for the reasons."""
    effects = dict(Reason.objects.order_by("code").values_list("code", "effect"))
    reasons = tuple(effects)
    asked = _columns(reasons)
    plain = rows.order_by().annotate(**{f"c_{name}": sql for name, (sql, _) in asked.items()})
    wanted = plain.values_list(*(f"c_{name}" for name in asked))
    if connection.vendor == "postgresql":
        found = _copied(wanted, {name: width for name, (_, width) in asked.items()})
    else:
        found = _fetched(wanted, tuple(asked))
    return Decided(
        **found,
        reasons=reasons,
        apart_codes=frozenset(code for code, effect in effects.items() if effect in APART),
    )


def _columns(reasons: Sequence[str]) -> dict[str, tuple[Expression | F, int]]:
    """Return what is asked of each disposition, with the bytes of its integer."""
    evidence = "handoff__evidence__"
    reason = _place("reason", [(code, n) for n, code in enumerate(reasons, start=1)], default=0)
    grade = _place(f"{evidence}grade", [(name, n) for n, name in enumerate(GRADES)])
    return {
        "handoff": (F("handoff_id"), 8),
        "version": (_known(f"{evidence}version_id"), 8),
        "fired": (_known(f"{evidence}fired"), 8),
        "needed": (_known(f"{evidence}needed"), 8),
        "total": (_known(f"{evidence}total"), 4),
        "grade": (grade, 2),
        "reason": (reason, 2),
        "source": (_known("handoff__source_id"), 8),
        "sdr": (_known("decided_by_id"), 8),
        "decided": (Coalesce(_Epoch("decided_at"), Value(UNKNOWN)), 8),
        "by_hand": (_is(handoff__cause__in=ON_A_WORD), 2),
        "fast": (_is(handoff__cause=Cause.FAST_TRACK), 2),
    }


def _is(**lookup: Any) -> Case:
    return Case(When(**lookup, then=Value(1)), default=Value(0), output_field=SmallIntegerField())


def _known(path: str) -> Coalesce:
    return Coalesce(F(path), Value(UNKNOWN))


def _place(path: str, places: Sequence[tuple[str, int]], *, default: int = UNKNOWN) -> Case:
    whens = [When(Q(**{path: text}), then=Value(place)) for text, place in places]
    return Case(*whens, default=Value(default), output_field=IntegerField())


def _copied(wanted: QuerySet[Any, Any], widths: Mapping[str, int]) -> dict[str, Counts]:
    """Read by binary COPY: integers of fixed width, so the rows are an array already."""
    casts = {2: "smallint", 4: "integer", 8: "bigint"}
    sql, parameters = wanted.query.sql_with_params()
    names = list(widths)
    given = ", ".join(f"r.c{n}::{casts[widths[name]]}" for n, name in enumerate(names))
    columns = ", ".join(f"c{n}" for n in range(len(names)))
    statement = f"COPY (SELECT {given} FROM ({sql}) AS r({columns})) TO STDOUT (FORMAT BINARY)"  # noqa: S608 - our own names
    row = [("fields", ">i2")]
    for name in names:
        row += [(f"{name} size", ">i4"), (name, WIDTHS[widths[name]])]
    with connection.cursor() as cursor, cursor.cursor.copy(statement, parameters) as copy:
        answer = b"".join(copy)
    table = np.frombuffer(memoryview(answer)[HEADER:-TRAILER], np.dtype(row))
    return {name: table[name].astype(np.int64) for name in names}


def _fetched(wanted: QuerySet[Any, Any], names: Sequence[str]) -> dict[str, Counts]:
    parts = []
    sql, parameters = wanted.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(SLICE):
            parts.append(np.array(rows, dtype=np.int64))
    table = np.concatenate(parts) if parts else np.zeros((0, len(names)), np.int64)
    return {name: np.ascontiguousarray(table[:, n]) for n, name in enumerate(names)}
