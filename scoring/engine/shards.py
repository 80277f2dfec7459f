"""The files of the column cache: one folder for each range of lead ids, one file for each column.

A shard has a base, sorted as the kernel wants it and mapped into memory, and a tail: what came
since, in no order. Files are never changed: a new base or tail gets a name of its own, and the
manifest (``cache``) says which ones hold. Whatever is missing or cannot be read is a ShardLost.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import crc32

import numpy as np

from scoring.engine.assembly import Documents, Texts, coded, fact_values, kind_places
from scoring.engine.columns import Array, Batch, Column, Facts, Objects, Properties, Run
from scoring.engine.intake import FACT_NAMES, ActivityRows, SnapshotRows, Wanted

LEADS = 32_768  # ids in a shard: a lead's place fits into two bytes
SUMS = "sums.json"  # a checksum of each column of a base
MOST_CHECKED = 20_000  # files of which a process remembers that they are sound
UNREADABLE = (OSError, ValueError, EOFError)
ACTIVITY = ("id", "kind", "lead", "occurred", "received", "object", "document")


class ShardLost(Exception):
    """A file of the cache is missing or damaged; the shard is built again."""


@dataclass(frozen=True)
class TailRows:
    """What a tail holds: activities and snapshots as they were read, leads by their ids."""

    activities: ActivityRows
    snapshots: SnapshotRows


def shard_of(lead_ids: Array | int) -> Array:
    """Return the number of the shard that each lead belongs to."""
    numbers: Array = np.asarray(lead_ids) // LEADS
    return numbers


def first_of(shard: int) -> int:
    return shard * LEADS


def leads_of(shard: int) -> Wanted:
    """Return the wish for all leads of a shard."""
    return Wanted(first=first_of(shard), last=first_of(shard + 1) - 1)


def nobody() -> Array:
    """Return a mask for the leads of one shard, all of them out."""
    return np.zeros(LEADS, bool)


def write_base(folder: Path, activities: ActivityRows, snapshots: SnapshotRows, first: int) -> None:
    """Write a shard's base into a new folder, with the checksums of its columns at last."""
    folder.mkdir(parents=True)
    sums: dict[str, int] = {}

    def keep(name: str, values: Array) -> None:
        values = np.ascontiguousarray(values)
        np.save(folder / f"{name}.npy", values)
        sums[name] = crc32(values.data)

    order = np.lexsort((activities.id, activities.occurred, activities.kind))
    objects = np.unique(np.append(activities.object, 0))
    small = np.uint16 if len(objects) < 2**16 else np.uint32
    keep("id", activities.id[order])
    keep("lead", (activities.lead[order] - first).astype(np.uint16))
    keep("kind", activities.kind[order].astype(np.uint8))
    keep("occurred", activities.occurred[order])
    keep("received", activities.received[order])
    keep("last_received", activities.received.max(initial=0, keepdims=True))
    keep("object", np.searchsorted(objects, activities.object[order]).astype(small))
    keep("document", activities.document[order].astype(np.uint32))
    keep("objects", objects)
    documents = json.dumps(list(activities.documents)).encode()
    (folder / "documents.json").write_bytes(documents)
    sums["documents"] = crc32(documents)
    order = np.lexsort((snapshots.id, snapshots.known_from, snapshots.lead))
    keep("snapshot", snapshots.id[order])
    keep("snapshot_lead", (snapshots.lead[order] - first).astype(np.uint16))
    keep("known_from", snapshots.known_from[order])
    for name in FACT_NAMES:
        codes, values = coded(snapshots.facts[name][order])
        small = np.uint16 if len(values) < 2**16 else np.uint32
        keep(f"fact_{name}", codes.astype(small))
        keep(f"values_{name}", values)
    (folder / SUMS).write_text(json.dumps(sums))


def write_tail(path: Path, rows: TailRows) -> None:
    """Write a tail into one new file."""
    arrays = {name: getattr(rows.activities, name) for name in ACTIVITY}
    arrays |= {"snapshot": rows.snapshots.id, "snapshot_lead": rows.snapshots.lead}
    arrays |= {"known_from": rows.snapshots.known_from}
    arrays |= {f"fact_{name}": rows.snapshots.facts[name] for name in FACT_NAMES}
    arrays["documents"] = np.array(json.dumps(list(rows.activities.documents)))
    with path.open("wb") as file:
        np.savez(file, **arrays)


def read_tail(path: Path | None) -> TailRows:
    """Return a tail; an empty one for None."""
    if path is None:
        return TailRows(*nothing())
    try:
        with path.open("rb") as file, np.load(file) as found:
            arrays = {name: found[name] for name in found.files}
        documents = json.loads(str(arrays["documents"]))
        activities = ActivityRows(**{name: arrays[name] for name in ACTIVITY}, documents=documents)
        facts = {name: arrays[f"fact_{name}"] for name in FACT_NAMES}
        snapshots = SnapshotRows(
            arrays["snapshot"], arrays["snapshot_lead"], arrays["known_from"], facts
        )
    except (*UNREADABLE, KeyError, IndexError, BadZipFile) as failure:
        raise ShardLost(path.name) from failure
    return TailRows(activities, snapshots)


def nothing() -> tuple[ActivityRows, SnapshotRows]:
    """Return no rows."""
    none = np.zeros(0, np.int64)
    activities = ActivityRows(none, none, none, none, none, none, none, ["{}"])
    return activities, SnapshotRows(none, none, none, dict.fromkeys(FACT_NAMES, none))


def ids_in(folder: Path, tail: Path | None) -> tuple[Array, Array]:
    """Return the ids of the activities and of the snapshots that a shard holds."""
    rest = read_tail(tail)
    activities = np.append(load(folder, "id"), rest.activities.id)
    return activities, np.append(load(folder, "snapshot"), rest.snapshots.id)


def load(folder: Path, name: str) -> Array:
    """Map one column of a base into memory."""
    try:
        found: Array = np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray)
        _check(folder, f"{name}.npy", name, found.data)
    except UNREADABLE as failure:
        raise ShardLost(f"{folder.name}/{name}") from failure
    return found


_checked: dict[tuple[str, str], tuple[int, int]] = {}


def _check(folder: Path, file: str, name: str, content: memoryview | bytes) -> None:
    """Compare a file with its checksum, once in a process while it stays as it is.

    Raises ValueError where they differ, OSError where there is none to compare.
    """
    stat = (folder / file).stat()
    is_now = (stat.st_mtime_ns, stat.st_size)
    if _checked.get((str(folder), name)) == is_now:
        return
    sums = json.loads((folder / SUMS).read_text())
    if not isinstance(sums, dict) or sums.get(name) != crc32(content):
        raise ValueError(name)
    if len(_checked) > MOST_CHECKED:
        _checked.clear()
    _checked[str(folder), name] = is_now


ObjectsOf = Callable[[Array], Objects]


def open_batch(
    folder: Path, tail_path: Path | None, first: int, *, texts: Texts, objects_of: ObjectsOf
) -> Batch:
    """Return a shard as a batch of LEADS rows, its base mapped into memory."""
    tail = read_tail(tail_path)
    known = load(folder, "objects")
    new = np.setdiff1d(tail.activities.object, known)
    objects = np.append(known, new)
    documents = Documents(lambda: read_documents(folder) + list(tail.activities.documents))
    runs = [_base_run(folder)]
    if len(tail.activities.id):
        runs.append(_tail_run(tail.activities, objects, first, len(read_documents(folder))))
    return Batch(
        size=LEADS,
        facts=_facts(folder, tail.snapshots, first, texts),
        runs=runs,
        objects=objects_of(objects),
        properties=Properties(documents),
    )


def read_documents(folder: Path) -> list[str]:
    """Return the documents of properties of a base."""
    try:
        text = (folder / "documents.json").read_bytes()
        _check(folder, "documents.json", "documents", text)
        found: list[str] = json.loads(text)
    except UNREADABLE as failure:
        raise ShardLost(f"{folder.name}/documents") from failure
    return found


def _base_run(folder: Path) -> Run:
    about = load(folder, "object")
    return Run(
        places=kind_places(load(folder, "kind")),
        lead=load(folder, "lead"),
        occurred=load(folder, "occurred"),
        received=load(folder, "received"),
        object=about,
        about=about,
        properties=load(folder, "document"),
        last_received=int(load(folder, "last_received")[0]),
    )


def _tail_run(rows: ActivityRows, objects: Array, first: int, documents: int) -> Run:
    order = np.lexsort((rows.id, rows.occurred, rows.kind))
    sorter = np.argsort(objects)
    about = sorter[np.searchsorted(objects, rows.object[order], sorter=sorter)]
    received = rows.received[order]
    return Run(
        places=kind_places(rows.kind[order]),
        lead=rows.lead[order] - first,
        occurred=rows.occurred[order],
        received=received,
        object=about,
        about=about,
        properties=rows.document[order] + documents,
        last_received=int(received.max(initial=0)),
    )


class FactColumns(Mapping[str, Column]):
    """The facts of a shard, each read when a rule first asks for it."""

    def __init__(self, read: Callable[[str], Column], names: Sequence[str] = FACT_NAMES) -> None:
        self._read, self._names = read, names
        self._found: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._found:
            self._found[name] = self._read(name)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _facts(folder: Path, tail: SnapshotRows, first: int, texts: Texts) -> Facts:
    lead, known_from = load(folder, "snapshot_lead"), load(folder, "known_from")

    def from_base(name: str) -> Column:
        values = load(folder, f"values_{name}")
        return Column(load(folder, f"fact_{name}"), fact_values(name, values, texts))

    if not len(tail.id):
        return Facts(lead, known_from, FactColumns(from_base))
    ids = np.append(load(folder, "snapshot"), tail.id)
    lead = np.append(lead, tail.lead - first)
    known_from = np.append(known_from, tail.known_from)
    order = np.lexsort((ids, known_from, lead))

    def merged(name: str) -> Column:
        before: Any = load(folder, f"values_{name}")[load(folder, f"fact_{name}")]
        codes, values = coded(np.append(before, tail.facts[name])[order])
        return Column(codes, fact_values(name, values, texts))

    return Facts(lead[order], known_from[order], FactColumns(merged))
