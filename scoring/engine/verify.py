"""Comparing the column cache with the database, shard by shard."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from scoring.engine.cache import listed_leads, refresh
from scoring.engine.columns import Array
from scoring.engine.intake import (
    FACT_NAMES,
    ActivityRows,
    SnapshotRows,
    read_activities,
    read_snapshots,
)
from scoring.engine.manifest import ShardFiles, folder
from scoring.engine.shards import ShardLost, first_of, leads_of, load, read_documents, read_tail
from scoring.engine.watermarks import TABLES


@dataclass(frozen=True)
class Difference:
    """A shard that does not hold what the database holds, and in what."""

    shard: int
    what: str


def differences(
    *,
    at: datetime | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Difference]:
    """Bring the cache up to date, then compare every row of it with the database.

    Rows that come while this runs are left out.
    """
    manifest = refresh(at=at)
    newest = {name: (manifest.last[name] or [0])[0] for name in TABLES}
    found = []
    for done, (number, files) in enumerate(sorted(manifest.shards.items())):
        on_progress(done, len(manifest.shards))
        first, wanted = first_of(number), leads_of(number)
        try:
            activities, snapshots = _held(files, first)
            listed = _listed(files, first)
        except ShardLost as failure:
            found.append(Difference(number, f"{failure} cannot be read"))
            continue
        if _told(activities, newest["activity"]) != _told(
            read_activities(wanted), newest["activity"]
        ):
            found.append(Difference(number, "activities"))
        elif _facts(snapshots, newest["snapshot"]) != _facts(
            read_snapshots(wanted), newest["snapshot"]
        ):
            found.append(Difference(number, "facts"))
        elif listed != set(listed_leads(wanted)):
            found.append(Difference(number, "which leads count"))
    on_progress(len(manifest.shards), len(manifest.shards))
    return found


def _held(files: ShardFiles, first: int) -> tuple[ActivityRows, SnapshotRows]:
    """Return the rows of a shard's files as the database would give them."""
    base, root = folder() / files.base, folder()
    tail = read_tail(root / files.tail if files.tail else None)
    documents = read_documents(base)
    more, told = tail.activities, tail.snapshots
    activities = ActivityRows(
        id=np.append(load(base, "id"), more.id),
        lead=np.append(load(base, "lead").astype(np.int64) + first, more.lead),
        kind=np.append(load(base, "kind"), more.kind),
        occurred=np.append(load(base, "occurred"), more.occurred),
        received=np.append(load(base, "received"), more.received),
        object=np.append(load(base, "objects")[load(base, "object")], more.object),
        document=np.append(load(base, "document"), more.document + len(documents)),
        documents=[*documents, *more.documents],
    )

    def fact(name: str) -> Array:
        values: Array = load(base, f"values_{name}")[load(base, f"fact_{name}")]
        return np.append(values, told.facts[name])

    snapshots = SnapshotRows(
        np.append(load(base, "snapshot"), told.id),
        np.append(load(base, "snapshot_lead").astype(np.int64) + first, told.lead),
        np.append(load(base, "known_from"), told.known_from),
        {name: fact(name) for name in FACT_NAMES},
    )
    return activities, snapshots


def _listed(files: ShardFiles, first: int) -> set[int]:
    try:
        listed = np.load(folder() / files.listed)
    except (OSError, ValueError) as failure:
        raise ShardLost(files.listed) from failure
    return set((np.flatnonzero(listed) + first).tolist())


def _told(rows: ActivityRows, newest: int) -> tuple[bytes, list[str]]:
    """Return activities in a form that can be compared, those up to ``newest``."""
    names = ("id", "lead", "kind", "occurred", "received", "object")
    order = np.argsort(rows.id)
    order = order[rows.id[order] <= newest]
    columns = np.array([getattr(rows, name)[order] for name in names], np.int64)
    return columns.tobytes(), [rows.documents[code] for code in rows.document[order].tolist()]


def _facts(rows: SnapshotRows, newest: int) -> bytes:
    order = np.argsort(rows.id)
    order = order[rows.id[order] <= newest]
    columns = [rows.id, rows.lead, rows.known_from, *(rows.facts[name] for name in FACT_NAMES)]
    return np.array([column[order] for column in columns], np.int64).tobytes()
