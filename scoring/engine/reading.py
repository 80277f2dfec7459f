"""What rules read of many leads, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.activities.models import Activity as ActivityRow
from leads.database.fact_rows import LEAD_OF_SNAPSHOT, SNAPSHOTS
from leads.database.facts import facts_of_rows
from leads.database.registry import KINDS_BY_CODE, KINDS_BY_NAME
from portal.core.prepared import Prepared, together
from scoring.rules.activities import Activity
from scoring.rules.evaluate import Snapshot
from scoring.rules.segments import Definitions

Questions = tuple[tuple[Prepared, list[Any]], tuple[Prepared, list[Any]]]
READ = (
    "lead_id", "pk", "kind", "occurred_at", "received_at", "properties",
    "object_id", "object__kind", "object__key", "object__tags",
)  # fmt: skip

_activities = Prepared(
    lambda lead_ids, codes: ActivityRow.objects.filter(
        lead__among=lead_ids, kind__among=codes, is_bot=False
    ).values_list(*READ),
    list[int],
    list[int],
)


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
    return histories_of(lead_ids, *together(*questions(lead_ids, definition)))


def questions(lead_ids: Sequence[int], definition: Definitions) -> Questions:
    """Return what to ask for the histories of these leads, for whoever asks more besides."""
    ids = list(lead_ids)
    return (SNAPSHOTS, [ids]), (_activities, [ids, _codes(definition.kinds)])


def histories_of(
    lead_ids: Iterable[int], snapshots: list[Any], activities: list[Any]
) -> dict[int, LeadHistory]:
    """Return the histories out of the answers to ``questions``, of those leads that are wanted."""
    histories = {lead_id: LeadHistory() for lead_id in lead_ids}
    wanted = [row for row in snapshots if row[LEAD_OF_SNAPSHOT] in histories]
    for lead_id, rows in facts_of_rows(wanted).items():
        histories[lead_id].snapshots = [
            Snapshot(id=row.id, known_from=row.known_from, values=row.values) for row in rows
        ]
    for lead_id, seen in _by_lead(activities).items():
        if lead_id in histories:
            histories[lead_id].activities = seen
    return histories


def read_activities(lead_ids: Sequence[int], kinds: frozenset[str]) -> dict[int, list[Activity]]:
    """Return the activities of these kinds as rules see them, by lead."""
    return _by_lead(_activities(list(lead_ids), _codes(kinds)))


def _codes(kinds: Iterable[str]) -> list[int]:
    return [KINDS_BY_NAME[kind].code for kind in kinds if kind in KINDS_BY_NAME]


def _by_lead(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Activity]]:
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
    ) in rows:
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
