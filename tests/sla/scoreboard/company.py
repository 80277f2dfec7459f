"""A company of random handoffs: every state of a clock, every promise, and who looks at them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from django.db.models import F

from leads.activities.models import Activity
from leads.database.models import FactSnapshot, FactText, Lead
from leads.database.registry import KINDS_BY_NAME
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Cause, Handoff, Origin
from portal.accounts.models import Role
from portal.agreements.overrides import override
from portal.agreements.services import propose, start_draft
from sla.clocks.models import Clock
from sla.terms.defaults import default_clauses
from tests.factories import (
    make_campaign,
    make_company,
    make_reason,
    make_source,
    make_team,
    make_terms,
    make_user,
)

FIRST = datetime(2026, 3, 1, 22, tzinfo=UTC)  # its days reach over Europe's clock change
AT = FIRST + timedelta(days=60, hours=3)
HANDOFFS = 150
HOUR = timedelta(hours=1)
KINDS = ("first_touch", "disposition")
DID = ("demo_request", "page_view", "call_outbound", "email_outbound", "webinar_attended")
MARKETING = {
    "volume": {"at_least": 9},
    "volume-of-a-segment": {"at_least": 2, "applies": {"segment": {"country": ["Germany"]}}},
    "acceptance_rate": {"percent": 50, "applies": {"sources": ["website", "nowhere"]}},
    "packet": {"percent": 50, "fields": ["phone", "name"]},
    "packet-of-the-known": {
        "percent": 50, "fields": ["industry"], "evidence": ["activity", "score"],
    },
    "packet-of-the-fast": {
        "percent": 50, "fields": ["email", "company", "company_size"],
        "evidence": ["source", "campaign"], "applies": {"fast_track": True},
    },
    "high_intent": {"percent": 50, "signals": ["demo_request", "webinar_attended"]},
    "high_intent-of-a-segment": {
        "percent": 50, "signals": ["page_view", "call_outbound"],
        "applies": {"grades": ["A1", "C3"],
                    "segment": {"industry": ["Software"], "country": ["germany", "France"]}},
    },
}  # fmt: skip
SALES = {
    "reason_required": {"percent": 90, "applies": {"fast_track": False}},
    "attempts": {"at_least": 2},
    "attempts-by-phone": {"at_least": 1, "touch_kinds": ["call_outbound"]},
}


def clauses(**changed):
    """The default clauses, and every promise that no clock measures."""
    return [*default_clauses("Europe/Berlin"), *(
        {"kind": "promise", "key": key.replace("_", "-"), "position": 50 + place, "rationale": "",
         "body": {"name": key, "kind": key.split("-")[0], "side": side} | body
                 | changed.get(key, {})}
        for side, promises in (("sales", SALES), ("marketing", MARKETING))
        for place, (key, body) in enumerate(promises.items())
    )]  # fmt: skip


class Company:
    """Random handoffs of two months, with clocks in every state, and people who look at them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - data, no secret
        self.numbers = count()
        self.version = make_terms(at=FIRST - timedelta(days=9), clauses=clauses())
        self.sign_anew()
        self.teams = [make_team(), make_team(), None]
        self.owners = [make_user(team=self.teams[0]), make_user(team=self.teams[1]), None]
        self.sources = [make_source("Website"), make_source("Fair"), None]
        effects = ("recycle", "disqualify", "duplicate", "mend")
        self.reasons = [make_reason(f"because_{one}", effect=one) for one in effects]
        self.reasons += [make_reason("unresponsive")] * 2
        self.texts = FactText.objects.bulk_create(
            FactText(text=one) for one in ("Germany", " germany", "France", "Software", "steel")
        )
        self.firm, self.campaign = make_company(), make_campaign(self.sources[0])
        self.lead_of_sales = make_user(role=Role.SALES_LEAD, team=self.teams[0])
        self.executive = make_user(role=Role.ACCOUNT_EXECUTIVE)
        self.admin = make_user(role=Role.ADMIN)
        self.hand_over()

    def sign_anew(self) -> None:
        """Other terms after three weeks, and others yet instead of them for two days."""
        make_terms(at=FIRST + timedelta(days=21), clauses=clauses(volume={"at_least": 70}))
        by, at = make_user(role=Role.MARKETING_LEAD), FIRST + timedelta(days=30)
        webinar = clauses(high_intent={"signals": ["webinar_attended"]})
        draft = start_draft(agreement=self.version.agreement, by=by, at=at, clauses=webinar)
        draft = propose(version=draft, by=by, at=at)
        override(version=draft, sha256=draft.sha256, reason="The webinar brings these leads only.",
                 lasts=timedelta(days=2), by=make_user(role=Role.LEADERSHIP), at=at)  # fmt: skip

    def hand_over(self) -> None:
        pick = self.random.choice
        leads = Lead.objects.bulk_create(
            Lead(external_source="t", external_id=str(n), created_at=FIRST, recorded_at=FIRST,
                 owner=pick([self.executive, None]), name=pick(["", "Ada", "Ada"]),
                 email=pick(["", *[f"ada{n}@example.test"] * 2]),
                 phone=pick(["", "+49 30 1", "+49 30 2"]), company=pick([self.firm, None]))
            for n in range(HANDOFFS)
        )  # fmt: skip
        handoffs = Handoff.objects.bulk_create(
            Handoff(
                lead=lead, origin=Origin.LIVE, words="asked for",
                cause=pick([Cause.SALES_READY, Cause.BY_HAND, Cause.FAST_TRACK]),
                made_at=FIRST + timedelta(minutes=self.random.randrange(86_000)),
                team=pick(self.teams), owner=pick(self.owners), source=pick(self.sources),
                grade=pick(["A1", "C3", ""]), total=pick([90, None]),
                campaign=pick([self.campaign, None]),
            )
            for lead in leads
        )  # fmt: skip
        Clock.objects.bulk_create(self.clock(one, kind) for one in handoffs for kind in KINDS)
        for handoff in handoffs:
            if self.random.random() < 0.7:
                self.decide(handoff)
        self.know(handoffs, times=2)
        self.do(handoffs, times=4)

    def know(self, handoffs: list[Handoff], *, times: int) -> None:
        """Say facts of the leads, as known from some day before their handoff, or after it."""
        names = ("industry", "country", "company_size", "region")
        values = [*(one.pk for one in self.texts), None]
        FactSnapshot.objects.bulk_create(
            FactSnapshot(
                lead_id=one.lead_id, known_from=one.made_at + self.random.randrange(-9, 3) * HOUR,
                recorded_at=AT, set_by=2, **{name: self.random.choice(values) for name in names},
            )
            for one in handoffs for _time in range(self.random.randrange(times + 1))
        )  # fmt: skip

    def do(self, handoffs: list[Handoff], *, times: int) -> None:
        """Let the leads do something, or try to reach them, before and after their handoff."""
        Activity.objects.bulk_create(
            Activity(
                lead_id=one.lead_id, kind=KINDS_BY_NAME[self.random.choice(DID)].code,
                occurred_at=one.made_at + self.random.randrange(-4, 8) * HOUR, received_at=AT,
                recorded_at=AT, source="t", external_id=str(next(self.numbers)),
                is_bot=self.random.random() < 0.2,
            )
            for one in handoffs for _time in range(self.random.randrange(times + 1))
        )  # fmt: skip

    def clock(self, handoff: Handoff, kind: str) -> Clock:
        since, hour = handoff.made_at, timedelta(hours=1)
        return Clock(
            handoff=handoff, kind=kind, promise=kind.replace("_", "-"), version=self.version,
            calendar="always", amount=14400, warn_amount=10800, started_at=since, moved_at=since,
            due_at=since + self.random.randrange(1, 90) * hour, warn_at=since + hour,
            touch_policy=self.random.choice(["ended", "breached"]),
            paused_at=self.random.choice([None, None, since + hour]),
        ) if self.random.random() < 0.3 else self.stamped(handoff, kind)  # fmt: skip

    def stamped(self, handoff: Handoff, kind: str) -> Clock:
        since, length = handoff.made_at, self.random.randrange(20_000)
        is_touched = self.random.random() < 0.8
        return Clock(
            handoff=handoff, kind=kind, promise=kind.replace("_", "-"), version=self.version,
            calendar="always", amount=14400, warn_amount=10800, started_at=since, moved_at=since,
            due_at=since + timedelta(hours=4), warn_at=since + timedelta(hours=3),
            stamped_at=since + timedelta(seconds=length), worked=length // 2,
            stamp_activity=7 if is_touched else None,
        )  # fmt: skip

    def decide(self, handoff: Handoff) -> None:
        at, accepts = handoff.made_at + timedelta(hours=5), self.random.random() < 0.4
        outcome = "accepted" if accepts else "rejected"
        Disposition.objects.create(
            handoff=handoff, origin="live", outcome=outcome, decided_by=self.admin, decided_at=at,
            reason=None if accepts else self.random.choice(self.reasons),
        )  # fmt: skip
        Handoff.objects.filter(pk=handoff.pk).update(
            is_decided=True, decided_at=at, outcome=outcome
        )
        Clock.objects.filter(handoff=handoff, stamped_at=None).update(ended_at=at)

    def stir(self) -> None:
        """Change what stood still: undo, excuse, an earlier touch, another owner, a new effect."""
        pick, handoffs = self.random.choice, list(Handoff.objects.filter(is_decided=True))
        clocks = list(Clock.objects.exclude(stamped_at=None))
        undone, passed, gone = (pick(handoffs) for _ in range(3))
        Disposition.objects.filter(handoff=undone).update(withdrawn_at=AT)
        Handoff.objects.filter(pk=undone.pk).update(is_decided=False)
        Clock.objects.filter(handoff=undone).update(ended_at=None)
        Handoff.objects.filter(pk=passed.pk).update(
            owner=pick(self.owners), team=pick(self.teams), source=pick(self.sources)
        )
        late = pick(clocks)
        Clock.objects.filter(pk=late.pk).update(stamped_at=late.started_at, worked=0)
        Clock.objects.filter(pk=pick(clocks).pk).update(due_at=AT)
        Clock.objects.filter(ended_at__isnull=False, stamped_at=None).update(is_excused=True)
        Reason.objects.filter(pk=pick(self.reasons).pk).update(effect=pick(["mend", "recycle"]))
        Disposition.objects.filter(handoff=pick(handoffs)).update(outcome="accepted", reason=None)
        gone.delete()
        self.learn()

    def learn(self) -> None:
        """Come to know what was, and forget: late imports, bots found, a merge, an erasure."""
        handoffs = list(Handoff.objects.select_related("lead"))
        leads = [one.lead_id for one in handoffs]
        decided = [one.lead_id for one in handoffs if one.is_decided]

        def some() -> list[int]:
            return self.random.sample(leads, 4)

        self.know(self.random.sample(handoffs, 4), times=2)
        self.do(self.random.sample(handoffs, 4), times=3)
        bots = self.random.sample(sorted(Activity.objects.values_list("pk", flat=True)), 4)
        Activity.objects.filter(pk__in=bots).update(is_bot=~F("is_bot"))
        Activity.objects.filter(lead__in=some()).delete()
        FactSnapshot.objects.filter(lead__in=some()).delete()
        Lead.objects.filter(pk__in=some()).update(name="", email="", phone="", company=None)
        Lead.objects.filter(pk__in=some()).update(name="Grace", phone="+49 30 2")
        for model in (Activity, FactSnapshot, Handoff):
            kept, merged = self.random.sample(decided, 2)
            model.objects.filter(lead=merged).update(lead=kept)
        Handoff.objects.filter(lead__in=some()).update(grade="A1", total=4, campaign=None)
        given_up = Disposition.objects.filter(reason="unresponsive").values_list("pk", flat=True)
        Disposition.objects.filter(pk__in=list(given_up[:4])).update(
            decided_at=F("decided_at") - 3 * HOUR
        )
