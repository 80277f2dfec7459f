"""Triggers and views: what the database itself refuses, in one list.

SQLite remakes a table on ``AlterField`` and drops its triggers without a word, so every object
here is dropped before migrations and made after them, on both databases. A test compares what
stands in the database with this list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from portal.core import daymarks, mirrors, reporting, stale, stamps
from portal.core.daymarks import DAY_MARKS, DayMark
from portal.core.mirrors import AGAIN, MIRRORS, Mirror
from portal.core.reporting import READERS, VIEWS
from portal.core.stale import STALE_MARKS, StaleMark
from portal.core.stamps import STAMPS, Stamp

LOCKED = "NOT EXISTS (SELECT 1 FROM portal_unlock)"


@dataclass(frozen=True)
class Guard:
    """Refuses ``act`` (INSERT, UPDATE, DELETE) on ``table`` when ``when`` holds for OLD or NEW."""

    name: str
    table: str
    act: str
    when: str
    sentence: str


def _changed(*columns: str) -> str:
    return "(" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns) + ")"


# What both sides signed, and what leadership put in force for a while, is kept as it was.
_SIGNED = (
    "EXISTS (SELECT 1 FROM portal_version v WHERE v.id = {row}.version_id AND"
    " (v.effective_from IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM portal_override o WHERE o.version_id = v.id)))"
)
_OVERRODE = "EXISTS (SELECT 1 FROM portal_override o WHERE o.version_id = OLD.id)"

GUARDS = (
    Guard("event_kept", "portal_event", "DELETE", "TRUE", "Events are kept."),
    Guard("event_final", "portal_event", "UPDATE", "TRUE", "Events are never edited."),
    Guard(
        "version_final",
        "portal_version",
        "UPDATE",
        f"OLD.effective_from IS NOT NULL OR ({_OVERRODE} AND "
        + _changed("agreement_id", "number", "proposed_at", "signed_text", "sha256")
        + ")",
        "A signed version is never edited.",
    ),
    Guard(
        "version_kept",
        "portal_version",
        "DELETE",
        f"OLD.effective_from IS NOT NULL OR {_OVERRODE}",
        "A signed version is kept.",
    ),
    Guard(
        "clause_final",
        "portal_clause",
        "UPDATE",
        _SIGNED.format(row="OLD"),
        "Clauses of a signed version are never edited.",
    ),
    Guard(
        "clause_kept",
        "portal_clause",
        "DELETE",
        _SIGNED.format(row="OLD"),
        "Clauses of a signed version are kept.",
    ),
    Guard(
        "clause_closed",
        "portal_clause",
        "INSERT",
        _SIGNED.format(row="NEW"),
        "A signed version takes no more clauses.",
    ),
    Guard("signature_kept", "portal_signature", "DELETE", "TRUE", "Signatures are kept."),
    Guard(
        "signature_final",
        "portal_signature",
        "UPDATE",
        "OLD.voided_at IS NOT NULL OR "
        + _SIGNED.format(row="OLD")
        + " OR "
        + _changed("version_id", "side", "signer_id", "role", "sha256", "at"),
        "A signature can only be voided, by an edit of its draft.",
    ),
    Guard("override_kept", "portal_override", "DELETE", "TRUE", "Overrides are kept."),
    Guard(
        "override_final",
        "portal_override",
        "UPDATE",
        "NEW.ends_at > OLD.ends_at OR OLD.closed_at IS NOT NULL OR "
        + _changed("version_id", "by_id", "sha256", "reason", "at"),
        "The end of an override can only be drawn nearer.",
    ),
    Guard("evidence_final", "scoring_evidence", "UPDATE", "TRUE", "Evidence never changes."),
    Guard("evidence_kept", "scoring_evidence", "DELETE", "TRUE", "Evidence is kept."),
    Guard(
        "snapshot_final",
        "leads_factsnapshot",
        "UPDATE",
        "OLD.lead_id = NEW.lead_id",
        "What was known of a lead is never edited; write it anew.",
    ),
    Guard(
        "activity_final",
        "leads_activity",
        "UPDATE",
        _changed("kind", "occurred_at", "received_at", "source", "external_id"),
        "An activity is never edited but for its bot mark.",
    ),
)


TRIGGERS: tuple[Guard | Stamp | Mirror | DayMark | StaleMark, ...] = (
    *GUARDS, *STAMPS, *MIRRORS, *DAY_MARKS, *STALE_MARKS,
)  # fmt: skip


def drop_before_migrations(using: str, **_kwargs: Any) -> None:
    """Signal receiver: take every object away so that tables may change."""
    drop_all(connections[using])


def make_after_migrations(
    using: str, sender: Any, plan: Sequence[Any] = (), **_kwargs: Any
) -> None:
    """Signal receiver: make every object again, once, after the last app has migrated."""
    if sender.name == "sla":
        make_all(connections[using])
        if plan:  # what migrations wrote, no trigger saw
            mirrors.mend(connections[using])
            stale.mend(connections[using])
            daymarks.mark_every_day(connections[using])


def drop_all(connection: BaseDatabaseWrapper) -> None:
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for view in VIEWS:
            cursor.execute(f"DROP VIEW IF EXISTS {view.name}")
        for guard in TRIGGERS:
            if guard.table not in tables:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {guard.name} ON {guard.table}")
                cursor.execute(f"DROP FUNCTION IF EXISTS {guard.name}()")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {guard.name}")
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {AGAIN}(bigint[])")


def make_all(connection: BaseDatabaseWrapper) -> None:
    tables = set(connection.introspection.table_names())
    drop_all(connection)
    with connection.cursor() as cursor:
        for guard in GUARDS:
            if guard.table in tables:
                for statement in statements(guard, connection.vendor):
                    cursor.execute(statement)
    _make_stamps_and_views(connection, tables)


def _make_stamps_and_views(connection: BaseDatabaseWrapper, tables: set[str]) -> None:
    found = [one for one in STAMPS if {one.table, one.stamped or one.table} <= tables]
    made = [sql for one in found for sql in stamps.statements(one, connection.vendor)]
    if {mirrors.TABLE, *mirrors.SOURCES} <= tables:
        made += [mirrors.helper()] * (connection.vendor == "postgresql")
        made += [sql for one in MIRRORS for sql in mirrors.statements(one, connection.vendor)]
    if {daymarks.TABLE, "sla_clock", "leads_disposition"} <= tables:
        made += [sql for one in DAY_MARKS for sql in daymarks.statements(one, connection.vendor)]
    if {stale.TABLE, stale.SOURCE} <= tables:
        made += [sql for one in STALE_MARKS for sql in stale.statements(one, connection.vendor)]
    views = [one for one in VIEWS if set(one.tables) <= tables]
    made += [reporting.statement(one, connection.vendor) for one in views]
    with connection.cursor() as cursor:
        for sql in made:
            cursor.execute(sql)
    if len(views) == len(VIEWS):
        let_readers_in(connection)


def let_readers_in(connection: BaseDatabaseWrapper) -> None:
    """Let the role for reports read the views, where an admin of PostgreSQL has made that role.

    Migrations make the views anew, and with them what was granted is gone: so it is granted here.
    """
    if connection.vendor != "postgresql":
        return
    names = ", ".join(view.name for view in VIEWS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READERS])
        if cursor.fetchone():
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {READERS}")
            cursor.execute(f"GRANT SELECT ON {names} TO {READERS}")


def names() -> set[str]:
    """Return the names of all triggers that must stand."""
    return {one.name for one in TRIGGERS}


def statements(guard: Guard, vendor: str) -> tuple[str, ...]:
    """Return the SQL that makes ``guard`` on ``vendor``."""
    condition = f"{LOCKED} AND ({guard.when})"
    if vendor == "postgresql":
        back = "OLD" if guard.act == "DELETE" else "NEW"
        body = (
            f"IF {condition} THEN RAISE EXCEPTION '{guard.sentence}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {back};"
        )
        head = f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql"
        when = f"BEFORE {guard.act} ON {guard.table} FOR EACH ROW"
        return (
            f"{head} AS $$ BEGIN {body} END $$",
            f"CREATE TRIGGER {guard.name} {when} EXECUTE FUNCTION {guard.name}()",
        )
    lite = condition.replace("IS DISTINCT FROM", "IS NOT").replace("(TRUE)", "(1)")
    when = f"BEFORE {guard.act} ON {guard.table} WHEN {lite}"
    return (
        f"CREATE TRIGGER {guard.name} {when} BEGIN SELECT RAISE(ABORT, '{guard.sentence}'); END",
    )


def standing_objects(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of our objects that stand in the database now."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}
