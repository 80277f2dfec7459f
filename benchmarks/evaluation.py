"""Scoring everybody out of the column cache, beside the same scores by one SQL statement."""

import resource
from time import perf_counter, process_time

from django.db import connection
from django.utils import timezone

from benchmarks.floor_sql import totals
from benchmarks.timing import time_of
from leads.activities.models import Activity
from leads.database.models import Lead
from scoring.definitions.services import definition_in_force
from scoring.engine import population
from scoring.engine.cache import refresh
from scoring.engine.kernel import evaluate_all
from scoring.engine.manifest import folder
from scoring.engine.population import open_columns, survey

ROUNDS = 5


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    at = timezone.now().replace(microsecond=0)
    found = definition_in_force(at)
    assert found is not None
    definition, leads = found[1], Lead.objects.count()
    print(
        f"Evaluation on {connection.display_name}: {leads:,} leads,"
        f" {Activity.objects.count():,} activities, {len(definition.rules)} rules"
    )
    began = perf_counter()
    refresh(at=at, everything=True)
    size = sum(path.stat().st_size for path in folder().rglob("*") if path.is_file())
    print(f"building the columns      {perf_counter() - began:8.2f} s, {size / 1e6:.0f} MB on disk")
    refreshing = time_of(lambda: refresh(at=at), 3)
    print(f"reading on, nothing new   {refreshing}")
    columns = open_columns(at=at)
    began, instant = perf_counter(), columns.manifest.as_of
    scores = [(one, evaluate_all(definition, one.batch, instant)) for one in columns.shards()]
    print(f"the first time            {1000 * (perf_counter() - began):8.2f} ms, texts matched")
    kernel = sum(int(one.total[shard.listed].sum()) for shard, one in scores)

    def evaluate() -> None:
        for shard in columns.shards():
            evaluate_all(definition, shard.batch, instant)

    cpu = process_time()
    warm = time_of(evaluate, ROUNDS)
    cpu = (process_time() - cpu) / (ROUNDS + 1) * 1000
    target = 500 * leads / 1_000_000
    word = "reached" if warm.median <= target else "MISSED"
    rate = leads / warm.median / 1000
    print(f"warm                      {warm} target {target:.0f} ms {word}, {rate:.2f} M leads/s,"
          f" {cpu:.0f} ms of CPU")  # fmt: skip
    said: set[tuple[int, int]] = set()
    pruned = time_of(lambda: said.add(totals(at, pruned=True)), 2)
    raw = time_of(lambda: said.add(totals(at, pruned=False)), 1)
    assert said == {(leads, kernel)}, "the columns and SQL do not say the same"
    times, best = pruned.median / warm.median, pruned.best / warm.best
    word = "reached" if times >= 20 else "MISSED"
    print(f"SQL, pruned, one pass     {pruned}, {times:.0f} × the columns (best {best:.0f}),"
          f" aim 20 × {word}")  # fmt: skip
    print(f"SQL, raw, one pass        {raw}")
    rough = time_of(lambda: survey(definition, at=at, every=16), 3)
    exact = time_of(lambda: survey(definition, at=at), 3)
    print(f"preview, estimate         {rough} target 1000 ms, one shard in 16")
    print(f"preview, exact            {exact}")
    population._kept.columns = None
    began = perf_counter()
    survey(definition, at=at)
    print(f"preview, cold process     {1000 * (perf_counter() - began):8.2f} ms")
    print(f"memory at most            {megabytes():8.0f} MB")
