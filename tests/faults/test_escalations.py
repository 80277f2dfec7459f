"""Deadlines that pass while the workers are killed: each breach and each step once, dated right.

The workers run the product's own tasks; each of them is also a beat of its own, so every task is
rung for several times over. Two workers, 1,000 clocks and two kills; with FULL=1 four workers with
two of Celery's beats beside them, 10,000 clocks and twenty kills.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import template
from tests.faults.environment import product_environment

FULL = os.environ.get("FULL") == "1"
CLOCKS, WORKERS, KILLS = (10_000, 4, 20) if FULL else (1000, 2, 2)
SPREAD = 60 if FULL else 3  # seconds over which the deadlines pass
ROOT = Path(__file__).parents[2]
PATIENCE = 600 if FULL else 120  # seconds
STEPS = 3

pytestmark = pytest.mark.faults

FILL = f"""
import django; django.setup()
from datetime import timedelta
from django.utils import timezone
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.models import StaleCause
from leads.handoffs.models import Cause, Handoff, Origin
from portal.accounts.models import Role
from portal.events.bells import held
from sla.breaches.services import follow_handoffs
from sla.clocks.models import Clock
from sla.terms.defaults import default_clauses
from tests.factories import make_team, make_terms, make_user
now = timezone.now().replace(microsecond=0)
clauses = default_clauses("Europe/Berlin")[:4]
steps = [{{"do": "warn_owner"}}, {{"do": "tell_manager"}}, {{"do": "task"}}]
clauses[3]["body"] |= {{"calendar": "always", "amount_s": 3600, "ladder": steps}}
with held():
    make_terms(at=now - timedelta(days=30), clauses=clauses)
    team = make_team(is_default=True)
    owner, boss = make_user(team=team), make_user(team=team, role=Role.SALES_LEAD)
    for start in range(0, {CLOCKS}, 500):
        numbers = range(start, start + 500)
        rows = [LeadInput(email=f"f{{n}}@example.test", name=f"F {{n}}") for n in numbers]
        leads = find_or_create_leads(
            rows, external_source="test", by=None, at=now, cause=StaleCause.IMPORT
        )
        made = now - timedelta(hours=1)
        handoffs = Handoff.objects.bulk_create(
            Handoff(
                lead_id=one.lead_id, origin=Origin.LIVE, cause=Cause.SALES_READY, team=team,
                owner=owner, made_at=made + timedelta(seconds=n % {SPREAD}), routed_at=made,
            )
            for n, one in enumerate(leads)
        )
        follow_handoffs([one.pk for one in handoffs], at=made)
late = timezone.now() - now + timedelta(seconds=2)  # filling took so long
from django.db.models import F
Clock.objects.update(due_at=F("due_at") + late, warn_at=F("warn_at") + late)
"""
CELERY = [
    *([["-m", "celery", "-A", "portal.celery", "worker", "-c", "1", "-P", "solo", "-n", f"w{n}@%h"]
       for n in range(4)]),
    *([["-m", "celery", "-A", "portal.celery", "beat", "-s", f"VAR_DIR/beat{n}"]
       for n in range(2)]),
]  # fmt: skip
DRIVE = f"""
import os, signal, subprocess, sys, time
from django.db import connection
from portal.events.tasks import deliver_due
from portal.management.commands.serve import make_folders
from sla.breaches.tasks import find_breaches
from sla.escalations import services
from sla.escalations.models import Escalation
from sla.escalations.tasks import climb_ladders
CELERY, KILLS, STEPS, PATIENCE = {CELERY if FULL else []!r}, {KILLS}, {CLOCKS * STEPS}, {PATIENCE}

def work():
    services.take_steps.__wrapped__.__kwdefaults__["limit"] = 60  # many to be killed in
    while True:
        find_breaches(); deliver_due(); climb_ladders(); time.sleep(0.02)

def start(program):
    if program:
        program = [one.replace("VAR_DIR", os.environ["VAR_DIR"]) for one in program]
        return subprocess.Popen([sys.executable, *program], stdout=-3, stderr=-3).pid
    connection.close()  # a child opens its own
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(1)
    return child

def kill(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

def died():  # of itself: nobody killed it
    return any(os.waitpid(pid, os.WNOHANG) != (0, 0) for pid in running)

def taken():
    return Escalation.objects.filter(outcome="done").count()

until = time.monotonic() + PATIENCE
make_folders()  # the broker's, as `serve` makes them before it starts workers
programs = CELERY or [None] * {WORKERS}
running = [start(one) for one in programs]
try:
    for point in range(1, KILLS + 1):
        while taken() < STEPS * point // (KILLS + 2):
            assert not died(), "a worker or a beat has ended by itself"
            assert time.monotonic() < until, "the steps do not come"
            time.sleep(0.01)
        place = point % len(programs)
        kill(running[place])
        running[place] = start(programs[place])
    assert taken() < STEPS, "they were killed too late to show anything"
    while taken() < STEPS:
        assert time.monotonic() < until, f"{{taken()}} of {{STEPS}} steps were taken"
        time.sleep(0.1)
finally:
    for pid in running:
        kill(pid)
"""
CHECK = f"""
from collections import Counter
from django.db.models import F
from leads.tasks.models import FollowUp
from portal.events.models import Event
from portal.notifications.models import Notification
from sla.breaches.models import Breach
from sla.clocks.models import Clock
from sla.escalations.models import Escalation
clocks = {CLOCKS}
assert Clock.objects.count() == Breach.objects.count() == clocks, Breach.objects.count()
assert not Breach.objects.exclude(at=F("clock__due_at")).exists(), "a breach has another stamp"
found = Counter(event.payload["clock"] for event in Event.objects.filter(kind="clock.breached"))
assert len(found) == clocks and set(found.values()) == {{1}}
assert Escalation.objects.filter(outcome="done", due_at=F("breach__at")).count() == clocks * {STEPS}
events = Event.objects.filter(kind="clock.escalated")
taken = Counter((event.payload["clock"], event.payload["step"]) for event in events)
assert len(taken) == clocks * {STEPS} and set(taken.values()) == {{1}}
assert Notification.objects.filter(kind="clock.breached").count() == clocks * 2
assert FollowUp.objects.count() == clocks
"""


def test_every_breach_and_every_step_happens_once_whoever_is_killed(tmp_path):
    """One program fills the portal, starts the workers, kills them and looks at what they left."""
    environment = product_environment(tmp_path)
    empty = migrated()
    if empty.exists():
        shutil.copy(empty, tmp_path / "db.sqlite3")
    else:
        run(environment, "manage.py", "migrate", "--verbosity", "0")
    run(environment, "-c", FILL + DRIVE + CHECK)


def migrated() -> Path:
    """Return where an empty database of today's migrations is, once any test has made one."""
    return template.FOLDER / f"{template.PREFIX}{template.digest()}_{os.getuid()}.sqlite3"


def run(environment, *arguments):
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=PATIENCE * 2)
