"""A company of any size, the same each time: leads, scores, words, handoffs and their history.

One lead goes through the product itself. What that froze and counted (evidence, activities,
facts) is then given to every open handoff by INSERT ... SELECT, so that the desk opens real
cases. All other rows are written past the services: COPY on PostgreSQL, executemany on SQLite.
Times lie around the moment of filling; everything else depends on the number of leads alone.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from time import perf_counter

from django.core.management.color import no_style
from django.db import connection
from django.utils import timezone

from benchmarks.company import (
    BANDS,
    DAYS,
    DECIDED,
    SYLLABLES,
    TEAMS,
    UNOWNED,
    Market,
    hand_over_pattern,
    store_people,
    store_sources,
)
from benchmarks.rows import Row, copy_for_handoffs, naive, store, uuid_of
from leads.activities.models import Activity
from leads.database.models import (
    UNSCORED,
    Company,
    FactSnapshot,
    Lead,
    LeadWord,
    StageChange,
    Standing,
)
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff
from portal.core.text import fold
from scoring.engine.models import Evidence
from sla.clocks.models import Clock


def store_leads(market: Market) -> None:
    """Write companies, leads, the words they are found by, standings and stages."""
    base = 1 + Company.objects.order_by("-pk")[0].pk
    firm = [
        f"{SYLLABLES[n % 20]}{SYLLABLES[n // 20 % 20]}works {n}" for n in range(market.companies)
    ]
    store(Company, "id public_id name key domain", (
        (base + n, uuid_of(1, n), name.title(), name, f"firm{n}.test")
        for n, name in enumerate(firm)
    ))  # fmt: skip
    store(Lead, "id public_id name name_key email email_key email_domain company_id "
          "external_source external_id source_id campaign_id stage owner_id created_at recorded_at",
          (_lead(market, n, pk, base) for n, pk in enumerate(market.ids)))  # fmt: skip
    store(LeadWord, "lead_id word", chain.from_iterable(
        ((pk, word) for word in dict.fromkeys(
            (*map(fold, market.name(n)), *firm[market.company[n]].split())
        ))
        for n, pk in enumerate(market.ids)
    ))  # fmt: skip
    version = Evidence.objects.get().version_id
    store(Standing, "lead_id version_id total rank stage owner_id source_id scored_at", (
        (pk, version, None if market.rank[n] == UNSCORED else market.rank[n], market.rank[n],
         market.stage[n], market.owner[n], market.campaign[n][1], market.at)
        for n, pk in enumerate(market.ids)
    ))  # fmt: skip
    store(StageChange, "lead_id stage entered_at cause", (
        (pk, market.stage[n], market.created(n), "bench") for n, pk in enumerate(market.ids)
    ))  # fmt: skip


def _lead(market: Market, n: int, pk: int, base: int) -> Row:
    names, company = market.name(n), market.company[n]
    domain = f"firm{company}.test" if n % 5 < 3 else f"mail{n % 4}.test"
    name, email = " ".join(names), f"{names[0]}.{names[1]}.{n}@{domain}".lower()
    campaign, source = market.campaign[n]
    return (pk, uuid_of(2, n), name, fold(name), email, email, domain, base + company, "crm",
            f"{10**9 + n}", source, campaign, market.stage[n], market.owner[n],
            market.created(n), market.at)  # fmt: skip


def store_handoffs(market: Market) -> None:
    """Write the desk and two years of decisions."""
    random, count = market.random, len(market.ids)
    decided = random.sample(range(count), round(count * DECIDED))
    base = 1 + Handoff.objects.order_by("-pk")[0].pk
    columns = (
        "id public_id lead_id origin cause made_at source_id campaign_id team_id owner_id routed_at"
        " total rank grade due_at warn_at is_decided decided_at outcome"
    )
    store(Handoff, columns, chain(_open(market, base), _decided(market, decided, base)))
    reasons = list(Reason.objects.filter(is_primary=True).values_list("pk", flat=True))
    rows = Handoff.objects.filter(is_decided=True).order_by("pk")
    values = rows.values_list("pk", "outcome", "owner", "decided_at")
    store(Disposition, "handoff_id origin outcome reason_id decided_by_id decided_at", (
        (pk, "live", outcome, None if outcome == "accepted" else random.choice(reasons), by,
         naive(when))
        for pk, outcome, by, when in list(values)
    ))  # fmt: skip


def _open(market: Market, base: int) -> Iterator[Row]:
    random, teams, sdrs = market.random, market.teams, market.sdrs
    bands = random.choices(list(BANDS), list(BANDS.values()), k=len(market.open))
    for place, (n, band) in enumerate(zip(market.open, bands, strict=True)):
        at = random.choices(range(len(teams)), TEAMS)[0]
        owner = None if random.random() < UNOWNED else random.choice(sdrs[at])
        made, (due, warn) = market.at - timedelta(days=3), _due(market, band)
        campaign, source = market.campaign[n]
        yield (base + place, uuid_of(3, place), market.ids[n], "live", "sales_ready", made, source,
               campaign, teams[at], owner, made, market.rank[n], market.rank[n], "A1", due, warn,
               False, None, "")  # fmt: skip


def _due(market: Market, band: str) -> tuple[datetime | None, datetime | None]:
    if band == "no clock":
        return None, None
    hours = {"breached": (-60, -1), "at risk": (1, 3), "on time": (12, 60)}[band]
    due = market.at + timedelta(seconds=market.random.randint(*(3600 * each for each in hours)))
    return due, due - timedelta(hours=4)


def _decided(market: Market, leads: Sequence[int], base: int) -> Iterator[Row]:
    random, teams, sdrs = market.random, market.teams, market.sdrs
    for place, n in enumerate(leads, len(market.open)):
        at = random.choices(range(len(teams)), TEAMS)[0]
        owner, made = random.choice(sdrs[at]), market.at - timedelta(days=1 + place % DAYS)
        campaign, source = market.campaign[n]
        outcome, rank = "accepted" if random.random() < 0.45 else "rejected", market.rank[n]
        yield (base + place, uuid_of(3, place), market.ids[n], "live", "sales_ready", made, source,
               campaign, teams[at], owner, made, rank, rank, "B2", None, None, True,
               made + timedelta(hours=5), outcome)  # fmt: skip


def store_cases(pattern: Handoff) -> None:
    """Give every open handoff the pattern's evidence, and its lead the activities and facts."""
    others = f"h.origin = 'live' AND NOT h.is_decided AND h.id <> {pattern.pk}"
    own = f"p.lead_id = {pattern.lead_id}"
    copy_for_handoffs(Evidence, {"handoff_id": "h.id"}, f"p.handoff_id = {pattern.pk} AND {others}")
    key = {"lead_id": "h.lead_id", "external_id": "p.external_id || '-' || h.id"}
    copy_for_handoffs(Activity, key, f"{own} AND {others}")
    copy_for_handoffs(FactSnapshot, {"lead_id": "h.lead_id"}, f"{own} AND {others}")
    clocks = Clock.objects.filter(handoff=pattern)
    fields = [f for f in Clock._meta.concrete_fields if not f.primary_key]
    names = [str(f.column) for f in fields]
    patterns = [{f.column: naive(getattr(one, f.attname)) for f in fields} for one in clocks]
    due = Handoff.objects.open().exclude(due_at=None).exclude(pk=pattern.pk)
    rows = list(due.values_list("pk", "made_at", "due_at", "warn_at"))
    store(Clock, " ".join(names), (
        tuple((one | {"handoff_id": pk, "started_at": naive(made), "moved_at": naive(made),
                      "due_at": naive(due_at), "warn_at": naive(warn)}).values())
        for pk, made, due_at, warn in rows
        for one in patterns
    ))  # fmt: skip


def fill(leads: int) -> None:
    """Fill the database of this process, which must hold no lead."""
    if Lead.objects.exists():
        raise SystemExit("There are leads in this database. Benchmarks fill an empty one.")
    now = timezone.now().replace(microsecond=0)
    store_people(now - timedelta(days=DAYS))
    store_sources()
    pattern = hand_over_pattern(now - timedelta(hours=1))
    market = Market(leads, naive(now))
    store_leads(market)
    store_handoffs(market)
    store_cases(pattern)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Company, Lead, Handoff]):
            cursor.execute(statement)
        if connection.vendor == "postgresql":  # SQLite is measured as people run it: unanalysed
            cursor.execute("VACUUM ANALYZE")


def main(leads: str) -> None:
    began = perf_counter()
    fill(int(leads))
    print(
        f"Filled {connection.display_name} with {int(leads):,} leads, {Handoff.objects.count():,}"
        f" handoffs, {Handoff.objects.open().count():,} of them open, in"
        f" {perf_counter() - began:.0f} s",
        flush=True,
    )
