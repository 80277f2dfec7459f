"""Which handoffs of which days have to be counted anew: marked by the database, whoever wrote.

The scoreboard keeps each day's stopped clocks and decided handoffs packed (``sla.scoreboard``).
Many rooms may change such a day long after it: an undo, an excuse, a late touch, another owner.
A trigger forgets none of them: it appends the UTC day and the handoff to a table, in the
transaction of the change. A mark without a handoff is for the whole day. Rows are only appended
here, never updated, so two transactions never wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "sla_touchedday"
_DAY = {"postgresql": "({} AT TIME ZONE 'UTC')::date", "sqlite": "date({})"}
# What the scoreboard counts of a clock, of a handoff and of a disposition.
_CLOCK = ("handoff_id", "kind", "promise", "version_id", "started_at", "due_at", "stamped_at",
          "stamp_activity", "worked", "ended_at", "is_excused", "touch_policy")  # fmt: skip
_HANDOFF = ("team_id", "owner_id", "source_id", "made_at", "origin", "cause", "is_decided")
_SAID = ("handoff_id", "outcome", "reason_id", "withdrawn_at")


@dataclass(frozen=True)
class DayMark:
    """Marks days when ``table`` is changed by ``act`` and ``when`` holds; of UPDATE, ``columns``.

    ``days`` are SELECTs of an instant and a handoff; ``{row}`` is OLD or NEW, both for an UPDATE.
    """

    name: str
    table: str
    act: str
    days: Sequence[str]
    when: str = ""
    columns: Sequence[str] = ()


_OF_CLOCK = ("SELECT {row}.started_at AS at, {row}.handoff_id AS handoff",)
_OF_HANDOFF = (
    "SELECT {row}.made_at AS at, {row}.id AS handoff",
    "SELECT c.started_at, {row}.id FROM sla_clock c WHERE c.handoff_id = {row}.id",
)
_HANDED = "SELECT h.made_at AS at, h.id AS handoff FROM leads_handoff h"
_OF_SAID = (f"{_HANDED} WHERE h.id = {{row}}.handoff_id AND h.origin = 'live'",)
_STOPPED = "({row}.stamped_at IS NOT NULL OR {row}.ended_at IS NOT NULL)"
_DECIDED = "({row}.is_decided AND {row}.origin = 'live')"
_LIVE = "({row}.origin = 'live')"

DAY_MARKS = (
    DayMark("day_of_clock_new", "sla_clock", "INSERT", _OF_CLOCK, _STOPPED),
    DayMark("day_of_clock_changed", "sla_clock", "UPDATE", _OF_CLOCK, _STOPPED, _CLOCK),
    DayMark("day_of_clock_gone", "sla_clock", "DELETE", _OF_CLOCK, _STOPPED),
    DayMark("day_of_handoff_new", "leads_handoff", "INSERT", _OF_HANDOFF, _DECIDED),
    DayMark("day_of_handoff_changed", "leads_handoff", "UPDATE", _OF_HANDOFF, _LIVE, _HANDOFF),
    DayMark("day_of_handoff_gone", "leads_handoff", "DELETE", _OF_HANDOFF, _DECIDED),
    DayMark("day_of_disposition_new", "leads_disposition", "INSERT", _OF_SAID),
    DayMark("day_of_disposition_changed", "leads_disposition", "UPDATE", _OF_SAID, columns=_SAID),
    DayMark("day_of_disposition_gone", "leads_disposition", "DELETE", _OF_SAID),
)


def mark_every_day(connection: BaseDatabaseWrapper) -> None:
    """Mark all days that have something to count: after migrations, which no trigger saw."""
    day = _DAY[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (day)"  # noqa: S608 - our own names
            f" SELECT {day.format('started_at')} FROM sla_clock"
            " WHERE stamped_at IS NOT NULL OR ended_at IS NOT NULL UNION"
            f" SELECT {day.format('made_at')} FROM leads_handoff"
            " WHERE is_decided AND origin = 'live'"
        )


def statements(mark: DayMark, vendor: str) -> tuple[str, ...]:
    """Return the SQL that makes the trigger on ``vendor``."""
    rows = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[mark.act]
    apart = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"OLD.{name} {apart} NEW.{name}" for name in mark.columns)
    holds = " OR ".join(mark.when.format(row=row) for row in rows) if mark.when else ""
    conditions = [f"({one})" for one in (holds, changed) if one]
    when = f"WHEN ({' AND '.join(conditions)})" if conditions else ""
    found = " UNION ".join(one.format(row=row) for row in rows for one in mark.days)
    day = _DAY[vendor].format("t.at")
    act = (
        f"INSERT INTO {TABLE} (day, handoff) SELECT DISTINCT {day}, t.handoff FROM ({found}) AS t"  # noqa: S608 - our own
        " WHERE t.at IS NOT NULL"
    )
    head = f"CREATE TRIGGER {mark.name} AFTER {mark.act} ON {mark.table} FOR EACH ROW {when}"
    if vendor == "sqlite":
        return (f"{head} BEGIN {act}; END",)
    function = f"CREATE FUNCTION {mark.name}() RETURNS trigger LANGUAGE plpgsql"
    return (
        f"{function} AS $$ BEGIN {act}; RETURN NULL; END $$",
        f"{head} EXECUTE FUNCTION {mark.name}()",
    )
