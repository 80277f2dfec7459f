"""A rescore killed again and again: in the end every lead is scored, once, as it should be.

Two kills, twenty with FULL=1. The command is the product's own; what the test does in its place
is only to let the minutes of the dead one's lease pass.
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

KILLS = 20 if os.environ.get("FULL") == "1" else 2
LEADS, RANGE = 600, 12
ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("django_db_setup")]

FILL = f"""
import django; django.setup()
from portal.events.bells import held
from leads.database.models import Standing
from tests.factories import make_team
from tests.scoring.engine.written import NOW, sign_rules, write_leads
with held():
    make_team(is_default=True)
    sign_rules(at=NOW, ready=6)
    write_leads({LEADS})
"""
CHECK = """
import django; django.setup()
from leads.database.models import Standing
from leads.handoffs.models import Release
from scoring.definitions.services import definition_in_force
from scoring.engine.judging import gate_bits
from scoring.engine.models import Rescore
from scoring.engine.reading import read_histories
from scoring.rules.evaluate import evaluate, facts_at
at = Rescore.objects.get().started_at
version, definition = definition_in_force(at)
rows = {one.lead_id: one for one in Standing.objects.all()}
waiting = set(Release.objects.waiting().values_list("lead_id", flat=True))
for pk, one in read_histories(sorted(rows), definition).items():
    found = evaluate(definition, facts_at(one.snapshots, at), one.activities, at)
    row = rows[pk]
    stored = (row.version_id, row.total, row.fit, row.fired, row.gates, pk in waiting)
    true = (version.pk, found.total, found.fit, found.fired, gate_bits(found), found.sales_ready)
    assert stored == true, (pk, stored, true)
assert 5 < len(waiting) < len(rows)
"""


class Portal:
    """A portal in a folder: its programs, and a look into its database from outside."""

    def __init__(self, folder):
        self.folder, self.environment = folder, product_environment(folder)
        template.copy_to(folder / "db.sqlite3")
        self.python("-c", FILL)

    def python(self, *arguments):
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, check=True, timeout=300
        )

    def start(self):
        command = [sys.executable, "manage.py", "rescore", "--leads-in-range", str(RANGE)]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ask(self, sql):
        with sqlite3.connect(self.folder / "db.sqlite3", timeout=20) as database:
            found = database.execute(sql).fetchall()
        database.close()
        return found

    def done(self):
        ((count,),) = self.ask("SELECT count(done_at) FROM scoring_rescorerange")
        return count


def test_a_rescore_killed_again_and_again_scores_everybody_once(tmp_path):
    portal = Portal(tmp_path)
    every = LEADS // RANGE
    for point in range(1, KILLS + 1):
        program = portal.start()
        until = time.monotonic() + PATIENCE
        while portal.done() < every * point // (KILLS + 2):
            assert time.monotonic() < until
            time.sleep(0.002)
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        assert portal.done() < every, "it was killed too late to show anything"
        portal.ask("UPDATE scoring_rescorerange SET leased_until = '2000-01-01' WHERE leased_until")
    portal.python("manage.py", "rescore")
    assert portal.done() == every
    portal.python("-c", CHECK)
    ((scored, queued, finished),) = portal.ask(
        "SELECT (SELECT sum(looked_at) FROM scoring_rescorerange),"
        " (SELECT count(*) - count(DISTINCT lead_id) FROM leads_release),"
        " (SELECT count(*) FROM portal_event WHERE kind = 'rescore.finished')"
    )
    assert (scored, queued, finished) == (LEADS, 0, 1)
