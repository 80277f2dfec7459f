"""What rules read of many leads, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leads.activities.models import Activity as ActivityRow
from leads.activities.models import TrackedObject
from leads.database.facts import known_facts
from leads.database.registry import KINDS_BY_CODE, KINDS_BY_NAME
from scoring.rules.activities import Activity
from scoring.rules.definition import Definition
from scoring.rules.evaluate import Snapshot


@dataclass
class LeadHistory:
    """Everything of one lead that a definition may ask about; later rows included."""

    snapshots: list[Snapshot] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    last_recorded_fact: datetime | None = None


def read_histories(lead_ids: Sequence[int], definition: Definition) -> dict[int, LeadHistory]:
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
    rows = list(
        ActivityRow.objects.filter(lead__in=lead_ids, kind__in=codes, is_bot=False).values_list(
            "lead_id", "pk", "kind", "occurred_at", "received_at", "object_id", "properties"
        )
    )
    objects = {
        one.pk: one
        for one in TrackedObject.objects.filter(pk__in={row[5] for row in rows if row[5]})
    }
    tags = {pk: frozenset(one.tags) for pk, one in objects.items()}
    found: dict[int, list[Activity]] = defaultdict(list)
    for lead_id, pk, code, occurred_at, received_at, object_id, given in rows:
        about = objects.get(object_id)
        properties = {**given, "object_kind": about.kind} if about else given
        found[lead_id].append(
            Activity(
                id=pk,
                kind=KINDS_BY_CODE[code].name,
                occurred_at=occurred_at,
                received_at=received_at,
                object_id=object_id,
                object_text=about.key if about else None,
                tags=tags.get(object_id, frozenset()),
                properties=properties,
            )
        )
    return found
