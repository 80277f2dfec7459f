"""Back-tests over the database: they reproduce what happened, say what would have, and keep it."""

from datetime import timedelta
from random import Random

import pytest
from django.db import transaction

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.database.facts import FactChange, write_facts
from leads.database.models import FactSnapshot, Lead, Opportunity, StaleCause
from leads.database.registry import SetBy
from leads.dispositions.services import accept, reject
from leads.handoffs.models import Cause, Handoff
from portal.agreements.models import Version
from portal.agreements.services import save_clause, start_draft
from portal.demo.services import make_demo
from scoring.backtest import services
from scoring.backtest.models import Backtest, Mover, Replayed
from scoring.backtest.services import (
    begin_backtest,
    claim_backtest,
    run_backtest,
)
from scoring.definitions.services import seed_default
from scoring.engine.due import settle_due
from scoring.engine.models import Evidence
from tests.factories import make_facts, make_lead, make_reason, make_team, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]
DAY = timedelta(days=1)


@pytest.fixture
def lived(now):
    """Forty leads live through six weeks; sales accepts, rejects, and some come back."""
    start, random = now - 42 * DAY, Random(7)  # noqa: S311 - a story, not a secret
    team = make_team(is_default=True)
    people = {
        role: make_user(role=role, team=team if "sdr" in role or "sales" in role else None)
        for role in ("marketing_lead", "sales_lead", "sdr")
    }
    seed_default(by_marketing=people["marketing_lead"], by_sales=people["sales_lead"], at=start)
    reason = make_reason("no_budget", effect="recycle")
    leads = []
    for tick in range(42):
        at = start + tick * DAY + timedelta(hours=9, seconds=tick)
        if len(leads) < 40:
            lead = make_lead(at=at, source=random.choice(["Fair", "Search"]))
            leads.append(lead)
            make_facts(lead, at=at, industry="software" if random.random() < 0.7 else "retail",
                       company_size=random.choice([20, 300]),
                       title=random.choice(["VP Sales", "Intern", "Director"]),
                       timeline=random.choice(["within_30_days", "later"]))  # fmt: skip
        deeds = [
            ActivityInput(
                random.choice(leads).pk,
                random.choice(["demo_request", "page_view", "content_download"]),
                at - timedelta(hours=random.randrange(20)),
                f"{tick}-{n}",
            )
            for n in range(2)
        ]
        record_activities(deeds, source="test", by=None, at=at)
        while settle_due(at=at):
            pass
        if tick % 3 == 0:  # sales decides
            decide(people["sdr"], random, reason, at + timedelta(hours=1))
    return people


def decide(sdr, random, reason, at):
    for handoff in Handoff.objects.open():
        Handoff.objects.filter(pk=handoff.pk).update(owner=sdr)
        handoff.refresh_from_db()
        if random.random() < 0.5:
            accept(handoff=handoff, by=sdr, at=at)
        else:
            reject(handoff=handoff, reason=reason, by=sdr, at=at,
                   recycle_on=(at + 10 * DAY).date())  # fmt: skip


def ran(version, base, *, at, by=None, **period):
    with transaction.atomic():
        test = begin_backtest(version=version, base=base, by=by, at=at, **period)
    assert claim_backtest(test.pk, at=at)
    run_backtest(test.pk, clock=lambda: at)
    test.refresh_from_db()
    assert test.state == Backtest.State.DONE, test.error
    return test


def lower_the_bar(version, by, at):
    """Draft that the fast track is gone, and that forty points are enough."""
    draft = start_draft(agreement=version.agreement, by=by, at=at, based_on=version)
    gate = draft.clauses.get(key="sales_ready")
    when = {"all": [{"total_at_least": "40"}, {"icp": True}]}
    save_clause(version=draft, key=gate.key, kind=gate.kind, body={"when": when}, rationale="",
                position=gate.position, revision=gate.revision, by=by, at=at)  # fmt: skip
    draft.refresh_from_db()
    return draft


def by_gate():
    causes = (Cause.SALES_READY, Cause.FAST_TRACK, Cause.RE_ENTRY)
    return Handoff.objects.live().filter(cause__in=causes, lead__duplicate_of=None)


def assert_reproduces(test, handoffs, *, look):
    """Every recorded handoff, no other; each opened since the look before, with its evidence."""
    rows = {row.handoff_id: row for row in test.replayed.all() if row.base_at is not None}
    assert None not in rows
    assert rows.keys() == {one.pk for one in handoffs}
    for one in handoffs:
        row = rows[one.pk]
        assert timedelta() <= one.made_at - row.base_at < look
        evidence = Evidence.objects.get(handoff=one)
        assert (row.base_at, row.base_gates) == (row.draft_at, row.draft_gates)
        assert row.base_gates == evidence.gates


def test_the_version_in_force_hands_over_what_was_handed_over(lived, now):
    version = Version.objects.of_kind("definition").get()
    test = ran(version, version, at=now, since=version.effective_from)
    handoffs = list(by_gate())
    assert {one.cause for one in handoffs} >= {Cause.FAST_TRACK, Cause.RE_ENTRY}
    assert len(handoffs) > 8
    assert_reproduces(test, handoffs, look=DAY)  # it is looked at once a day
    assert test.summary["record"]["again"] == test.summary["record"]["gate"] == len(handoffs)
    assert test.summary["sides"]["base"] == test.summary["sides"]["draft"]
    assert not any(test.summary["moved"].values())


@pytest.mark.full
def test_the_version_in_force_hands_over_what_the_demo_recorded(now):
    make_demo(until=now, leads=400, say=str)
    version = Version.objects.of_kind("definition").get(number=2)
    until = now - timedelta(hours=1)  # before large companies had a definition of their own
    test = ran(version, version, at=until, since=version.effective_from)
    recorded = by_gate().filter(made_at__gt=version.effective_from, made_at__lte=until)
    assert recorded.count() > 5
    assert_reproduces(test, list(recorded), look=timedelta(days=2))


def test_what_became_known_later_changes_nothing(lived, now):
    version = Version.objects.of_kind("definition").get()
    draft = lower_the_bar(version, lived["marketing_lead"], now)
    before = ran(draft, version, at=now)
    kept = list(before.replayed.order_by("lead_id", "made_at").values())
    for lead in Lead.objects.all():
        late = now + timedelta(hours=1)
        write_facts([FactChange(lead.pk, late, {"industry": "software", "company_size": 300,
                                                "title": "VP"})],
                    set_by=SetBy.PERSON, by=lived["marketing_lead"], at=late,
                    cause=StaleCause.LIVE)  # fmt: skip
        old = ActivityInput(lead.pk, "demo_request", now - 20 * DAY, f"late-{lead.pk}")
        record_activities([old], source="test", by=None, at=late)
    assert Activity.objects.filter(received_at__gt=now).exists()
    assert FactSnapshot.objects.filter(known_from__gt=now).exists()
    services.Backtest.objects.filter(pk=before.pk).update(summary=before.summary)
    after = ran(draft, version, at=now)
    names = kept[0].keys() - {"id", "backtest_id"}
    again = list(after.replayed.order_by("lead_id", "made_at").values())
    assert [[row[n] for n in names] for row in again] == [[row[n] for n in names] for row in kept]
    assert after.population == before.population


def test_a_draft_is_judged_by_what_sales_said(lived, now):
    version = Version.objects.of_kind("definition").get()
    draft = lower_the_bar(version, lived["marketing_lead"], now)
    accepted = Handoff.objects.filter(outcome="accepted").order_by("pk")[0]
    Opportunity.objects.create(handoff=accepted, lead=accepted.lead, outcome="won")
    found = ran(draft, version, at=now).summary
    rows = list(Replayed.objects.filter(backtest__version=draft))
    keeps = [row for row in rows if row.draft_at or row.draft_waits]
    missed = [row for row in rows if row.outcome == "accepted" and row not in keeps]
    spared = [row for row in rows if row.outcome == "rejected" and row not in keeps]
    assert found["moved"]["missed"] == len(missed)
    assert found["moved"]["spared"] == len(spared)
    opened = [row for row in rows if row.draft_at]
    side = found["sides"]["draft"]
    assert side["handoffs"] == len(opened)
    assert side["accepted"] == sum(row.outcome == "accepted" for row in opened)
    assert side["decided"] == sum(bool(row.outcome) for row in opened)
    assert side["unseen"] == sum(not row.way for row in opened)
    assert found["record"]["won"] == 1
    for counts in found["population"].values():
        assert counts["draft"] - counts["base"] == counts["enters"]["n"] - counts["leaves"]["n"]
    moved = sum(counts[way]["n"] for counts in found["population"].values()
                for way in ("enters", "leaves"))  # fmt: skip
    gates = [(row.base_gates, row.draft_gates) for row in Mover.objects.all()]
    assert moved == sum((one ^ other).bit_count() for one, other in gates) > 0
