"""Keeping the column cache: built once, then read on by watermark.

Rows are only ever added to activities and snapshots, so new ones are found by their ids. Ids
commit out of order, so the ids of the last ten minutes are read again each time. What changes
rows that were read before (a merge, an erasure, a bot mark) has an event: the shards of its
leads are built anew. Tags are not kept here: they are read as they are now.
"""

import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils import timezone

from leads.activities.models import Activity
from leads.database.models import FactSnapshot, Lead, Standing
from portal.events.models import Event, EventLead
from scoring.engine.columns import Array
from scoring.engine.intake import (
    ActivityRows,
    SnapshotRows,
    Wanted,
    read_activities,
    read_snapshots,
)
from scoring.engine.manifest import (
    Manifest,
    ShardFiles,
    folder,
    locked,
    read_manifest,
    write_manifest,
)
from scoring.engine.shards import (
    ShardLost,
    TailRows,
    first_of,
    ids_in,
    leads_of,
    nobody,
    read_tail,
    shard_of,
    write_base,
    write_tail,
)
from scoring.rules.instants import seconds

AGAIN = timedelta(minutes=10)
SLACK = 1_000  # ids below the mark that are read again too
TABLES = {"activity": Activity, "snapshot": FactSnapshot}
REBUILD = ("activities.marked", "lead.merged", "lead.unmerged", "lead.erased")
RELIST = ("lead.closed_as_duplicate", "disposition.withdrawn")
LARGE_TAIL = 4_096  # rows, and a quarter of the base: then the tail goes into the base
OnProgress = Callable[[int, int], None]


def refresh(
    *,
    at: datetime | None = None,
    everything: bool = False,
    lost: Collection[int] = (),
    on_progress: OnProgress = lambda _done, _all: None,
) -> Manifest:
    """Bring the cache up to date and return its manifest; one process at a time.

    ``lost`` are shards of which a file is missing or damaged. ``everything`` builds all anew.
    """
    with locked():
        at = at or timezone.now()
        before = None if everything else read_manifest()
        if before is not None and not _is_same_database(before):
            before = None
        manifest = Manifest(as_of=seconds(at), marks=_marks(at), last=_last())
        if before is None:
            _build(manifest, _numbers(), on_progress)
        else:
            manifest.shards = dict(before.shards)
            _read_on(before, manifest, set(lost), on_progress)
        write_manifest(manifest)
        return manifest


def _marks(at: datetime) -> dict[str, int]:
    """Return the id of each table up to which nothing can be committed any more."""
    cutoff, marks = at - AGAIN, {}
    for name, rows, column in (
        ("activity", Activity._base_manager.all(), "recorded_at"),
        ("snapshot", FactSnapshot._base_manager.all(), "recorded_at"),
        ("event", Event.objects.all(), "at"),
    ):
        # Walks back from the newest id. The expression keeps a database from sorting by time.
        old = rows.annotate(when=Coalesce(column, column)).filter(when__lt=cutoff)
        newest = old.order_by("-pk").values_list("pk", flat=True).first()
        marks[name] = max((newest or 0) - SLACK, 0)
    marks["lead"] = Lead.objects.aggregate(last=Max("pk"))["last"] or 0
    return marks


def _last() -> dict[str, list[int]]:
    """Return the newest row of each table and the second in which it was recorded."""
    found = {}
    for name, model in TABLES.items():
        newest = model._base_manager.order_by("-pk").values_list("pk", "recorded_at").first()
        found[name] = [newest[0], seconds(newest[1])] if newest else []
    return found


def _is_same_database(manifest: Manifest) -> bool:
    """Whether the newest rows seen are still there: they are not in one that was restored."""
    for name, model in TABLES.items():
        if manifest.last.get(name):
            pk, recorded = manifest.last[name]
            row = model._base_manager.filter(pk=pk).values_list("recorded_at", flat=True).first()
            if row is None or seconds(row) != recorded:
                return False
    return True


def _numbers() -> list[int]:
    """Return the shards that hold leads."""
    last = Lead.objects.aggregate(last=Max("pk"))["last"]
    if last is None:
        return []
    first = Lead.objects.order_by("pk").values_list("pk", flat=True)[0]
    return list(range(int(shard_of(first)), int(shard_of(last)) + 1))


def _build(manifest: Manifest, numbers: Collection[int], on_progress: OnProgress) -> None:
    """Read shards from the database, one at a time: memory does not grow with their number."""
    for done, number in enumerate(sorted(numbers)):
        on_progress(done, len(numbers))
        first, wanted = first_of(number), leads_of(number)
        activities, snapshots = read_activities(wanted), read_snapshots(wanted)
        files = ShardFiles(base=_new(number, "base"), listed=_listed(number))
        write_base(folder() / files.base, activities, snapshots, first)
        files.rows = len(activities.id) + len(snapshots.id)
        manifest.shards[number] = files
    on_progress(len(numbers), len(numbers))


def _new(number: int, what: str) -> str:
    return f"{number:06}-{what}-{secrets.token_hex(4)}"


def _listed(number: int) -> str:
    """Write which leads of a shard exist and count; return the file's name."""
    wanted, name = leads_of(number), f"{_new(number, 'listed')}.npy"
    ids = Standing.objects.filter(
        lead__gte=wanted.first, lead__lte=wanted.last, is_listed=True
    ).values_list("lead_id", flat=True)
    listed = nobody()
    listed[np.fromiter(ids.iterator(), np.int64) - first_of(number)] = True
    np.save(folder() / name, listed)
    return name


def _read_on(before: Manifest, manifest: Manifest, lost: set[int], on_progress: OnProgress) -> None:
    rebuild, relist = _changed(before, manifest)
    rebuild |= lost
    numbers = set(_numbers())
    rebuild |= numbers - manifest.shards.keys()
    mark = before.marks["lead"]
    relist |= {n for n in numbers if leads_of(n).last > mark} if _is_longer(mark) else set()
    activities = read_activities(Wanted(above=before.marks["activity"]))
    snapshots = read_snapshots(Wanted(above=before.marks["snapshot"]))
    touched = np.unique(np.append(shard_of(activities.lead), shard_of(snapshots.lead)))
    for number in set(touched.tolist()) - rebuild:
        try:
            if not _append(manifest, number, activities, snapshots):
                rebuild.add(number)
        except ShardLost:
            rebuild.add(number)
    for number in relist - rebuild:
        files = manifest.shards[number]
        manifest.shards[number] = ShardFiles(**{**vars(files), "listed": _listed(number)})
    _build(manifest, rebuild & numbers, on_progress)
    for gone in manifest.shards.keys() - numbers:
        del manifest.shards[gone]


def _is_longer(mark: int) -> bool:
    return Lead.objects.filter(pk__gt=mark).exists()


def _changed(before: Manifest, manifest: Manifest) -> tuple[set[int], set[int]]:
    """Return the shards that what happened changes, and those of which leads came or went."""
    mark, handled = before.marks["event"], set(before.handled)
    events = Event.objects.filter(pk__gt=mark, kind__in=[*REBUILD, *RELIST])
    kinds = {pk: kind for pk, kind in events.values_list("pk", "kind") if pk not in handled}
    links = EventLead.objects.filter(event__in=list(kinds)).values_list("event_id", "lead_id")
    owners = list(links) + list(
        Event.objects.filter(pk__in=list(kinds), subject_type="leads.lead").values_list(
            "pk", "subject_id"
        )
    )
    rebuild = {int(shard_of(lead_id)) for pk, lead_id in owners if kinds[pk] in REBUILD}
    relist = {int(shard_of(lead_id)) for pk, lead_id in owners if kinds[pk] in RELIST}
    manifest.handled = [pk for pk in sorted(handled | kinds.keys()) if pk > manifest.marks["event"]]
    return rebuild, relist & manifest.shards.keys()


def _append(
    manifest: Manifest, number: int, activities: ActivityRows, snapshots: SnapshotRows
) -> bool:
    """Add what is new in a shard to its tail; False when the tail would become too long."""
    files, root = manifest.shards.get(number), folder()
    if files is None:
        return False
    tail_path = root / files.tail if files.tail else None
    known_activities, known_snapshots = ids_in(root / files.base, tail_path)
    mine = _fresh(number, activities.lead, activities.id, known_activities)
    told = _fresh(number, snapshots.lead, snapshots.id, known_snapshots)
    if not (mine.any() or told.any()):
        return True
    tail = _longer(read_tail(tail_path), activities, mine, snapshots, told)
    count = len(tail.activities.id) + len(tail.snapshots.id)
    if count > max(LARGE_TAIL, files.rows // 4):
        return False
    name = _new(number, "tail.npz")
    write_tail(root / name, tail)
    manifest.shards[number] = ShardFiles(files.base, files.listed, name, files.rows, count)
    return True


def _fresh(number: int, lead: Array, ids: Array, known: Array) -> Array:
    """Return which of the rows read are this shard's and not in it yet."""
    mine: Array = shard_of(lead) == number
    if mine.any():
        mine[mine] = ~np.isin(ids[mine], known[known >= ids[mine].min()])
    return mine


def _longer(
    tail: TailRows, activities: ActivityRows, mine: Array, snapshots: SnapshotRows, told: Array
) -> TailRows:
    old, before = tail.activities, tail.snapshots

    def activity(name: str) -> Array:
        return np.append(getattr(old, name), getattr(activities, name)[mine])

    def fact(name: str) -> Array:
        return np.append(before.facts[name], snapshots.facts[name][told])

    return TailRows(
        ActivityRows(
            id=activity("id"),
            lead=activity("lead"),
            kind=activity("kind"),
            occurred=activity("occurred"),
            received=activity("received"),
            object=activity("object"),
            document=np.append(old.document, activities.document[mine] + len(old.documents)),
            documents=[*old.documents, *activities.documents],
        ),
        SnapshotRows(
            np.append(before.id, snapshots.id[told]),
            np.append(before.lead, snapshots.lead[told]),
            np.append(before.known_from, snapshots.known_from[told]),
            {name: fact(name) for name in before.facts},
        ),
    )
