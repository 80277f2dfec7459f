"""Decided handoffs in one narrow table, kept by the database itself, for counting.

What a dashboard asks of a decided handoff stands in five tables. Joined they cost a second at
200,000 handoffs; here each has one row of numbers, written by triggers whenever the disposition,
the handoff, its evidence or its opportunity changes: whoever wrote it, and however many at once.
It is made from what stands there at that moment, so writing it twice, or in any order, ends the
same. On PostgreSQL ``packed`` holds the row as bytes of fixed width, which the database hands out
by the hundred thousand in one value. ``mend`` puts right what two transactions at once may leave.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "scoring_decidedhandoff"
AGAIN = "decided_handoffs_again"  # PostgreSQL's function that writes some of them anew
SOURCES = ("leads_disposition", "leads_handoff", "leads_opportunity", "scoring_evidence")
GRADES = tuple(f"{letter}{digit}" for letter in "ABC" for digit in "123")
UNKNOWN = -1
BY_HAND, FAST, WON, TIMED, QUICK, LIVE, FROZEN = (1 << place for place in range(7))
QUICK_SECONDS = 3  # in which nobody reads a case
# The handoff's columns that stand in the row.
COPIED = ("source_id", "campaign_id", "team_id", "owner_id", "cause", "origin", "is_decided")

_TIMED = "d.decided_at >= d.opened_at"
_GRADE = " ".join(f"WHEN '{grade}' THEN {place}" for place, grade in enumerate(GRADES))
_FLAGS = (
    (BY_HAND, "h.cause IN ('by_hand', 'appeal')"), (FAST, "h.cause = 'fast_track'"),
    (WON, "o.outcome = 'won'"), (TIMED, _TIMED), (QUICK, f"{_TIMED} AND {{quick}}"),
    (LIVE, "h.origin = 'live'"), (FROZEN, "e.kind = 'frozen'"),
)  # fmt: skip
COLUMNS = (
    ("handoff_id", "h.id"),
    ("disposition_id", "d.id"),
    ("decided", "coalesce({epoch}, -1)"),
    ("reason_id", "d.reason_id"),
    ("sdr_id", "d.decided_by_id"),
    ("source_id", "h.source_id"),
    ("campaign_id", "h.campaign_id"),
    ("team_id", "h.team_id"),
    ("owner_id", "h.owner_id"),
    ("version_id", "e.version_id"),
    ("is_frozen", "e.kind = 'frozen'"),
    ("fired", "coalesce(e.fired, -1)"),
    ("needed", "coalesce(e.needed, -1)"),
    ("total", "coalesce(e.total, -1)"),
    ("grade", f"CASE e.grade {_GRADE} ELSE -1 END"),
    ("flags", " + ".join(f"CASE WHEN {when} THEN {flag} ELSE 0 END" for flag, when in _FLAGS)),
    ("named", "coalesce({named}, '')"),
)
_FROM = (
    "leads_disposition d JOIN leads_handoff h ON h.id = d.handoff_id"
    " LEFT JOIN scoring_evidence e ON e.handoff_id = h.id"
    " LEFT JOIN leads_opportunity o ON o.handoff_id = h.id"
    " WHERE d.withdrawn_at IS NULL"
)
# (name, bytes) of what ``packed`` holds, big-endian; 8 bytes of the reason's MD5, 0 if accepted.
PACKED = (
    ("handoff", 8), ("fired", 8), ("needed", 8), ("decided", 8), ("reason", 8), ("total", 4),
    ("version", 4), ("source", 4), ("sdr", 4), ("grade", 2), ("flags", 2),
)  # fmt: skip
_BYTES = (
    "int8send(r.handoff_id) || int8send(r.fired) || int8send(r.needed) || int8send(r.decided)"
    " || CASE WHEN r.reason_id IS NULL THEN int8send(0)"
    " ELSE substr(decode(md5(r.reason_id), 'hex'), 1, 8) END"
    " || int4send(r.total) || int4send(coalesce(r.version_id, -1)::int4)"
    " || int4send(coalesce(r.source_id, -1)::int4) || int4send(coalesce(r.sdr_id, -1)::int4)"
    " || int2send(r.grade::int2) || int2send(r.flags::int2)"
)
_SPELT = {
    "postgresql": {
        "epoch": "floor(extract(epoch FROM d.decided_at))::bigint",
        "quick": f"d.decided_at < d.opened_at + interval '{QUICK_SECONDS} seconds'",
        "named": "d.wrong_rules::text",
    },
    "sqlite": {
        "epoch": "CAST(strftime('%s', d.decided_at) AS integer)",
        "quick": (
            "strftime('%s', d.decided_at) - strftime('%s', d.opened_at)"
            " + CAST(substr(d.decided_at, 20) AS real) - CAST(substr(d.opened_at, 20) AS real)"
            f" < {QUICK_SECONDS}"
        ),
        "named": "d.wrong_rules",
    },
}


@dataclass(frozen=True)
class Mirror:
    """Writes the row anew when ``table`` is changed by ``act``; of UPDATE, if ``columns`` are."""

    name: str
    table: str
    act: str
    columns: Sequence[str] = ()
    by: str = "handoff_id"


MIRRORS = (
    Mirror("decided_by_disposition_new", "leads_disposition", "INSERT"),
    Mirror("decided_by_disposition_changed", "leads_disposition", "UPDATE"),
    Mirror("decided_by_disposition_gone", "leads_disposition", "DELETE"),
    Mirror("decided_by_evidence_new", "scoring_evidence", "INSERT"),
    Mirror("decided_by_opportunity_new", "leads_opportunity", "INSERT"),
    Mirror("decided_by_opportunity_changed", "leads_opportunity", "UPDATE"),
    Mirror("decided_by_opportunity_gone", "leads_opportunity", "DELETE"),
    Mirror("decided_by_handoff_changed", "leads_handoff", "UPDATE", COPIED, by="id"),
)


def rows_sql(vendor: str, only: str = "") -> str:
    """Return the SELECT of all rows as they should be, narrowed by ``only`` (more of its WHERE)."""
    spelt = _SPELT[vendor]
    columns = ", ".join(f"{_said(sql, spelt)} AS {name}" for name, sql in COLUMNS)
    plain = f"SELECT {columns} FROM {_FROM}{only}"  # noqa: S608 - our own names
    if vendor == "sqlite":
        return plain
    return f"SELECT r.*, {_BYTES} AS packed FROM ({plain}) AS r"  # noqa: S608


def _said(sql: str, spelt: dict[str, str]) -> str:
    for word, meant in spelt.items():
        sql = sql.replace(f"{{{word}}}", meant)
    return sql


def names_of(vendor: str) -> list[str]:
    """Return the columns that ``rows_sql`` fills, in its order."""
    return [name for name, _sql in COLUMNS] + ["packed"] * (vendor == "postgresql")


def _upsert(vendor: str, only: str = "") -> str:
    names = names_of(vendor)
    fresh = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    apart = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"{TABLE}.{name} {apart} excluded.{name}" for name in names[1:])
    return (
        f"INSERT INTO {TABLE} ({', '.join(names)}) {rows_sql(vendor, only)} ORDER BY 1"
        f" ON CONFLICT (handoff_id) DO UPDATE SET {fresh} WHERE {changed}"
    )


def _leave(only: str = "") -> str:
    """Return the SQL that takes away the rows whose decision does not stand any more."""
    return (
        f"DELETE FROM {TABLE} WHERE NOT EXISTS (SELECT 1 FROM leads_disposition d"  # noqa: S608
        f" WHERE d.handoff_id = {TABLE}.handoff_id AND d.withdrawn_at IS NULL){only}"
    )


def mend(using: BaseDatabaseWrapper | None = None) -> int:
    """Put every row right that is not as it should be; return how many were not. Two statements.

    Locks the rows that it writes, by the handoffs' ids.
    """
    to = using or connection
    with to.cursor() as cursor:
        cursor.execute(_leave())
        gone: int = cursor.rowcount
        cursor.execute(_upsert(to.vendor))
        changed: int = cursor.rowcount
        return gone + changed


def helper() -> str:
    """Return PostgreSQL's function that writes the rows of these handoffs anew, in their order."""
    gone = _leave(f" AND {TABLE}.handoff_id = ANY (ids)")
    again = _upsert("postgresql", " AND d.handoff_id = ANY (ids)")
    return (
        f"CREATE FUNCTION {AGAIN}(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        f" IF ids = '{{}}' THEN RETURN; END IF; {gone}; {again}; END $$"
    )


def statements(mirror: Mirror, vendor: str) -> tuple[str, ...]:
    """Return the SQL that makes the trigger on ``vendor``."""
    apart = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"OLD.{name} {apart} NEW.{name}" for name in mirror.columns)
    when = f"WHEN ({changed})" if changed else ""
    if vendor == "sqlite":
        return _for_each_row(mirror, when)
    if changed:
        return _in_postgres(mirror, f"FOR EACH ROW {when}", f"ARRAY[NEW.{mirror.by}]::bigint[]")
    tables = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[mirror.act]
    given = " ".join(f"{one} TABLE AS {one.lower()}_rows" for one in tables)
    ids = " UNION ".join(f"SELECT {mirror.by} FROM {one.lower()}_rows" for one in tables)  # noqa: S608
    return _in_postgres(mirror, f"REFERENCING {given} FOR EACH STATEMENT", f"ARRAY({ids})")


def _for_each_row(mirror: Mirror, when: str) -> tuple[str, ...]:
    row = "OLD" if mirror.act == "DELETE" else "NEW"
    one = f"{row}.{mirror.by}"
    names = ", ".join(names_of("sqlite"))
    rows = rows_sql("sqlite", f" AND d.handoff_id = {one}")
    gone = f"DELETE FROM {TABLE} WHERE handoff_id = {one}"  # noqa: S608 - our own names
    again = f"{gone}; INSERT INTO {TABLE} ({names}) {rows};"
    head = f"CREATE TRIGGER {mirror.name} AFTER {mirror.act} ON {mirror.table}"
    return (f"{head} FOR EACH ROW {when} BEGIN {again} END",)


def _in_postgres(mirror: Mirror, each: str, ids: str) -> tuple[str, ...]:
    body = f"BEGIN PERFORM {AGAIN}({ids}); RETURN NULL; END"
    function = f"CREATE FUNCTION {mirror.name}() RETURNS trigger LANGUAGE plpgsql"
    trigger = f"CREATE TRIGGER {mirror.name} AFTER {mirror.act} ON {mirror.table} {each}"
    return (f"{function} AS $$ {body} $$", f"{trigger} EXECUTE FUNCTION {mirror.name}()")
