"""The leads marked stale in one narrow table, kept by the database itself, for the sweep to find.

An index on the mark would have each mark, and each settling, move the whole score row to another
place, and all indexes follow it. So the mark itself stands in the score row without an index, and
a row here says that there is one: triggers write it and take it away together with the mark,
whoever sets that. A mark that is set anew keeps its place in the queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE, SOURCE = "leads_stalelead", "leads_standing"
_SET = (
    f"INSERT INTO {TABLE} (lead_id, since) VALUES (NEW.lead_id, NEW.stale_since)"  # noqa: S608
    " ON CONFLICT (lead_id) DO NOTHING"
)
_GONE = f"DELETE FROM {TABLE} WHERE lead_id = OLD.lead_id"  # noqa: S608 - our own names


@dataclass(frozen=True)
class StaleMark:
    """Does ``body`` when a score row is changed by ``act`` and ``when`` holds."""

    name: str
    act: str
    when: str
    body: str
    table: str = SOURCE


STALE_MARKS: Sequence[StaleMark] = (
    StaleMark("stale_new", "INSERT", "NEW.stale_since IS NOT NULL", _SET),
    StaleMark(
        "stale_marked", "UPDATE", "OLD.stale_since IS NULL AND NEW.stale_since IS NOT NULL", _SET
    ),
    StaleMark(
        "stale_settled", "UPDATE", "OLD.stale_since IS NOT NULL AND NEW.stale_since IS NULL", _GONE
    ),
    StaleMark("stale_gone", "DELETE", "OLD.stale_since IS NOT NULL", _GONE),
)


def statements(mark: StaleMark, vendor: str) -> tuple[str, ...]:
    """Return the SQL that makes the trigger on ``vendor``."""
    head = f"CREATE TRIGGER {mark.name}"
    each = f"{mark.act} ON {SOURCE} FOR EACH ROW WHEN ({mark.when})"
    if vendor == "sqlite":
        return (f"{head} AFTER {each} BEGIN {mark.body}; END",)
    row = "OLD" if mark.act == "DELETE" else "NEW"
    function = f"CREATE FUNCTION {mark.name}() RETURNS trigger LANGUAGE plpgsql"
    return (
        f"{function} AS $$ BEGIN {mark.body}; RETURN {row}; END $$",
        f"{head} BEFORE {each} EXECUTE FUNCTION {mark.name}()",
    )


def mend(connection: BaseDatabaseWrapper) -> None:
    """Make the rows say again what the marks say: after migrations, whose writes no trigger saw.

    Does nothing before there are both tables.
    """
    if not {TABLE, SOURCE} <= set(connection.introspection.table_names()):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE} WHERE NOT EXISTS (SELECT 1 FROM {SOURCE} t"  # noqa: S608
            f" WHERE t.lead_id = {TABLE}.lead_id AND t.stale_since IS NOT NULL)"
        )
        cursor.execute(
            f"INSERT INTO {TABLE} (lead_id, since) SELECT t.lead_id, t.stale_since"  # noqa: S608
            f" FROM {SOURCE} t WHERE t.stale_since IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM {TABLE} s WHERE s.lead_id = t.lead_id)"
        )
