"""Scoring everybody out of columns that are made here, not read: time and memory of many leads.

For more leads than a database is filled with in an hour. They are like those of ``histories``:
ten activities each (Zipf), 12 kinds, two years, 30 rules. The floor counts each activity once.
More than a million are the same million again, opened anew for each: computing and memory are
those of so many leads, the disk is not.

    python -m benchmarks columns_alone --leads 10000000
"""

from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from benchmarks.company import SEED
from benchmarks.histories import (
    DAYS,
    FIRST_INDUSTRY,
    FIRST_TITLE,
    INDUSTRIES,
    KINDS,
    OBJECTS,
    TITLES,
    clauses,
    store_words,
)
from benchmarks.timing import time_of
from leads.activities.models import TrackedObject
from scoring.engine.assembly import Texts
from scoring.engine.columns import Array
from scoring.engine.intake import FACT_NAMES, NULL, ActivityRows, SnapshotRows
from scoring.engine.kernel import evaluate_all
from scoring.engine.manifest import Manifest, ShardFiles, folder
from scoring.engine.population import Columns, Things
from scoring.engine.shards import LEADS, write_base
from scoring.rules.definition import Definition
from scoring.rules.parse import parse
from scoring.workshop.preview import ALONE, SOME, Split, _Both, _counted

NOW = 1_790_000_000
ROUNDS = 5
MOST = 31 * LEADS  # leads that are different


def main(given: str) -> None:
    leads = int(given)
    if not TrackedObject.objects.exists():
        store_words()
    began, shards = perf_counter(), _write(folder(), min(leads, MOST))
    shards |= {n: shards[n % len(shards)] for n in range(len(shards), leads // LEADS + 1)}
    manifest = Manifest(as_of=NOW, shards=shards)
    size = sum(path.stat().st_size for path in folder().rglob("*") if path.is_file())
    activities = sum(one.rows for one in manifest.shards.values())
    print(
        f"Columns alone: {leads:,} leads, {activities:,} activities, {len(manifest.shards)} shards,"
        f" {size / 1e6:,.0f} MB on disk, written in {perf_counter() - began:.0f} s"
    )
    print(f"before they are opened    {memory()}")
    columns, version = Columns(manifest, Texts(), Things()), _definition(45)
    began = perf_counter()
    every = [shard.batch for shard in columns.shards()]
    print(f"opened                    {1000 * (perf_counter() - began):8.2f} ms, {memory()}")

    def evaluate() -> None:
        for batch in every:
            evaluate_all(version, batch, NOW)

    def count() -> None:
        for batch in every:
            for run in batch.runs:
                np.bincount(run.lead, minlength=LEADS)

    began = perf_counter()
    evaluate()
    print(f"the first time            {1000 * (perf_counter() - began):8.2f} ms, {memory()}")
    target, cpu = 500 * leads / 1_000_000, process_time()
    warm = time_of(evaluate, ROUNDS)
    cpu = (process_time() - cpu) / (ROUNDS + 1) * 1000
    word = "reached" if warm.median <= target else "MISSED"
    print(f"warm                      {warm} target {target:.0f} ms {word}, {cpu:.0f} ms of CPU")
    floor = time_of(count, 3)
    print(f"each activity counted once {floor}, warm takes {warm.best / floor.best:.1f} times that")
    print(f"                          {memory()}")
    both = _Both(_definition(50), version, ALONE)
    for name, some in (("estimate", SOME), ("exact", 1)):
        cost = time_of(lambda some=some: _counted(columns, both, some, Split()), 3)  # type: ignore[misc]
        print(f"two versions, {name:12}{cost}")
    print(f"                          {memory()}")


def memory() -> str:
    """Say what this process holds now, and what of it is no file mapped into memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines)
    held, own = (int(told[name].split()[0]) // 1024 for name in ("VmRSS", "RssAnon"))
    return f"{held:,} MB of memory, {own:,} MB without mapped files"


def _definition(limit: int) -> Definition:
    return parse(
        {"agreement": "definition", "name": "Bench", "version": 1, "clauses": clauses(limit)}
    )


def _write(root: Path, leads: int) -> dict[int, ShardFiles]:
    """Write the shards, one at a time: those of the first ids are the busiest."""
    random, begin, found = np.random.default_rng(SEED), 0, {}
    edges = np.minimum(np.arange(0, leads + LEADS, LEADS), leads) / leads
    for number, (low, high) in enumerate(pairwise(edges)):
        first = number * LEADS
        ids = np.arange(first, min(first + LEADS, leads))
        count = round(10 * leads * float(np.cbrt(high) - np.cbrt(low)))
        lead = (leads * random.uniform(np.cbrt(low), np.cbrt(high), count) ** 3).astype(int)
        activities = _activities(random, np.clip(lead, first, ids[-1]), begin)
        files = ShardFiles(f"{number:06}-base", f"{number:06}-listed.npy", rows=count)
        write_base(root / files.base, activities, _snapshots(random, ids), first)
        np.save(root / files.listed, np.arange(LEADS) < len(ids))
        found[number], begin = files, begin + count
    return found


def _activities(random: np.random.Generator, lead: Array, begin: int) -> ActivityRows:
    count = len(lead)
    kinds = np.array(KINDS)[(len(KINDS) * random.random(count) ** 2).astype(int)]
    occurred = NOW - random.integers(60, DAYS * 86_400, count)
    pages = (OBJECTS * random.random(count) ** 2).astype(int) + 1
    ids, none = np.arange(begin, begin + count), np.zeros(count, np.int64)
    return ActivityRows(ids, lead, kinds, occurred, occurred, pages, none, ["{}"])


def _snapshots(random: np.random.Generator, ids: Array) -> SnapshotRows:
    count = len(ids)
    facts = {name: np.full(count, NULL) for name in FACT_NAMES}
    facts["title"] = (TITLES * random.random(count) ** 2).astype(int) + FIRST_TITLE
    facts["industry"] = random.integers(0, len(INDUSTRIES), count) + FIRST_INDUSTRY
    facts["company_size"] = (10 ** random.uniform(0, 5, count)).astype(int)
    return SnapshotRows(ids, ids, np.full(count, NOW - DAYS * 86_400), facts)
