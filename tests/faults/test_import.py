"""A worker killed in the middle of an import: after the restart every row is there, once.

2,000 rows and three kills, 20,000 and five with FULL=1. The worker is the product's own, on a
broker of its own; what the test does in its place is only to let the minute of the dead worker's
lease pass.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import template
from tests.faults.environment import product_environment

FULL = os.environ.get("FULL") == "1"
ROWS = 20_000 if FULL else 2_000
BATCH = ROWS // 20
BAD = 40  # every so many rows one that cannot be used
ROOT = Path(__file__).parents[2]
POINTS = (
    (0.0, 0.2, 0.45, 0.7, 0.95) if FULL else (0.0, 0.45, 0.95)
)  # of the rows: the kill comes when so many are stored
PATIENCE = 120  # seconds

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("django_db_setup")]

START = """
import django; django.setup()
from django.core.files import File
from django.utils import timezone
from leads.imports import services
from tests.leads.imports.support import LEADS
with open(FILE, "rb") as file:
    run = services.start_import(
        file=File(file, name="rows.csv"), kind="leads", by=None, at=timezone.now()
    )
services.set_mapping(run=run, mapping=LEADS, by=None)
services.begin_import(run=run, by=None, at=timezone.now())
"""
RING = """
import django; django.setup()
from leads.imports.tasks import continue_imports
continue_imports.delay()
"""
WORKER = [
    "-m", "celery", "--quiet", "--app", "portal", "worker", "--loglevel", "WARNING",
    "--concurrency", "1", "--without-gossip", "--without-mingle",
]  # fmt: skip


class Portal:
    """A portal in a folder: its programs, and a look into its database from outside."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = product_environment(folder, IMPORT_BATCH_ROWS=str(BATCH))
        for name in ("queue", "control"):
            (folder / "broker" / name).mkdir(parents=True)
        template.copy_to(folder / "db.sqlite3")

    def python(self, *arguments):
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, check=True, timeout=300
        )

    def start_worker(self):
        return subprocess.Popen(
            [sys.executable, *WORKER], cwd=ROOT, env=self.environment, start_new_session=True
        )

    def ask(self, sql):
        with sqlite3.connect(self.folder / "db.sqlite3", timeout=20) as database:
            found = database.execute(sql).fetchall()
        database.close()
        return found

    def let_the_lease_pass(self):
        self.ask("UPDATE leads_import SET leased_until = '2000-01-01 00:00:00'")

    def wait_for(self, condition):
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, self.ask("SELECT state, next_row FROM leads_import")
            time.sleep(0.005)


def kill(worker):
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def write_rows(path):
    """Write the file; return how many of its rows can be used."""
    good = 0
    with path.open("w") as file:
        file.write("Id,Mail,Name,Source,Created,Title,Visits\n")
        for number in range(1, ROWS + 1):
            is_bad = number % BAD == 0
            good += not is_bad
            address = "no address" if is_bad else f"lead{number}@acme{number}.test"
            file.write(f"L{number},{address},Lead {number},Web,2024-01-01 10:00,CEO,{number}\n")
    return good


def test_killed_workers_lose_no_row_and_store_none_twice(tmp_path):
    portal = Portal(tmp_path)
    good = write_rows(tmp_path / "rows.csv")
    portal.python("-c", START.replace("FILE", repr(str(tmp_path / "rows.csv"))))
    seen = []
    for point in POINTS:
        worker = portal.start_worker()
        try:
            portal.wait_for(
                lambda point=point: portal.ask(
                    "SELECT 1 FROM leads_import WHERE leased_until > '2001-01-01' "  # noqa: S608
                    f"AND next_row > {int(ROWS * point)}"
                )
            )
        finally:
            kill(worker)
        ((state, next_row, created, rejected),) = portal.ask(
            "SELECT state, next_row, created, rejected FROM leads_import"
        )
        ((stored,),) = portal.ask("SELECT count(*) FROM leads_lead")
        assert (state, stored, created + rejected) == ("running", created, next_row - 1)
        seen.append(next_row)
        portal.let_the_lease_pass()
        portal.python("-c", RING)
    assert seen == sorted(seen)
    worker = portal.start_worker()
    try:
        portal.wait_for(lambda: portal.ask("SELECT 1 FROM leads_import WHERE state = 'done'"))
    finally:
        kill(worker)
    check_rows(portal, good)


def check_rows(portal, good):
    ((created, updated, unchanged, rejected),) = portal.ask(
        "SELECT created, updated, unchanged, rejected FROM leads_import"
    )
    assert (created, updated, unchanged, rejected) == (good, 0, 0, ROWS - good)
    ids = [one for (one,) in portal.ask("SELECT external_id FROM leads_lead")]
    assert sorted(ids) == sorted(f"L{n}" for n in range(1, ROWS + 1) if n % BAD)
    numbers = [one for (one,) in portal.ask("SELECT number FROM leads_rejectedrow")]
    assert sorted(numbers) == list(range(BAD, ROWS + 1, BAD))
    (standings, stays, titled) = (
        portal.ask(f"SELECT count(*), count(DISTINCT lead_id) FROM {table}")[0]  # noqa: S608
        for table in (
            "leads_standing",
            "leads_stagechange",
            "leads_factsnapshot WHERE title IS NOT NULL",
        )
    )
    assert standings == stays == (good, good)
    assert titled[1] == good
    ((finished, named),) = portal.ask(
        "SELECT count(DISTINCT event_id), count(*) FROM portal_eventlead JOIN portal_event e "
        "ON e.id = event_id WHERE e.kind = 'import.finished'"
    )
    assert (finished, named) == (1, good)
