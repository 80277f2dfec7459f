"""What the scoreboard costs in the database: a quarter of 200,000 handoffs with two clocks each.

The handoffs are made in the database out of one that the product handed over: decided, all over
the quarter, the hours, teams, people and sources, their leads with six activities and facts each.
The terms hold every promise, one about a segment. The days are packed as the worker packs them.
All statements of the board are taken down and asked again, and the medians are added up: for who
sees everything, for a sales lead, when 500 handoffs and when five days changed since. The floor
reads the same clocks once. So are lists and files of clocks.

    python -m benchmarks scoreboard --leads 2000 --database PostgreSQL
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import islice
from time import perf_counter

from django.db import connection
from django.utils import timezone

from benchmarks.many import a_uuid, analyze, earlier, multiply, one_of
from benchmarks.timing import Figure, Time, ask, database_time, statements_of, time_of
from leads.activities.models import Activity
from leads.database.models import FactSnapshot, FactText, Lead, Source
from leads.database.registry import KINDS_BY_NAME
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation, Role, Team, User
from portal.agreements.models import Agreement
from portal.agreements.services import propose, sign, start_draft
from portal.core.paging import keyset_page
from sla.clocks.models import Clock
from sla.clocks.shown import show_clocks
from sla.scoreboard.board import Board, board_of
from sla.scoreboard.feed import due_calendar
from sla.scoreboard.files import clock_sheet
from sla.scoreboard.filters import ClockFilter, PeriodFilter
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.tasks import pack_days
from sla.terms.defaults import default_clauses

HANDOFFS = 200_000
QUARTER = 88 * 86_400  # seconds
TARGET, ROUNDS = 300.0, 7  # ms in the database
ACTIVITIES = 6  # of each lead
CHANGED = 500  # handoffs
PROMISES = {
    "volume": {"side": "marketing", "at_least": 60_000},
    "acceptance_rate": {"side": "marketing", "percent": 50},
    "packet": {"side": "marketing", "percent": 90, "fields": ["name", "email", "industry"],
               "evidence": ["source", "activity", "score"]},
    "high_intent": {"side": "marketing", "percent": 60, "signals": ["demo_request"]},
    "reason_required": {"side": "sales", "percent": 100},
    "attempts": {"side": "sales", "at_least": 2},
}  # fmt: skip
SEGMENT = {"applies": {"segment": {"industry": ["software"]}}}
FLOOR = "SELECT kind, count(*) FROM sla_clock WHERE stamped_at <= due_at GROUP BY kind"


def sign_every_promise() -> None:
    """Put terms in force from the beginning that hold each promise; packets twice, by segment."""
    agreement = Agreement.objects.get(kind="terms")
    at = agreement.created_at
    bodies = [{"kind": kind, **body} for kind, body in PROMISES.items()]
    bodies.append({"kind": "packet", **PROMISES["packet"], **SEGMENT})
    clauses = [
        *default_clauses(Organisation.current().zone),
        *({"kind": "promise", "key": f"promise-{place}", "position": 50 + place, "rationale": "",
           "body": {"name": body["kind"], **body}} for place, body in enumerate(bodies)),
    ]  # fmt: skip
    by = User.objects.get(role=Role.MARKETING_LEAD)
    at += timedelta(seconds=1)
    version = start_draft(agreement=agreement, by=by, at=at, clauses=clauses)
    version = propose(version=version, by=by, at=at)
    for signer in (by, User.objects.filter(role=Role.SALES_LEAD).earliest("pk")):
        sign(version=version, sha256=version.sha256, by=signer, at=at)


def tell_of(leads: int) -> None:
    """Give each lead of the quarter activities around its handoff, and facts before it."""
    industry = FactText.objects.get_or_create(text="Software")[0]
    made = earlier("p.occurred_at", f"(20000 + ((1 + n.n % {HANDOFFS}) * 7919) % {QUARTER})")
    at = timezone.now().replace(microsecond=0)
    someone = {"received_at": at, "recorded_at": at}
    pattern = Activity.objects.create(lead_id=leads, kind=1, occurred_at=at, source="bench",
                                      external_id="pattern", **someone)  # fmt: skip
    done = ("page_view", "call_outbound", "demo_request", "page_view", "email_outbound")
    codes = [KINDS_BY_NAME[name].code for name in done]
    multiply(pattern, HANDOFFS * ACTIVITIES, {
        "lead_id": f"{leads} + 1 + n.n % {HANDOFFS}", "external_id": "'quarter-' || n.n",
        "kind": one_of(codes, f"n.n + n.n / {HANDOFFS}"),
        "occurred_at": earlier(made, f"20000 - (n.n / {HANDOFFS}) * 7200"),
    })  # fmt: skip
    facts = FactSnapshot.objects.create(lead_id=leads, known_from=at, recorded_at=at, set_by=2,
                                        industry=industry.pk)  # fmt: skip
    multiply(facts, HANDOFFS, {
        "lead_id": f"{leads} + n.n", "known_from": earlier("p.known_from", f"{QUARTER} + 90000"),
    })  # fmt: skip


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
    reason = Reason.objects.filter(is_primary=True).exclude(pk="unresponsive").earliest("pk")
    parts = (("accepted", None, ""), ("rejected", reason.pk, " AND id %% 4 > 0"),
             ("rejected", "unresponsive", " AND id %% 4 = 0"))  # fmt: skip
    for outcome, why, part in parts:
        columns = "handoff_id, origin, outcome, reason_id, reason_text, note, was, decided_at,"
        columns += " decided_by_id"
        where = f"id > {handoffs} AND outcome = '{outcome}'{part}"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Disposition._meta.db_table} ({columns})"  # noqa: S608 - our own
                f" SELECT id, origin, outcome, %s, '', '', '{{}}', decided_at, owner_id"
                f" FROM leads_handoff WHERE {where}",
                [why],
            )
    tell_of(leads)
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

    def board() -> Board:
        chosen = PeriodFilter({}, queryset=Clock.objects.visible_to(reader), at=at)
        return board_of(chosen, user=reader, at=at)

    asked = statements_of(board)
    cost = database_time(asked, ROUNDS)
    times = [(time_of(partial(ask, *one), 3), one[0]) for one in asked]
    for cost_of_one, sql in sorted(times, key=lambda one: -one[0].best)[:3]:
        print(f"    {cost_of_one}  {sql[:100]}")
    kept = [one for side in board().counted.values() for one in side]
    assert len(kept) == len(PROMISES) + 1, "a promise was not in force"
    assert all(one.n > 1000 or one.months for one in kept), "a promise has nothing to count"
    note += f"; {len(asked)} statements; with the work around them {time_of(board, 3)}"
    print(Figure("scoreboard, 90 days of 200,000 handoffs", cost, TARGET, floor, note=note))


def measure_taking(floor: Time) -> None:
    """Print what lists and files of clocks cost the database."""
    at = timezone.now()
    admin, sdr = (User.objects.filter(role=role).earliest("pk") for role in (Role.ADMIN, Role.SDR))
    rows = Clock.objects.visible_to

    def page(user: User, **chosen: str) -> Callable[[], object]:
        def go() -> object:
            asked = ClockFilter(chosen, queryset=rows(user).for_page(), at=at).qs
            found = keyset_page(asked, order=("-started_at", "-pk"), cursor="")
            return show_clocks(found.rows, at=at)

        return go

    def taken(count: int) -> Callable[[], object]:
        def go() -> object:
            asked = ClockFilter({}, queryset=rows(admin), at=at).qs
            return list(islice(clock_sheet(asked, at=at).rows, count))

        return go

    person = str(User.objects.filter(role=Role.SDR).latest("pk").pk)
    for name, target, work in (
        ("clocks of an SDR, first page", 200, page(sdr)),
        ("clocks of everybody, first page", 200, page(admin)),
        ("clocks met late of one person", 200, page(admin, state="met_late", person=person)),
        ("clocks that came at 3 o'clock", 200, page(admin, hour="3")),
        ("an SDR's due times as a calendar", 200, partial(due_calendar, sdr, at=at)),
        ("the first 5,000 clocks of a file", 1000, taken(5_000)),
        ("the first 20,000 clocks of a file", 4000, taken(20_000)),
    ):
        asked = statements_of(work)
        note = f"{len(asked)} statements; with the work around them {time_of(work, 1)}"
        print(Figure(name, database_time(asked, 3), target, floor, note=note), flush=True)


def main() -> None:
    """Fill, pack and measure; the database goes away afterwards."""
    began = perf_counter()
    sign_every_promise()
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
    changed = Handoff.objects.live().order_by("-pk")[: CHANGED * 100 : 100]
    TouchedDay.objects.bulk_create(
        TouchedDay(day=one.made_at.date(), handoff=one.pk) for one in changed if one.made_at
    )
    measure(Role.ADMIN, floor, f"who sees everything, {CHANGED} handoffs changed since")
    pack_days()
    measure_taking(floor)
    newest = PackedDay.objects.order_by("-day").values_list("day", flat=True)[1:6]
    TouchedDay.objects.bulk_create(TouchedDay(day=day) for day in newest)
    measure(Role.ADMIN, floor, "who sees everything, five days changed since")
