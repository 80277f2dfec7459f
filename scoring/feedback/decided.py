"""Decided handoffs as columns: one statement, then arithmetic.

A dashboard asks the same 200,000 handoffs twenty questions. So they are read once, a few
integers for each, and every question is answered from these columns.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from leads.dispositions.models import Effect, Reason
from portal.core import mirrors
from portal.core.mirrors import GRADES, PACKED, UNKNOWN
from scoring.feedback.models import DecidedHandoff
from scoring.feedback.statistics import Counts

__all__ = ["APART", "COLUMNS", "GRADES", "UNKNOWN", "Bools", "Decided", "read_decided"]

APART = (Effect.DUPLICATE, Effect.MEND)  # they judge the data, not the lead
SLICE = 20_000
BEFORE, AFTER = 19 + 2 + 4, 2  # bytes of a binary COPY around its one value
ROW = np.dtype([(name, f">i{width}") for name, width in PACKED])

Bools = npt.NDArray[np.bool_]


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
    flags: Counts  # bits of portal.core.mirrors
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
        by_hand = self.has(mirrors.BY_HAND)
        return self.only(~self.apart & ~by_hand & (self.version != UNKNOWN))

    def has(self, flag: int) -> Bools:
        """Return which entries have this bit among their flags."""
        found: Bools = (self.flags & flag) > 0
        return found

    @property
    def fast(self) -> Bools:
        """Those that came by the fast track, which asks for no total."""
        return self.has(mirrors.FAST)

    @property
    def won(self) -> Bools:
        return self.has(mirrors.WON)

    def newest(self, most: int) -> Counts:
        """Return the handoffs decided last, those of one second by their number."""
        order = np.lexsort((self.handoff, self.decided))[::-1][:most]
        return self.handoff[order]

    def only(self, rows: Bools) -> "Decided":
        """Return the entries where ``rows`` is true."""
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})


COLUMNS = tuple(name for name, _width in PACKED)


def read_decided(rows: QuerySet[DecidedHandoff]) -> Decided:
    """Return these handoffs as columns; one statement, and one for the reasons."""
    effects = dict(Reason.objects.order_by("code").values_list("code", "effect"))
    reasons = tuple(effects)
    is_packed = connection.vendor == "postgresql"
    found = _unpacked(rows, reasons) if is_packed else _fetched(rows, reasons)
    return Decided(
        **found,
        reasons=reasons,
        apart_codes=frozenset(code for code, effect in effects.items() if effect in APART),
    )


def _unpacked(rows: QuerySet[DecidedHandoff], reasons: Sequence[str]) -> dict[str, Counts]:
    """Let the database put all rows' bytes together: two hundred thousand come as one value."""
    sql, parameters = rows.order_by().values("packed").query.sql_with_params()
    table = np.frombuffer(bytes_of(sql, parameters), ROW)
    found = {name: table[name].astype(np.int64) for name in COLUMNS}
    marks = np.array([_mark(code) for code in reasons], dtype=np.int64)
    order = np.argsort(marks)
    place = order[np.searchsorted(marks[order], found["reason"]).clip(max=len(marks) - 1)]
    return found | {"reason": np.where(found["reason"] == 0, 0, place + 1)}


def bytes_of(sql: str, parameters: Sequence[Any]) -> bytes:
    """Return the bytes of all rows that the SELECT of ``packed`` finds, in no order."""
    whole = f"SELECT string_agg(r.packed, ''::bytea) FROM ({sql}) AS r"  # noqa: S608 - the ORM's
    statement = f"COPY ({whole}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.cursor.copy(statement, parameters) as copy:
        answer = b"".join(copy)
    return answer[BEFORE:-AFTER] if len(answer) > BEFORE + AFTER else b""


def _mark(code: str) -> int:
    """Return the bytes that stand for a reason in a packed row, as a number."""
    digest = hashlib.md5(code.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _fetched(rows: QuerySet[DecidedHandoff], reasons: Sequence[str]) -> dict[str, Counts]:
    whens = [When(reason=code, then=Value(n)) for n, code in enumerate(reasons, start=1)]
    place = Case(*whens, default=Value(0), output_field=IntegerField())
    asked: dict[str, Combinable] = {
        name: Coalesce(F(name), Value(UNKNOWN)) if name in {"version", "source", "sdr"} else F(name)
        for name in COLUMNS
    } | {"reason": place}
    named: dict[str, Any] = {f"c_{name}": sql for name, sql in asked.items()}
    wanted = rows.order_by().annotate(**named).values_list(*named)
    parts = []
    sql, parameters = wanted.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while fetched := cursor.fetchmany(SLICE):
            parts.append(np.array(fetched, dtype=np.int64))
    table = np.concatenate(parts) if parts else np.zeros((0, len(named)), np.int64)
    return {name: np.ascontiguousarray(table[:, n]) for n, name in enumerate(COLUMNS)}
