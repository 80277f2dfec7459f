"""The company that benchmarks measure: its people, its sources, and what each lead is."""

from datetime import datetime, timedelta
from random import Random

from benchmarks.rows import store
from leads.activities.services import ActivityInput, record_activities
from leads.database.facts import FactChange, write_facts
from leads.database.models import UNSCORED, Campaign, Lead, Source, Stage, StaleCause
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from leads.database.sources import campaigns_named, sources_named
from leads.handoffs.models import Handoff
from portal.accounts.models import Membership, Role, Team, User
from portal.events.bells import held
from scoring.definitions.services import seed_default
from scoring.engine.services import settle
from sla.calendar.services import seed_calendars
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
        facts: dict[str, str | int | None] = {
            "title": "VP Marketing",
            "industry": "software",
            "company_size": 320,
        }
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
        self.sdrs = [ids_of(Role.SDR, team) for team in self.teams]
        self.campaigns = list(Campaign.objects.order_by("pk").values_list("pk", "source"))
        self.executives = ids_of(Role.ACCOUNT_EXECUTIVE)
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


def ids_of(role: str, team: int | None = None) -> list[int]:
    people = User.objects.filter(role=role).order_by("pk")
    people = people.filter(teams=team) if team else people
    return list(people.values_list("pk", flat=True))
