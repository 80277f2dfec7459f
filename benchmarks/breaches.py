"""What the sweep costs when 1,000 of a million running clocks run out at once.

500,000 open handoffs with two running clocks each, made in the database out of one that the
product handed over. Then, five times over, 1,000 clocks more run out, and the product's own
functions find them, open their breaches, write their ladders down and take the first steps. The
floor is the bare UPDATE that marks as many rows.

    python -m benchmarks breaches --leads 2000 --database PostgreSQL
"""

from datetime import timedelta
from statistics import median
from time import perf_counter

from django.conf import settings
from django.utils import timezone

from benchmarks.many import a_uuid, analyze, earlier, multiply, one_of
from benchmarks.timing import Figure, Time
from leads.database.models import Lead
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, Team, User
from portal.events.bells import held
from sla.breaches.services import find_breaches
from sla.clocks.models import Clock
from sla.escalations.ladders import open_ladders
from sla.escalations.services import take_steps

HANDOFFS = 500_000  # with two clocks each
LATE, ROUNDS = 1000, 5
TARGET = 1000.0  # ms for 1,000 breaches, on PostgreSQL


def fill() -> None:
    """Let a million clocks run, none of them due within a day."""
    at = timezone.now().replace(microsecond=0)
    pattern = Handoff.objects.open().filter(clocks__isnull=False).earliest("pk")
    lead = Lead.objects.get(pk=pattern.lead_id)
    text = "'many-' || n.n"
    leads = multiply(lead, HANDOFFS, {
        "public_id": a_uuid(), "email": text, "email_key": text, "external_id": text,
    })  # fmt: skip
    owners = list(User.objects.filter(role=Role.SDR).values_list("pk", flat=True))
    teams = list(Team.objects.values_list("pk", flat=True))
    handoffs = multiply(pattern, HANDOFFS, {
        "public_id": a_uuid(), "lead_id": f"{leads} + n.n",
        "owner_id": one_of(owners), "team_id": one_of(teams),
    })  # fmt: skip
    Clock.objects.update(due_at=at + timedelta(days=2), warn_at=at + timedelta(days=1))
    for clock in pattern.clocks.order_by("pk"):
        multiply(clock, HANDOFFS, {
            "handoff_id": f"{handoffs} + n.n",
            "due_at": earlier("p.due_at", "(n.n * 7919) % 86400"),
        })  # fmt: skip
    analyze()


def sweep() -> tuple[float, float, float]:
    """Let 1,000 clocks run out; return the ms of the floor, of the sweep and of the ladders."""
    at = timezone.now()
    waiting = Clock.objects.running().filter(is_breached=False).order_by("due_at")
    ids = list(waiting.values_list("pk", flat=True)[:LATE])
    late = Clock.objects.filter(pk__in=ids)
    began = perf_counter()
    late.update(due_at=at - timedelta(minutes=5))
    floor = perf_counter()
    while find_breaches(at=at):
        pass
    found = perf_counter()
    while open_ladders(at=at):
        pass
    while take_steps(at=at):
        pass
    done = perf_counter()
    assert Clock.objects.filter(pk__in=ids, is_breached=True).count() == LATE
    return (floor - began) * 1000, (found - floor) * 1000, (done - found) * 1000


def main() -> None:
    """Fill and measure; the database goes away afterwards."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    began = perf_counter()
    fill()
    running = Clock.objects.running().count()
    print(f"{running:,} running clocks made in {perf_counter() - began:.0f} s", flush=True)
    with held():
        rounds = [sweep() for _round in range(ROUNDS)]
    floor, found, done = (Time(median(each), min(each)) for each in zip(*rounds, strict=True))
    print(Figure("sweep finds and opens 1,000", found, TARGET, floor, note="the floor marks 1,000"))
    print(f"    their ladders written down and the first steps taken: {done}")
