"""Snapshots in and out of the database, and the dictionary of texts; a few statements each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from leads.database.models import FactSnapshot, FactText, Lead
from leads.database.registry import FACTS
from leads.database.timeline import FactRow
from portal.core.bulk import insert_rows
from portal.core.instants import whole_second
from portal.core.prepared import Prepared

Value = str | int | None
Snapshot = Mapping[str, Any]  # a row of FactSnapshot by column
COLUMNS = tuple(fact.name for fact in FACTS)
TEXTS = frozenset(fact.name for fact in FACTS if fact.type == "text")


READ = ("pk", "lead_id", "known_from", "origins", *COLUMNS)
_in_order = FactSnapshot.objects.order_by("known_from", "pk")
LEAD_OF_SNAPSHOT = READ.index("lead_id")
SNAPSHOTS = Prepared(lambda ids: _in_order.filter(lead__among=ids).values_list(*READ), list[int])
_texts = Prepared(lambda ids: FactText.objects.filter(pk__among=ids).values_list("pk", "text"),
                  list[int])  # fmt: skip


def read_snapshots(
    lead_ids: Iterable[int], *, until: datetime | None, recorded: datetime | None
) -> Iterable[Snapshot]:
    """Return the snapshots of these leads, oldest first; see ``facts.known_facts``."""
    if until is None and recorded is None:
        return as_snapshots(SNAPSHOTS(list(set(lead_ids))))
    rows = _in_order.filter(lead__in=set(lead_ids))
    if until is not None:
        rows = rows.filter(known_from__lte=until)
    if recorded is not None:
        rows = rows.filter(recorded_at__lte=recorded)
    found: Iterable[Snapshot] = rows.values(*READ)
    return found


def as_snapshots(rows: Iterable[Sequence[Any]]) -> list[Snapshot]:
    """Return the rows that ``SNAPSHOTS`` found by column."""
    return [dict(zip(READ, row, strict=True)) for row in rows]


def lock_leads(lead_ids: Iterable[int]) -> list[int]:
    """Lock leads in the order of their ids, so that two writers never wait for each other."""
    rows = Lead.objects.filter(pk__in=set(lead_ids)).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def intern(values: Iterable[Value]) -> dict[str, int]:
    """Return the dictionary id of each text; new texts are added."""
    texts = {value for value in values if isinstance(value, str)}
    if not texts:
        return {}
    found = dict(FactText.objects.filter(text__in=texts).values_list("text", "pk"))
    if missing := sorted(texts - found.keys()):
        FactText.objects.bulk_create((FactText(text=t) for t in missing), ignore_conflicts=True)
        found |= dict(FactText.objects.filter(text__in=missing).values_list("text", "pk"))
    return found


def code_of(value: Value, codes: Mapping[str, int]) -> int | None:
    return codes[value] if isinstance(value, str) else value


def decode(rows: Iterable[Snapshot]) -> Callable[[Snapshot], dict[str, str | int]]:
    """Return a reader of the facts of ``rows``: texts as texts, in one query."""
    ids = {code for row in rows for name in TEXTS if (code := row[name]) is not None}
    texts = dict(_texts(list(ids))) if ids else {}

    def read(row: Snapshot) -> dict[str, str | int]:
        return {
            name: texts[code] if name in TEXTS else code
            for name in COLUMNS
            if (code := row[name]) is not None
        }

    return read


def read_timelines(lead_ids: Iterable[int]) -> dict[int, list[FactRow]]:
    """Return each lead's rows, oldest first, the last written of each instant."""
    found: dict[int, dict[int, FactRow]] = {pk: {} for pk in lead_ids}
    rows = FactSnapshot.objects.filter(lead__in=found).order_by("known_from", "pk")
    for row in rows.values("lead_id", "known_from", "set_by", "actor_id", "origins", *COLUMNS):
        since = int(row["known_from"].timestamp())
        found[row["lead_id"]][since] = FactRow(
            since,
            row["set_by"],
            row["actor_id"],
            {name: row[name] for name in COLUMNS if row[name] is not None},
            row["origins"],
        )
    return {pk: list(by_instant.values()) for pk, by_instant in found.items()}


def store_rows(timelines: Mapping[int, Iterable[FactRow]], *, at: datetime) -> dict[int, list[int]]:
    """Insert the new rows of every timeline; return the new snapshots' ids by lead."""
    rows: list[dict[str, Any]] = [
        {
            "lead_id": lead_id,
            "known_from": datetime.fromtimestamp(row.since, UTC),
            "recorded_at": whole_second(at),
            "set_by": row.set_by,
            "actor_id": row.actor_id,
            "origins": row.origins,
            **{name: row.values.get(name) for name in COLUMNS},
        }
        for lead_id, rows in timelines.items()
        for row in rows
        if row.is_new
    ]
    stored: dict[int, list[int]] = {}
    for row, key in zip(rows, insert_rows(FactSnapshot, rows), strict=True):
        stored.setdefault(row["lead_id"], []).append(key)
    return stored
