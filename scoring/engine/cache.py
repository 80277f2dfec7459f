"""Keeping the column cache: built once, then read on by watermark.

Rows are only ever added to activities and snapshots, so new ones are found by their ids. Ids
commit out of order, so the ids of the last ten minutes are read again each time. What changes
rows that were read before (a merge, an erasure, a bot mark) has an event: the shards of its
leads are built anew. Tags are not kept here: they are read as they are now.
"""

import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Max
from django.utils import timezone

from leads.database.models import Lead, Standing
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
    LEADS,
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
from scoring.engine.watermarks import TABLES, is_same_database, marks_at, newest_rows
from scoring.rules.instants import seconds

REBUILD = ("activities.marked", "lead.merged", "lead.unmerged", "lead.erased")
RELIST = ("lead.closed_as_duplicate", "disposition.withdrawn")
LARGE_TAIL = 4_096  # rows, and a quarter of the base: then the tail goes into the base
OnProgress = Callable[[int, int], None]


class TooMuch(Exception):
    """More is to be read than one wants to wait for; ``before`` is what is there."""

    def __init__(self, before: Manifest | None) -> None:
        self.before = before
        super().__init__("the columns are not up to date")


def refresh(
    *,
    at: datetime | None = None,
    everything: bool = False,
    lost: Collection[int] = (),
    on_progress: OnProgress = lambda _done, _all: None,
    wait: bool = True,
    few: int | None = None,
    most: int | None = None,
) -> Manifest:
    """Bring the cache up to date and return its manifest; one process at a time.

    ``lost`` are shards of which a file is missing or damaged. ``everything`` builds all anew.
    Without ``wait`` it raises BlockingIOError while another process does it, and TooMuch where
    more than ``few`` rows would be read. ``most`` is how many missing shards are built at most:
    then the manifest is not whole, and the next one goes on.
    """
    with locked(wait=wait):
        at = at or timezone.now()
        before = None if everything else manifest_of_this_database()
        numbers = set(_numbers())
        manifest = Manifest(
            as_of=seconds(at), marks=marks_at(at), last=newest_rows(), total=len(numbers)
        )
        anew, relist = set(numbers), set[int]()
        if before is not None:
            manifest.shards = dict(before.shards)
            anew, relist = _changed(before, manifest)
            anew = (anew | set(lost) | (numbers - manifest.shards.keys())) & numbers
        if few is not None and _rows_to_read(before, manifest, anew) > few:
            raise TooMuch(before)
        # What is whole answers on until the last of the new files is written.
        answering = read_manifest() if everything else before
        in_steps = answering is None or not answering.is_whole
        if before is not None:
            anew |= _read_on(before, manifest, anew, relist)
            for gone in manifest.shards.keys() - numbers:
                del manifest.shards[gone]
        _Building(manifest, on_progress, most, in_steps).build(anew & numbers)
        write_manifest(manifest)
        return manifest


def manifest_of_this_database() -> Manifest | None:
    """Return the manifest; None too when it tells of another database, one that was restored."""
    found = read_manifest()
    return found if found is not None and is_same_database(found) else None


def _rows_to_read(before: Manifest | None, now: Manifest, anew: Collection[int]) -> int:
    """Return about how many rows a refresh is going to read, never fewer."""
    newest = {name: (now.last[name] or [0])[0] for name in TABLES}
    if before is None or not before.is_whole:
        return sum(newest.values())
    files = (before.shards.get(number) for number in anew)
    again = sum(LEADS if one is None else one.rows + one.tail_rows for one in files)
    return again + sum(max(newest[name] - before.marks[name], 0) for name in TABLES)


def _numbers() -> list[int]:
    """Return the shards that hold leads."""
    last = Lead.objects.aggregate(last=Max("pk"))["last"]
    if last is None:
        return []
    first = Lead.objects.order_by("pk").values_list("pk", flat=True)[0]
    return list(range(int(shard_of(first)), int(shard_of(last)) + 1))


@dataclass
class _Building:
    """How shards are built: ``in_steps`` while nobody reads, each kept as soon as it is there."""

    manifest: Manifest
    on_progress: OnProgress
    most: int | None
    in_steps: bool

    def build(self, numbers: Collection[int]) -> None:
        """Read shards from the database, one at a time: memory does not grow with their number."""
        wanted = sorted(numbers)
        if self.in_steps:
            for number in wanted:
                self.manifest.shards.pop(number, None)
            wanted = wanted[: self.most]
            write_manifest(self.manifest)
        for done, number in enumerate(wanted):
            self.on_progress(done, len(wanted))
            self.manifest.shards[number] = _built(number)
            if self.in_steps:
                write_manifest(self.manifest)
        self.on_progress(len(wanted), len(wanted))


def _built(number: int) -> ShardFiles:
    first, wanted = first_of(number), leads_of(number)
    activities, snapshots = read_activities(wanted), read_snapshots(wanted)
    files = ShardFiles(base=_new(number, "base"), listed=_listed(number))
    write_base(folder() / files.base, activities, snapshots, first)
    files.rows = len(activities.id) + len(snapshots.id)
    return files


def _new(number: int, what: str) -> str:
    return f"{number:06}-{what}-{secrets.token_hex(4)}"


def _listed(number: int) -> str:
    """Write which leads of a shard exist and count; return the file's name."""
    name = f"{_new(number, 'listed')}.npy"
    listed = nobody()
    listed[np.fromiter(listed_leads(leads_of(number)), np.int64) - first_of(number)] = True
    np.save(folder() / name, listed)
    return name


def listed_leads(wanted: Wanted) -> Iterator[int]:
    """Return the leads of a range that exist and count."""
    rows = Standing.objects.filter(
        lead__gte=wanted.first, lead__lte=wanted.last, is_listed=True
    ).values_list("lead_id", flat=True)
    return rows.iterator()


def _read_on(
    before: Manifest, manifest: Manifest, anew: Collection[int], relist: set[int]
) -> set[int]:
    """Append what is new to the shards that stay; return those of which the tail is too long."""
    mark, too_long = before.marks["lead"], set()
    if _is_longer(mark):
        relist = relist | {number for number in manifest.shards if leads_of(number).last > mark}
    activities = read_activities(Wanted(above=before.marks["activity"]))
    snapshots = read_snapshots(Wanted(above=before.marks["snapshot"]))
    touched = np.unique(np.append(shard_of(activities.lead), shard_of(snapshots.lead)))
    for number in set(touched.tolist()).difference(anew):
        try:
            if not _append(manifest, number, activities, snapshots):
                too_long.add(number)
        except ShardLost:
            too_long.add(number)
    for number in relist - too_long.union(anew):
        files = manifest.shards[number]
        manifest.shards[number] = ShardFiles(**{**vars(files), "listed": _listed(number)})
    return too_long


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
