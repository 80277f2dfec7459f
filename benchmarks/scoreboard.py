"""What the scoreboard costs in the database: a quarter of 200,000 handoffs with two clocks each.

The handoffs are made in the database out of one that the product handed over: decided, all over
the quarter, the hours, teams, people and sources. The days are packed as the worker packs them.
All statements of the board are taken down and asked again, and the medians are added up: for who
sees everything, for a sales lead, and when five days changed since. The floor reads the same
clocks once.

    python -m benchmarks scoreboard --leads 2000 --database PostgreSQL
"""

from functools import partial
from time import perf_counter

from django.db import connection
from django.utils import timezone

from benchmarks.many import a_uuid, analyze, earlier, multiply, one_of
from benchmarks.timing import Figure, Time, ask, database_time, statements_of, time_of
from leads.database.models import Lead, Source
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, Team, User
from sla.clocks.models import Clock
from sla.scoreboard.board import board_of
from sla.scoreboard.filters import PeriodFilter
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.tasks import pack_days

HANDOFFS = 200_000
QUARTER = 88 * 86_400  # seconds
TARGET, ROUNDS = 300.0, 7  # ms in the database
FLOOR = "SELECT kind, count(*) FROM sla_clock WHERE stamped_at <= due_at GROUP BY kind"


def fill() -> None:
    """Make the handoffs of a quarter: decided five hours later, half of them touched in time."""
    at = timezone.now().replace(microsecond=0)
    pattern = Handoff.objects.open().filter(clocks__isnull=False).earliest("pk")
    lead, text = Lead.objects.get(pk=pattern.lead_id), "'quarter-' || n.n"
    leads = multiply(lead, HANDOFFS, {
        "public_id": a_uuid(), "email": text, "email_key": text, "external_id": text,
    })  # fmt: skip
    owners, teams, sources = (
        list(rows.values_list("pk", flat=True))
        for rows in (User.objects.filter(role=Role.SDR), Team.objects.all(), Source.objects.all())
    )
    made = f"(20000 + (n.n * 7919) % {QUARTER})"
    Handoff.objects.filter(pk=pattern.pk).update(made_at=at)
    handoffs = multiply(pattern, HANDOFFS, {
        "public_id": a_uuid(), "lead_id": f"{leads} + n.n", "owner_id": one_of(owners),
        "team_id": one_of(teams, "n.n / 7"), "source_id": one_of(sources, "n.n / 11"),
        "made_at": earlier("p.made_at", made), "is_decided": "TRUE",
        "decided_at": earlier("p.made_at", f"{made} - 18000"),
        "outcome": "CASE n.n % 5 WHEN 0 THEN 'accepted' WHEN 1 THEN 'accepted' ELSE 'rejected' END",
    })  # fmt: skip
    reason = Reason.objects.filter(is_primary=True).earliest("pk")
    for outcome, why in (("accepted", None), ("rejected", reason)):
        columns = "handoff_id, origin, outcome, reason_id, reason_text, note, was, decided_at,"
        columns += " decided_by_id"
        where = f"id > {handoffs} AND outcome = '{outcome}'"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Disposition._meta.db_table} ({columns})"  # noqa: S608 - our own
                f" SELECT id, origin, outcome, %s, '', '', '{{}}', decided_at, owner_id"
                f" FROM leads_handoff WHERE {where}",
                [why.pk if why else None],
            )
    Clock.objects.filter(handoff=pattern).update(started_at=at, moved_at=at)
    for clock in pattern.clocks.order_by("pk"):
        over = "CASE WHEN n.n % 4 < 2 THEN -1 ELSE 1 END"
        stamp = earlier("p.started_at", f"{made} - 10000")
        multiply(clock, HANDOFFS, {
            "handoff_id": f"{handoffs} + n.n",
            "started_at": earlier("p.started_at", made),
            "moved_at": earlier("p.started_at", made),
            "warn_at": earlier("p.started_at", f"{made} - 5000"),
            "due_at": earlier("p.started_at", f"{made} - 10000 + 5000 * ({over})"),
            "stamped_at": f"CASE WHEN n.n % 11 = 0 THEN NULL ELSE {stamp} END",
            "stamp_activity": "CASE WHEN n.n % 11 = 0 THEN NULL ELSE 1 END",
            "worked": "CASE WHEN n.n % 11 = 0 THEN NULL ELSE (n.n * 31) % 20000 END",
            "ended_at": earlier("p.started_at", f"{made} - 18000"),
        })  # fmt: skip
    analyze()


def measure(role: str, floor: Time, note: str) -> None:
    """Print what the board costs the database when somebody of this role looks."""
    reader, at = User.objects.filter(role=role).earliest("pk"), timezone.now()

    def board() -> object:
        chosen = PeriodFilter({}, queryset=Clock.objects.visible_to(reader), at=at)
        return board_of(chosen, user=reader, at=at)

    asked = statements_of(board)
    cost = database_time(asked, ROUNDS)
    times = [(time_of(partial(ask, *one), 3), one[0]) for one in asked]
    for cost_of_one, sql in sorted(times, key=lambda one: -one[0].best)[:3]:
        print(f"    {cost_of_one}  {sql[:100]}")
    note += f"; {len(asked)} statements; with the work around them {time_of(board, 3)}"
    print(Figure("scoreboard, 90 days of 200,000 handoffs", cost, TARGET, floor, note=note))


def main() -> None:
    """Fill, pack and measure; the database goes away afterwards."""
    began = perf_counter()
    fill()
    clocks = Clock.objects.count()
    print(f"{clocks:,} clocks made in {perf_counter() - began:.0f} s", flush=True)
    began = perf_counter()
    pack_days()
    print(f"{PackedDay.objects.count()} days packed in {perf_counter() - began:.0f} s", flush=True)
    analyze()
    floor = time_of(lambda: ask(FLOOR), ROUNDS)
    measure(Role.ADMIN, floor, "who sees everything")
    measure(Role.SALES_LEAD, floor, "a sales lead")
    newest = PackedDay.objects.order_by("-day").values_list("day", flat=True)[1:6]
    TouchedDay.objects.bulk_create(TouchedDay(day=day) for day in newest)
    measure(Role.ADMIN, floor, "who sees everything, five days changed since")
