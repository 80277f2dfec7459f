"""Which handoffs of which days have to be counted anew: marked by the database, whoever wrote.

The scoreboard keeps each day's stopped clocks and its handoffs packed (``sla.scoreboard``). Many
rooms may change such a day long after it: an undo, an excuse, a late touch, another owner; and,
of what a handoff carried, an import of what was done before it, a bot's mark, a merge, an
erasure. A trigger forgets none of them: it appends the UTC day and the handoff to a table, in the
transaction of the change. A mark without a handoff is for the whole day. Rows are only appended
here, never updated, so two transactions never wait for each other. A mark names its transaction:
a late activity that does not see the handoff it comes before marks nothing, so the handoff's own
mark has to stand until that transaction is over (``sla.scoreboard.packing``).

Activities and snapshots of facts are written by the hundred thousand, and hardly ever of a time
before a handoff of their lead: on PostgreSQL their trigger fires once for each statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "sla_touchedday"
_DAY = {"postgresql": "({} AT TIME ZONE 'UTC')::date", "sqlite": "date({})"}
# Which transaction marks: where several write at once, whoever takes a mark away has to know.
_BY = {"postgresql": (", written_by", ", pg_current_xact_id()::text::bigint"), "sqlite": ("", "")}
# What the scoreboard counts of each: columns, or SQL of a row.
_CLOCK = ("handoff_id", "kind", "promise", "version_id", "started_at", "due_at", "stamped_at",
          "stamp_activity", "worked", "ended_at", "is_excused", "touch_policy")  # fmt: skip
_HANDOFF = ("lead_id", "team_id", "owner_id", "source_id", "made_at", "origin", "cause", "grade",
            "({row}.campaign_id IS NULL)", "({row}.total IS NULL)")  # fmt: skip
_SAID = ("handoff_id", "outcome", "reason_id", "withdrawn_at", "decided_at")
_LEAD = ("({row}.name = '')", "({row}.email = '')", "({row}.phone = '')",
         "({row}.company_id IS NULL)")  # fmt: skip
_ACTIVITY = ("lead_id", "kind", "occurred_at", "is_bot")


@dataclass(frozen=True)
class DayMark:
    """Marks days when ``table`` is changed by ``act`` and ``when`` holds; of UPDATE, ``columns``.

    ``days`` are SELECTs of an instant and a handoff; ``{row}`` is OLD or NEW, both for an UPDATE.
    ``since`` is for what an INSERT writes many of, of many leads: their earliest instant decides.
    """

    name: str
    table: str
    act: str
    days: Sequence[str]
    when: str = ""
    columns: Sequence[str] = ()
    since: str = ""


_OF_CLOCK = ("SELECT {row}.started_at AS at, {row}.handoff_id AS handoff",)
_OF_HANDOFF = (
    "SELECT {row}.made_at AS at, {row}.id AS handoff",
    "SELECT c.started_at, {row}.id FROM sla_clock c WHERE c.handoff_id = {row}.id",
)
_HANDED = "SELECT h.made_at AS at, h.id AS handoff FROM leads_handoff h"
_OF_SAID = (f"{_HANDED} WHERE h.id = {{row}}.handoff_id AND h.origin = 'live'",)
_OF_LEAD = (f"{_HANDED} WHERE h.lead_id = {{row}}.id AND h.origin = 'live'",)
_THEIRS = f"{_HANDED} WHERE h.lead_id = {{row}}.lead_id AND h.origin = 'live'"
_OF_FACTS = (f"{_THEIRS} AND h.made_at >= {{row}}.known_from",)
_DECIDED_SINCE = (
    "EXISTS (SELECT 1 FROM leads_disposition d WHERE d.handoff_id = h.id"
    " AND d.withdrawn_at IS NULL AND d.decided_at >= {row}.occurred_at)"
)
# Before the handoff, or before its decision: an attempt.
_OF_ACTIVITY = (f"{_THEIRS} AND (h.made_at >= {{row}}.occurred_at OR {_DECIDED_SINCE})",)
_STOPPED = "({row}.stamped_at IS NOT NULL OR {row}.ended_at IS NOT NULL)"
_LIVE = "({row}.origin = 'live')"

DAY_MARKS = (
    DayMark("day_of_clock_new", "sla_clock", "INSERT", _OF_CLOCK, _STOPPED),
    DayMark("day_of_clock_changed", "sla_clock", "UPDATE", _OF_CLOCK, _STOPPED, _CLOCK),
    DayMark("day_of_clock_gone", "sla_clock", "DELETE", _OF_CLOCK, _STOPPED),
    DayMark("day_of_handoff_new", "leads_handoff", "INSERT", _OF_HANDOFF, _LIVE),
    DayMark("day_of_handoff_changed", "leads_handoff", "UPDATE", _OF_HANDOFF, _LIVE, _HANDOFF),
    DayMark("day_of_handoff_gone", "leads_handoff", "DELETE", _OF_HANDOFF, _LIVE),
    DayMark("day_of_disposition_new", "leads_disposition", "INSERT", _OF_SAID),
    DayMark("day_of_disposition_changed", "leads_disposition", "UPDATE", _OF_SAID, columns=_SAID),
    DayMark("day_of_disposition_gone", "leads_disposition", "DELETE", _OF_SAID),
    DayMark("day_of_lead_changed", "leads_lead", "UPDATE", _OF_LEAD, columns=_LEAD),
    DayMark("day_of_facts_new", "leads_factsnapshot", "INSERT", _OF_FACTS, since="known_from"),
    DayMark("day_of_facts_changed", "leads_factsnapshot", "UPDATE", _OF_FACTS),
    DayMark("day_of_facts_gone", "leads_factsnapshot", "DELETE", _OF_FACTS),
    DayMark("day_of_activity_new", "leads_activity", "INSERT", _OF_ACTIVITY, since="occurred_at"),
    DayMark("day_of_activity_changed", "leads_activity", "UPDATE", _OF_ACTIVITY,
            columns=_ACTIVITY),
    DayMark("day_of_activity_gone", "leads_activity", "DELETE", _OF_ACTIVITY),
)  # fmt: skip


def mark_every_day(connection: BaseDatabaseWrapper) -> None:
    """Mark all days that have something to count: after migrations, which no trigger saw."""
    day = _DAY[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (day)"  # noqa: S608 - our own names
            f" SELECT {day.format('started_at')} FROM sla_clock"
            " WHERE stamped_at IS NOT NULL OR ended_at IS NOT NULL UNION"
            f" SELECT {day.format('made_at')} FROM leads_handoff WHERE origin = 'live'"
        )


def statements(mark: DayMark, vendor: str) -> tuple[str, ...]:
    """Return the SQL that makes the trigger on ``vendor``."""
    rows = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[mark.act]
    apart = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"{_of('OLD', one)} {apart} {_of('NEW', one)}" for one in mark.columns)
    holds = " OR ".join(mark.when.format(row=row) for row in rows) if mark.when else ""
    conditions = [f"({one})" for one in (holds, changed) if one]
    when = f"WHEN ({' AND '.join(conditions)})" if conditions else ""
    found = " UNION ".join(one.format(row=row) for row in rows for one in mark.days)
    each, source = f"FOR EACH ROW {when}", f"({found}) AS t"
    if mark.since and vendor == "postgresql":
        each = "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"
        source = _of_all(mark)
    by, number = _BY[vendor]
    act = (
        f"INSERT INTO {TABLE} (day, handoff{by})"  # noqa: S608 - our own names
        f" SELECT DISTINCT {_DAY[vendor].format('t.at')}, t.handoff{number} FROM {source}"
        " WHERE t.at IS NOT NULL"
    )
    head = f"CREATE TRIGGER {mark.name} AFTER {mark.act} ON {mark.table} {each}"
    if vendor == "sqlite":
        return (f"{head} BEGIN {act}; END",)
    function = f"CREATE FUNCTION {mark.name}() RETURNS trigger LANGUAGE plpgsql"
    return (
        f"{function} AS $$ BEGIN {act}; RETURN NULL; END $$",
        f"{head} EXECUTE FUNCTION {mark.name}()",
    )


def _of(row: str, column: str) -> str:
    return column.format(row=row) if "{" in column else f"{row}.{column}"


def _of_all(mark: DayMark) -> str:
    """Return the SQL of what all rows of a statement mark: the leads' handoffs, looked up by index.

    The plan is kept for all statements to come, however many rows these have. OFFSET keeps it to
    one look-up for each lead, whatever the first of them was.
    """
    (theirs,) = mark.days
    leads = f"SELECT lead_id, min({mark.since}) AS {mark.since} FROM new_rows GROUP BY lead_id"  # noqa: S608
    return f"({leads}) AS n CROSS JOIN LATERAL ({theirs.format(row='n')} OFFSET 0) AS t"
