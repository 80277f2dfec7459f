"""Says what is wrong with this installation, and how to mend it."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from leads.dispositions.models import NOT_STATED, Reason
from leads.handoffs.models import Handoff
from leads.handoffs.services import default_team
from leads.imports.models import Import
from portal.accounts.models import Role, User
from portal.agreements.queries import version_in_force
from portal.celery import app
from portal.core import database_objects
from portal.core.models import Heartbeat
from portal.events.models import Delivery
from scoring.engine.models import Rescore, RescoreRange

QUIET = timedelta(minutes=2)  # beat says every half minute that a worker lives
LATE = timedelta(minutes=5)
WRONG, WARNING = "wrong", "warning"


@dataclass(frozen=True)
class Finding:
    """One thing found: how bad, what it is, and what to do."""

    level: str
    what: str
    mend: str


def check_migrations(at: datetime) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        what = f"{len(plan)} migrations are waiting."
        yield Finding(WRONG, what, "Run manage.py migrate, then restart web and worker.")


def check_guards(at: datetime) -> Iterator[Finding]:
    standing = database_objects.standing_objects(connection)
    missing = sorted(database_objects.names() - standing)
    if missing:
        what = f"The database does not guard its evidence: {', '.join(missing)} missing."
        yield Finding(WRONG, what, "Run manage.py migrate: it makes them again.")


def check_broker(at: datetime) -> Iterator[Finding]:
    if settings.CELERY_BROKER_URL == "filesystem://":
        return
    try:
        with app.connection_for_write(connect_timeout=3) as broker:
            broker.ensure_connection(max_retries=1)
    except Exception as failure:  # each broker has errors of its own
        what = f"The broker does not answer ({type(failure).__name__})."
        yield Finding(WARNING, what, "Start it, or mend CELERY_BROKER_URL. Sweeps go on meanwhile.")


def check_worker(at: datetime) -> Iterator[Finding]:
    heart = Heartbeat.objects.filter(name="worker").first()
    if heart is None:
        yield Finding(WRONG, "No worker has run yet.", "Start worker and beat: make run does.")
    elif at - heart.at > QUIET:
        minutes = int((at - heart.at).total_seconds() // 60)
        what = f"Worker and beat have been silent for {minutes} minutes."
        yield Finding(WRONG, what, "Restart them and read their log.")


def check_deliveries(at: datetime) -> Iterator[Finding]:
    rows = Delivery.objects.values_list("handler", flat=True)
    failed = sorted(set(rows.filter(state=Delivery.State.FAILED)[:1000]))
    if failed:
        what = f"Deliveries have failed for good: {', '.join(failed)}."
        mend = "Read their errors in the admin under Deliveries, mend the cause, try them again."
        yield Finding(WRONG, what, mend)
    if rows.filter(state=Delivery.State.PENDING, not_before__lt=at - LATE).exists():
        what = "Deliveries have been due for more than five minutes."
        yield Finding(WRONG, what, "Start a worker, or one more.")


def check_imports(at: datetime) -> Iterator[Finding]:
    stuck = Import.objects.unfinished().filter(leased_until__lt=at - LATE)
    for run in stuck.order_by("pk")[:10]:
        what = f"The import of {run.file_name} has stood still at row {run.next_row}."
        yield Finding(WRONG, what, "Start a worker: it goes on where it stopped.")


def check_rescores(at: datetime) -> Iterator[Finding]:
    """A range whose lease ran out long ago lost its worker, and nobody has taken it since."""
    stuck = RescoreRange.objects.filter(
        rescore__state=Rescore.State.RUNNING, done_at=None, leased_until__lt=at - LATE
    )
    if lost := stuck.select_related("rescore").first():
        what = f"The rescore of {lost.rescore.started_at:%Y-%m-%d %H:%M} stands still at {lost}."
        yield Finding(WRONG, what, "Start a worker, or run manage.py rescore: it goes on there.")


def check_agreements(at: datetime) -> Iterator[Finding]:
    for kind, lack in (("definition", "nothing is scored"), ("terms", "no clock starts")):
        if version_in_force(kind, at=at) is None:
            what = f"No {kind} is in force: {lack}."
            yield Finding(WARNING, what, "Let marketing lead and sales lead sign one.")


def check_people(at: datetime) -> Iterator[Finding]:
    if not User.objects.filter(role=Role.ADMIN, is_active=True).exists():
        yield Finding(WRONG, "There is no active admin.", "Run manage.py createsuperuser.")
    if default_team() is None:
        what = "No team takes handoffs that no rule sends elsewhere."
        yield Finding(WARNING, what, "Mark one team as the default in the admin.")
    if not Reason.objects.filter(is_active=True).exclude(code=NOT_STATED).exists():
        what = "No reason is offered, so nothing can be rejected."
        yield Finding(WRONG, what, "Offer some in the admin under Reasons.")


def check_waiting(at: datetime) -> Iterator[Finding]:
    if Handoff.objects.waiting().filter(made_at__lt=at - LATE).exists():
        what = "Handoffs have waited for more than five minutes for somebody with room."
        mend = "Raise a cap, end an absence or add a member in the admin under Teams."
        yield Finding(WARNING, what, mend)


CHECKS: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
    check_guards, check_broker, check_worker, check_deliveries, check_imports, check_rescores,
    check_agreements, check_people, check_waiting,
)  # fmt: skip


def examine(at: datetime) -> list[Finding]:
    """Return what is wrong at ``at``, the worst first; without tables only that."""
    try:
        connection.ensure_connection()
        found = list(check_migrations(at))
        if not found:
            found = [finding for check in CHECKS for finding in check(at)]
    except DatabaseError as failure:
        what = f"The database does not answer: {str(failure).strip()[:200]}"
        return [Finding(WRONG, what, "Start it, or mend DATABASE_URL.")]
    return sorted(found, key=lambda finding: finding.level != WRONG)


class Command(BaseCommand):
    help = (
        "Say what is wrong with this installation and how to mend it. "
        "Exit code 0: nothing; 1: something is wrong; 2: warnings only. Example: "
        "manage.py doctor --json"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **given: Any) -> None:
        found = examine(timezone.now())
        if given["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=2))
        else:
            self.stdout.write("\n".join(_lines(found)))
        if found:
            raise SystemExit(1 if found[0].level == WRONG else 2)


def _lines(found: list[Finding]) -> list[str]:
    if not found:
        return ["Everything looks well."]
    return [f"{one.level}: {one.what}\n  {one.mend}" for one in found]
