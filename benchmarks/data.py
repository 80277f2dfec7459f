"""A company of any size, the same each time: leads, scores, words, handoffs and their history.

One lead goes through the product itself. What that froze and counted (evidence, activities,
facts) is then given to every open handoff by INSERT ... SELECT, so that the desk opens real
cases. All other rows are written past the services: COPY on PostgreSQL, executemany on SQLite.
Times lie around the moment of filling; everything else depends on the number of leads alone.

"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from random import Random
from time import perf_counter
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.database.facts import FactChange, write_facts
from leads.database.models import (
    UNSCORED,
    Campaign,
    Company,
    FactSnapshot,
    Lead,
    LeadWord,
    Source,
    Stage,
    StageChange,
    StaleCause,
    Standing,
)
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from leads.database.sources import campaigns_named, sources_named
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Membership, Role, Team, User
from portal.core.text import fold
from portal.events.bells import held
from scoring.definitions.services import seed_default
from scoring.engine.models import Evidence
from scoring.engine.services import settle
from sla.calendar.services import seed_calendars
from sla.clocks.models import Clock
from sla.clocks.services import sync_clocks
from sla.terms.services import seed_default_terms

SEED = 20261122
DAYS = 730  # two years of leads
TEAMS = (0.30, 0.20, 0.14, 0.11, 0.09, 0.07, 0.05, 0.04)  # their shares of the handoffs
SDRS = 20  # in each team
EXECUTIVES = 40
SOURCES = 12
CAMPAIGNS = 150
OPEN = 0.05  # of the leads lie on the desk,
DECIDED = 0.15  # have been handed off and decided before
UNOWNED = 0.02  # of the open handoffs wait for somebody
STAGES = {  # of the leads that are not with sales
    Stage.KNOWN: 0.74, Stage.MQL: 0.12, Stage.SQL: 0.03, Stage.OPPORTUNITY: 0.02,
    Stage.CUSTOMER: 0.03, Stage.RECYCLED: 0.04, Stage.DISQUALIFIED: 0.02,
}  # fmt: skip
BANDS = {"breached": 0.2, "at risk": 0.1, "on time": 0.65, "no clock": 0.05}
SYLLABLES = ("an", "ber", "co", "da", "el", "fi", "gar", "ho", "in", "ja", "ka", "li", "mo", "ne",
             "or", "pe", "ro", "sa", "to", "vi")  # fmt: skip
BATCH = 10_000
Row = tuple[Any, ...]


def store(model: type[models.Model], names: str, rows: Iterable[Row]) -> None:
    """Write rows of the named columns; the others get their defaults."""
    columns = {f.column: f for f in model._meta.concrete_fields}
    given = names.split()
    rest = [c for c, f in columns.items() if c not in given and not f.primary_key]
    constants = tuple(_plain(columns[column].get_default()) for column in rest)
    listed = ", ".join(map(connection.ops.quote_name, [*given, *rest]))
    table, full = model._meta.db_table, (row + constants for row in rows)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
                for row in full:
                    copy.write_row(row)
            return
        marks = ", ".join(["?"] * (len(given) + len(rest)))
        while batch := list(islice(full, BATCH)):
            cursor.connection.executemany(
                f"INSERT INTO {table} ({listed}) VALUES ({marks})",  # noqa: S608 - our own names
                batch,
            )


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def store_people(at: datetime) -> None:
    """Hire everybody, and let both sides sign the definition and the terms."""
    store(Team, "name is_default", ((f"Team {n}", n == 0) for n in range(len(TEAMS))))
    people = [
        ("marketing@bench.test", "Maria Marketing", Role.MARKETING_LEAD),
        ("admin@bench.test", "Ada Admin", Role.ADMIN),
        *((f"lead{n}@bench.test", f"Lead {n}", Role.SALES_LEAD) for n in range(len(TEAMS))),
        *((f"sdr{n}@bench.test", f"Sdr {n}", Role.SDR) for n in range(SDRS * len(TEAMS))),
        *((f"ae{n}@bench.test", f"Ae {n}", Role.ACCOUNT_EXECUTIVE) for n in range(EXECUTIVES)),
    ]
    store(User, "email name role password", ((*person, "!") for person in people))
    teams = list(Team.objects.order_by("pk"))
    for role in (Role.SALES_LEAD, Role.SDR, Role.ACCOUNT_EXECUTIVE):
        users = User.objects.filter(role=role).order_by("pk")
        members = [(teams[n % len(teams)].pk, user.pk, 500) for n, user in enumerate(users)]
        store(Membership, "team_id user_id cap", members)
    signers = {
        "by_marketing": User.objects.get(role=Role.MARKETING_LEAD),
        "by_sales": User.objects.filter(role=Role.SALES_LEAD).earliest("pk"),
    }
    with held():
        seed_calendars(by=None, at=at)
        seed_default(**signers, at=at)
        seed_default_terms(**signers, at=at)


def store_sources() -> None:
    sources = sources_named([f"Source {n}" for n in range(SOURCES)])
    named = list(sources.values())
    campaigns_named([(named[n % SOURCES], f"Campaign {n}") for n in range(CAMPAIGNS)])


def hand_over_pattern(at: datetime) -> Handoff:
    """Let one lead qualify by what it does; return the handoff that the product made of it."""
    with held():
        person = LeadInput(email="pattern@example.test", name="Pat Tern", company="Pattern",
                           created_at=at - timedelta(days=30))  # fmt: skip
        (found,) = find_or_create_leads(
            [person], external_source="bench", by=None, at=at, cause=StaleCause.LIVE
        )
        facts = {"title": "VP Marketing", "industry": "software", "company_size": 320}
        change = FactChange(found.lead_id, at - timedelta(days=20), facts)
        write_facts([change], set_by=SetBy.FORM, by=None, at=at, cause=StaleCause.LIVE)
        deeds = [
            ActivityInput(found.lead_id, kind, at - timedelta(days=days), f"{kind}-{days}",
                          object_kind="form" if kind == "demo_request" else "page",
                          object_key=f"/{kind}/{days % 4}", object_title=f"Page {days % 4}")
            for kind, days in [*(("page_view", days) for days in range(1, 12)), ("demo_request", 0)]
        ]  # fmt: skip
        record_activities(deeds, source="bench", by=None, at=at)
        settle([found.lead_id], at=at)
        handoff = Handoff.objects.get(lead=found.lead_id)
        sync_clocks([handoff.pk], at=at)
    return handoff


class Market:
    """The leads of the company, decided once: what each is, before any row is written."""

    def __init__(self, leads: int, at: datetime) -> None:
        self.random = random = Random(SEED)  # noqa: S311 - rows, not a secret
        self.at, self.first = at, 1 + (Lead.objects.order_by("-pk")[0].pk)
        self.ids = range(self.first, self.first + leads)
        self.companies = max(leads // 4, 1)
        self.sources = list(Source.objects.order_by("pk").values_list("pk", flat=True))
        self.teams = list(Team.objects.order_by("pk").values_list("pk", flat=True))
        self.sdrs = [_ids_of(Role.SDR, team) for team in self.teams]
        self.campaigns = list(Campaign.objects.order_by("pk").values_list("pk", "source"))
        self.executives = _ids_of(Role.ACCOUNT_EXECUTIVE)
        weights = [1 / (n + 1) for n in range(CAMPAIGNS)]  # Zipf
        self.campaign = random.choices(self.campaigns, weights, k=leads)
        self.stage = random.choices(list(STAGES), list(STAGES.values()), k=leads)
        self.rank = [_score(random) for _ in range(leads)]
        self.company = [int(self.companies * random.random() ** 2) for _ in range(leads)]
        self.owner = [self._owner(stage) for stage in self.stage]
        self.open = random.sample(range(leads), round(leads * OPEN))
        for n in self.open:
            self.stage[n], self.owner[n] = Stage.WITH_SALES, None
            self.rank[n] = 40 + abs(self.rank[n]) % 110

    def _owner(self, stage: str) -> int | None:
        later = stage in {Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER}
        return self.random.choice(self.executives) if later else None

    def created(self, n: int) -> datetime:
        return self.at - timedelta(days=DAYS) * (1 - n / len(self.ids)) - timedelta(seconds=n % 97)

    def name(self, n: int) -> tuple[str, str]:
        """Return first and last name: some are far more frequent than others."""
        first, last = (n * 7919) % 400 * ((n * 31) % 7) // 6, (n * 104_729) % 8_000
        syllables = SYLLABLES
        return (
            (syllables[first // 20] + syllables[first % 20]).title(),
            (syllables[last // 400] + syllables[last // 20 % 20] + syllables[last % 20]).title(),
        )


def _score(random: Random) -> int:
    return UNSCORED if random.random() < 0.05 else int(150 * random.betavariate(1.5, 4))


def _ids_of(role: str, team: int | None = None) -> list[int]:
    people = User.objects.filter(role=role).order_by("pk")
    people = people.filter(teams=team) if team else people
    return list(people.values_list("pk", flat=True))


def store_leads(market: Market) -> None:
    """Write companies, leads, the words they are found by, standings and stages."""
    base = 1 + Company.objects.order_by("-pk")[0].pk
    firm = [
        f"{SYLLABLES[n % 20]}{SYLLABLES[n // 20 % 20]}works {n}" for n in range(market.companies)
    ]
    store(Company, "id public_id name key domain", (
        (base + n, _uuid(1, n), name.title(), name, f"firm{n}.test") for n, name in enumerate(firm)
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
    return (pk, _uuid(2, n), name, fold(name), email, email, domain, base + company, "crm",
            f"{10**9 + n}", source, campaign, market.stage[n], market.owner[n],
            market.created(n), market.at)  # fmt: skip


def _uuid(kind: int, n: int) -> str:
    return f"{kind:08x}000040008000{n:012x}"


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
         when.replace(tzinfo=None))
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
        yield (base + place, _uuid(3, place), market.ids[n], "live", "sales_ready", made, source,
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
        yield (base + place, _uuid(3, place), market.ids[n], "live", "sales_ready", made, source,
               campaign, teams[at], owner, made, rank, rank, "B2", None, None, True,
               made + timedelta(hours=5), outcome)  # fmt: skip


def store_cases(pattern: Handoff) -> None:
    """Give every open handoff the pattern's evidence, and its lead the activities and facts."""
    others = f"h.origin = 'live' AND NOT h.is_decided AND h.id <> {pattern.pk}"
    own = f"p.lead_id = {pattern.lead_id}"
    _copy(Evidence, {"handoff_id": "h.id"}, f"p.handoff_id = {pattern.pk} AND {others}")
    key = {"lead_id": "h.lead_id", "external_id": "p.external_id || '-' || h.id"}
    _copy(Activity, key, f"{own} AND {others}")
    _copy(FactSnapshot, {"lead_id": "h.lead_id"}, f"{own} AND {others}")
    clocks = Clock.objects.filter(handoff=pattern)
    fields = [f for f in Clock._meta.concrete_fields if not f.primary_key]
    names = [f.column for f in fields]
    patterns = [{f.column: _naive(getattr(one, f.attname)) for f in fields} for one in clocks]
    due = Handoff.objects.open().exclude(due_at=None).exclude(pk=pattern.pk)
    rows = list(due.values_list("pk", "made_at", "due_at", "warn_at"))
    store(Clock, " ".join(names), (
        tuple((one | {"handoff_id": pk, "started_at": _naive(made), "moved_at": _naive(made),
                      "due_at": _naive(due_at), "warn_at": _naive(warn)}).values())
        for pk, made, due_at, warn in rows
        for one in patterns
    ))  # fmt: skip


def _naive(value: Any) -> Any:
    """Return UTC as both databases take it from a text."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _copy(model: type[models.Model], changed: dict[str, str], where: str) -> None:
    """Write rows of ``model`` (p) once for each handoff (h), with the changed columns."""
    columns = [f.column for f in model._meta.concrete_fields if f.column != "id"]
    listed = ", ".join(map(connection.ops.quote_name, columns))
    values = ", ".join(changed.get(c, f"p.{connection.ops.quote_name(c)}") for c in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({listed}) SELECT {values}"  # noqa: S608
            f" FROM {model._meta.db_table} p CROSS JOIN leads_handoff h WHERE {where}"
        )


def fill(leads: int) -> None:
    """Fill the database of this process, which must hold no lead."""
    if Lead.objects.exists():
        raise SystemExit("There are leads in this database. Benchmarks fill an empty one.")
    now = timezone.now().replace(microsecond=0)
    store_people(now - timedelta(days=DAYS))
    store_sources()
    pattern = hand_over_pattern(now - timedelta(hours=1))
    market = Market(leads, _naive(now))
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
