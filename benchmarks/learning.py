"""What learning costs at so many decided handoffs: each page's statements, and one night.

    python -m benchmarks learning --leads 200000 --database PostgreSQL

The floor is one pass over the bits of one rule, without a join.
"""

import resource
from collections.abc import Sequence
from functools import partial
from time import perf_counter, process_time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.timing import Figure, Time, ask, time_of
from leads.dispositions.models import Disposition
from portal.accounts.models import Role, User
from portal.events.bells import held
from scoring.feedback import decided
from scoring.feedback.filters import RejectionFilter
from scoring.feedback.models import Amendment
from scoring.feedback.services import learn

PAGES = ("/rejections/", "/scoring/", "/scoring/together/", "/scoring/drift/", "/scoring/causes/",
         "/scoring/reasons/", "/scoring/amendments/", "/dashboard/")  # fmt: skip
TARGET, NIGHT, MEMORY = 200.0, 30.0, 1000.0  # ms in the database; seconds; MB
ROUNDS = 5
READ = decided.bytes_of
FLOOR = "SELECT count(*), sum(fired & 1) FROM scoring_evidence"
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"


def database_seconds(client: Client, address: str) -> float:
    """Return the seconds that one visit spends in the database, reading its columns included."""
    spent = 0.0

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        nonlocal spent
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += perf_counter() - began

    def copied(sql: str, parameters: Sequence[Any]) -> bytes:
        nonlocal spent
        began = perf_counter()
        try:
            return READ(sql, parameters)
        finally:
            spent += perf_counter() - began

    decided.bytes_of = copied
    with connection.execute_wrapper(note):
        answer = client.get(address)
    assert answer.status_code == 200, f"{address} answered {answer.status_code}"
    return spent


def main() -> None:
    settings.STORAGES["staticfiles"]["BACKEND"] = PLAIN
    floor = time_of(partial(ask, FLOOR), ROUNDS)
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.filter(role=Role.MARKETING_LEAD).earliest("pk"))
    read = time_of(_columns, ROUNDS)
    print(Figure("the columns of a page, read", read, TARGET, floor))
    for address in PAGES:
        seconds = sorted(database_seconds(client, address) for _round in range(ROUNDS))
        cost = Time(1000 * seconds[ROUNDS // 2], 1000 * seconds[0])
        print(Figure(f"{address}, its statements", cost, TARGET, floor))
    began, cpu = perf_counter(), process_time()
    with held():
        found = learn(at=timezone.now())
    wall, memory = perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert found is not None
    word = "reached" if wall <= NIGHT and memory <= MEMORY else "MISSED"
    print(f"A night over {found.handoffs:,} handoffs: {wall:.1f} s ({process_time() - cpu:.1f} s of"
          f" our CPU), {memory:.0f} MB; target {NIGHT:.0f} s, {MEMORY:.0f} MB {word}")  # fmt: skip
    print("    proposed:", ", ".join(Amendment.objects.open().values_list("key", flat=True)))


def _columns() -> None:
    decided.read_decided(RejectionFilter({}, queryset=Disposition.objects.all()).counted)
