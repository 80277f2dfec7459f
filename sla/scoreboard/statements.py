"""The SQL by which clocks and handoffs are read into columns, on both databases.

A day, or the handoffs that changed, are few among all. A planner that joins them may still read
whole tables: it took a day for a hundredth of the handoffs and hashed everybody's leads and facts.
So what stands beside a row is looked up for it, by index, one row at a time: a LATERAL query with
a LIMIT on PostgreSQL, a key found by a subquery on SQLite. Instants come as whole seconds, for
turning text into dates costs more here than all the rest.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections
from django.db.models import BigIntegerField, Func, QuerySet

from leads.database.registry import FACTS

Row = tuple[Any, ...]
CHUNK = 5000  # rows fetched at a time
_FACTS = tuple(fact.name for fact in FACTS)
_BITS = {"postgresql": "bit_or(1::bigint << a.kind)", "sqlite": "sum(DISTINCT 1 << a.kind)"}


class Seconds(Func):
    """The whole seconds from 1970 to a column's instant, a fraction counted as a whole one."""

    output_field = BigIntegerField()
    template = "ceil(extract(epoch FROM %(expressions)s))::bigint"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        one = "(CAST(strftime('%%%%s', %(expressions)s) AS integer)"
        template = one + " + (instr(%(expressions)s, '.') > 0))"
        return self.as_sql(compiler, connection, template=template, **more)


def with_handoff(clocks: QuerySet[Any, Any]) -> Iterator[Row]:
    """Yield the values of clocks, which name their ``handoff_id``, and its owner, team, source."""
    vendor, (sql, params) = _compiled(clocks)
    handoff = _one(vendor, "h", "leads_handoff", ("owner_id", "team_id", "source_id"),
                   "{it}id = b.handoff_id")  # fmt: skip
    asked = f"SELECT b.*, h.owner_id, h.team_id, h.source_id FROM ({sql}) b {handoff}"  # noqa: S608
    return _rows(clocks.db, asked, params)


def with_what_they_carried(handoffs: QuerySet[Any, Any]) -> Iterator[Row]:
    """Yield the values of handoffs, which name their ``pk``, ``lead_id`` and ``made_at``; and more.

    Beside them: the standing outcome and reason; whether the lead has a name, an address, a phone,
    and its company; bits of the kinds it had done when it was handed over; its facts of then.
    """
    vendor, (sql, params) = _compiled(handoffs)
    told = ("name", "email", "phone", "company_id")
    beside = " ".join([
        _one(vendor, "l", "leads_lead", told, "{it}id = b.lead_id"),
        _one(vendor, "d", "leads_disposition", ("outcome", "reason_id"),
             "{it}handoff_id = b.pk AND {it}withdrawn_at IS NULL"),
        _one(vendor, "f", "leads_factsnapshot", _FACTS,
             "{it}lead_id = b.lead_id AND {it}known_from <= b.made_at",
             "ORDER BY {it}known_from DESC, {it}id DESC"),
    ])  # fmt: skip
    did = (
        f"(SELECT {_BITS[vendor]} FROM leads_activity a WHERE a.lead_id = b.lead_id"  # noqa: S608
        " AND NOT a.is_bot AND a.occurred_at <= b.made_at)"
    )
    asked = (
        "SELECT b.*, d.outcome, d.reason_id, l.name <> '', l.email <> '', l.phone <> '',"  # noqa: S608
        f" l.company_id, {did}, {', '.join(f'f.{name}' for name in _FACTS)}"
        f" FROM ({sql}) b {beside}"
    )
    return _rows(handoffs.db, asked, params)


def _compiled(rows: QuerySet[Any, Any]) -> tuple[str, tuple[str, Row]]:
    return connections[rows.db].vendor, rows.query.get_compiler(rows.db).as_sql()


def _one(
    vendor: str, name: str, table: str, columns: Sequence[str], where: str, order: str = ""
) -> str:
    """Return the SQL that joins at most one row of ``table`` by the name ``name``."""
    if vendor == "postgresql":
        listed, found = ", ".join(columns), f"{where} {order}".format(it="")
        return (
            f"LEFT JOIN LATERAL (SELECT {listed} FROM {table} WHERE {found} LIMIT 1) {name}"  # noqa: S608
            " ON TRUE"
        )
    found = f"{where} {order}".format(it="x.")
    return (
        f"LEFT JOIN {table} {name} ON {name}.id ="  # noqa: S608
        f" (SELECT x.id FROM {table} x WHERE {found} LIMIT 1)"
    )


def _rows(using: str, sql: str, params: Any) -> Iterator[Row]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows
