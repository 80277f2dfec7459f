"""Rescoring everybody from the database, writing included, beside raw SQL that writes nothing."""

import os
import resource
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.floor_sql import totals
from benchmarks.histories import sign_definition
from leads.database.models import Lead, StaleCause, Standing
from leads.database.standing import mark_stale_rows
from portal.events.bells import held
from scoring.engine.assembly import Texts
from scoring.engine.due import settle_due
from scoring.engine.rescore import begin_rescore, carry_on, progress_of
from scoring.engine.tasks import AT_ONCE

FULL = (  # a name, and what the version asks for: no two are alike
    ("nothing follows, most totals changed", {"opens": False, "more_points": 7}),
    ("nothing follows, same totals", {"opens": False, "more_points": 7, "limit": 46}),
    ("with MQLs and a release list", {"more_points": 1}),
)
LOCKS: list[float] = []  # how long rows were locked, in milliseconds
HOLDING = ("UPDATE leads_standing", "FOR NO KEY UPDATE")  # what locks the first ones


def _time_locks(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
    """Time from the statement that locks rows of leads to the end of its transaction."""
    locks = connection.in_atomic_block and "leads_" in sql and any(one in sql for one in HOLDING)
    if locks and not connection.run_on_commit:
        began = perf_counter()
        transaction.on_commit(lambda: LOCKS.append(1000 * (perf_counter() - began)))
    return execute(sql, params, many, context)


def server_time() -> float:
    """Return the CPU seconds of this connection's server process; 0 where nobody can look."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        state = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not state.exists():  # the server runs on another machine
        return 0.0
    words = state.read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def rescored(at: datetime, wishes: dict[str, Any]) -> tuple[float, float, float, int]:
    """Sign a version, rescore everybody by it.

    Return seconds, those of this CPU and of the server's, rows written.
    """
    version = sign_definition(**{"limit": 45, "at": at, **wishes})
    served, began, busy = server_time(), perf_counter(), process_time()
    with held(), connection.execute_wrapper(_time_locks):
        rescore = begin_rescore(version=version, by=None, at=at)
        texts = Texts()
        while carry_on(at=at, texts=texts) is not None:
            pass
    took, busy, served = perf_counter() - began, process_time() - busy, server_time() - served
    assert not Standing.objects.exclude(version=version).exists()
    return took, busy, served, progress_of(rescore).written


def main() -> None:
    at = timezone.now().replace(microsecond=0)
    leads = Lead.objects.count()
    print(f"Rescore on {connection.display_name}: {leads:,} leads")
    Standing.objects.update(stale_since=None, stale_cause=0)
    served, began = server_time(), perf_counter()
    totals(at, pruned=False)
    raw, served = perf_counter() - began, server_time() - served
    print(f"raw SQL {raw:.2f} s ({served:.2f} s of its leader's CPU); it writes nothing")
    began = perf_counter()
    totals(at, pruned=True)
    print(f"pruned {perf_counter() - began:.2f} s; it writes nothing either")
    for name, wishes in FULL:
        at += timedelta(minutes=1)
        took, busy, served, written = rescored(at, wishes)
        word = "reached" if took <= raw else "MISSED"
        print(
            f"full rescore, {name:36} {took:7.2f} s ({busy:.2f} s of this CPU,"
            f" {served:.2f} s of the server's),"
            f" {written:,} written,"
            f" {took / raw:.2f} × the raw SQL, aim 1.0 × {word}"
        )
    middle, worst = median(LOCKS), max(LOCKS)
    print(f"rows locked for {middle:.0f} ms at a time, {worst:.0f} ms at worst, aim 100 ms")
    at += timedelta(minutes=1)
    ids = Standing.objects.order_by("lead_id").values_list("pk", flat=True)
    some = list(ids[:: max(leads // 50_000, 1)][: min(50_000, leads // 2)])
    served, began = server_time(), perf_counter()
    for start in range(0, len(some), 20_000):
        rows = Standing.objects.filter(pk__in=some[start : start + 20_000])
        with transaction.atomic():
            mark_stale_rows(rows, cause=StaleCause.IMPORT, at=at)
    took, served = perf_counter() - began, server_time() - served
    print(f"{len(some):,} leads marked stale {took:7.2f} s ({served:.2f} s of the server's)")
    served, began, busy = server_time(), perf_counter(), process_time()
    with held():
        texts = Texts()
        while settle_due(at=at, limit=AT_ONCE, texts=texts):
            pass
    took, busy, served = perf_counter() - began, process_time() - busy, server_time() - served
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(some):,} leads stale, settled as sets {took:7.2f} s ({busy:.2f} s of this CPU,"
        f" {served:.2f} s of the server's), aim 2 s for 50,000"
    )
    print(f"memory at most {peak:.0f} MB, aim 1,500 MB")
