"""What rules read of many leads, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leads.activities.models import Activity as ActivityRow
from leads.database.facts import known_facts
from leads.database.registry import KINDS_BY_CODE, KINDS_BY_NAME
from scoring.rules.activities import Activity
from scoring.rules.evaluate import Snapshot
from scoring.rules.segments import Definitions

READ = (
    "lead_id", "pk", "kind", "occurred_at", "received_at", "properties",
    "object_id", "object__kind", "object__key", "object__tags",
)  # fmt: skip


@dataclass
class LeadHistory:
    """Everything of one lead that a definition may ask about; later rows included."""

    snapshots: list[Snapshot] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    last_recorded_fact: datetime | None = None


def read_histories(lead_ids: Sequence[int], definition: Definitions) -> dict[int, LeadHistory]:
    """Return the history of each lead, for any instant: what is later is left out by the rules.

    Only activities of kinds that some rule names are read; bots are left out here already.
    """
    histories: dict[int, LeadHistory] = {lead_id: LeadHistory() for lead_id in lead_ids}
    for lead_id, rows in known_facts(lead_ids).items():
        histories[lead_id].snapshots = [
            Snapshot(id=row.id, known_from=row.known_from, values=row.values) for row in rows
        ]
    for lead_id, activities in read_activities(lead_ids, definition.kinds).items():
        histories[lead_id].activities = activities
    return histories


def read_activities(lead_ids: Sequence[int], kinds: frozenset[str]) -> dict[int, list[Activity]]:
    """Return the activities of these kinds as rules see them, by lead."""
    codes = [KINDS_BY_NAME[kind].code for kind in kinds if kind in KINDS_BY_NAME]
    rows = ActivityRow.objects.filter(lead__in=lead_ids, kind__in=codes, is_bot=False)
    found: dict[int, list[Activity]] = defaultdict(list)
    for (
        lead_id,
        pk,
        code,
        occurred_at,
        received_at,
        given,
        about,
        kind,
        key,
        tags,
    ) in rows.values_list(*READ):
        found[lead_id].append(
            Activity(
                id=pk,
                kind=KINDS_BY_CODE[code].name,
                occurred_at=occurred_at,
                received_at=received_at,
                object_id=about,
                object_text=key,
                tags=frozenset(tags or ()),
                properties={**given, "object_kind": kind} if kind else given,
            )
        )
    return found
