"""When a row last changed in what the API and reports show of it: kept by the database itself.

Many rooms write leads, scores and handoffs, some of them a hundred thousand at once; a trigger
forgets none of them. The instant is the clock's at the write, in whole seconds, whatever the
transaction says of its own time: who reads "since" reads the last ten minutes again, because
transactions commit out of order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_NOW = {"postgresql": "date_trunc('second', clock_timestamp())",
        "sqlite": "strftime('%Y-%m-%d %H:%M:%S', 'now')"}  # fmt: skip


@dataclass(frozen=True)
class Stamp:
    """Sets ``changed_at`` of ``stamped`` (its own table usually) when one of ``columns`` changes.

    Without columns: when a row is inserted. ``key`` finds the stamped row, ``by`` names it here.
    """

    name: str
    table: str
    columns: Sequence[str] = ()
    stamped: str = ""
    key: str = "id"
    by: str = "id"


STAMPS = (
    Stamp("standing_new", "leads_standing", key="lead_id", by="lead_id"),
    Stamp(
        "standing_changed", "leads_standing",
        ("total", "fit", "engagement", "grade", "gates", "stage", "owner_id", "source_id",
         "is_listed"),
        key="lead_id", by="lead_id",
    ),
    Stamp(
        "lead_changed", "leads_lead",
        ("name", "email", "phone", "company_id", "campaign_id", "external_source", "external_id",
         "created_at", "recycle_on", "do_not_email", "do_not_call", "duplicate_of_id"),
        stamped="leads_standing", key="lead_id",
    ),
    Stamp("handoff_new", "leads_handoff"),
    Stamp(
        "handoff_changed", "leads_handoff",
        ("lead_id", "source_id", "campaign_id", "team_id", "owner_id", "routed_at", "words",
         "total", "grade", "due_at", "first_touch_at", "is_decided", "outcome", "decided_at"),
    ),
)  # fmt: skip


def statements(stamp: Stamp, vendor: str) -> tuple[str, ...]:
    """Return the SQL that makes the stamp's trigger on ``vendor``."""
    now = _NOW[vendor]
    apart = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"OLD.{name} {apart} NEW.{name}" for name in stamp.columns)
    found = f"WHERE {stamp.key} = NEW.{stamp.by}"
    update = f"UPDATE {stamp.stamped or stamp.table} SET changed_at = {now} {found}"  # noqa: S608 - our own names
    act = "UPDATE" if stamp.columns else "INSERT"
    when = f"WHEN ({changed})" if changed else "WHEN (NEW.changed_at IS NULL)"
    head = f"CREATE TRIGGER {stamp.name}"
    if vendor == "sqlite":
        return (f"{head} AFTER {act} ON {stamp.table} {when} BEGIN {update}; END",)
    timing = "AFTER" if stamp.stamped else "BEFORE"
    body = update if stamp.stamped else f"NEW.changed_at := {now}"
    function = f"CREATE FUNCTION {stamp.name}() RETURNS trigger LANGUAGE plpgsql"
    trigger = f"{head} {timing} {act} ON {stamp.table} FOR EACH ROW {when}"
    return (
        f"{function} AS $$ BEGIN {body}; RETURN NEW; END $$",
        f"{trigger} EXECUTE FUNCTION {stamp.name}()",
    )
