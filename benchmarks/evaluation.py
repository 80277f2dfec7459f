"""Scoring everybody out of the column cache, beside the same scores by one SQL statement."""

import resource
from time import perf_counter

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

    warm = time_of(evaluate, 5)
    target = 500 * leads / 1_000_000
    word = "reached" if warm.median <= target else "MISSED"
    rate = leads / warm.median / 1000
    print(f"warm                      {warm} target {target:.0f} ms {word}, {rate:.2f} M leads/s")
    pruned = time_of(lambda: totals(at, pruned=True), 2)
    raw = time_of(lambda: totals(at, pruned=False), 1)
    assert totals(at, pruned=True) == totals(at, pruned=False) == (leads, kernel)
    times = pruned.median / warm.median
    word = "reached" if times >= 20 else "MISSED"
    print(f"SQL, pruned, one pass     {pruned}, {times:.0f} × the columns, aim 20 × {word}")
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
