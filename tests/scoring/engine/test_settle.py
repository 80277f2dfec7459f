"""Settling against the default definition, with the founding documents' own examples."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.database.models import Gate, Lead, Stage, StaleCause, Standing
from leads.database.standing import mark_stale
from leads.handoffs.models import Cause, Handoff, Release
from portal.agreements.models import Agreement
from portal.agreements.services import propose, sign, start_draft
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from scoring.definitions.services import definition_in_force
from scoring.engine.due import settle_due
from scoring.engine.models import Evidence
from scoring.engine.services import (
    hand_over_by_hand,
    release_leads,
    settle,
)
from scoring.rules.defaults import default_clauses
from tests.factories import make_activity, make_facts, make_lead, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]
DIRECTOR = {"title": "Marketing Director", "industry": "B2B SaaS", "company_size": 200}
VP = {"title": "VP Revenue Operations", "industry": "B2B SaaS", "company_size": 300}


def visit_pricing(lead, at, times=1):
    for n in range(times):
        make_activity(
            lead,
            kind="page_view",
            at=at + timedelta(minutes=n),
            object_kind="page",
            object_key="/pricing",
            tags=["pricing"],
        )


def kinds(lead):
    return list(
        Event.objects.filter(lead_links__lead_id=lead.pk)
        .order_by("pk")
        .values_list("kind", flat=True)
    )


def test_the_marketing_director_who_saw_pricing_once_scores_exactly_40_and_is_an_mql(version, now):
    lead = make_lead(facts=DIRECTOR)
    visit_pricing(lead, now)
    result = settle([lead.pk], at=now)
    standing = Standing.objects.get(pk=lead.pk)
    assert (standing.total, standing.fit, standing.engagement) == (40, 2500, 1500)
    assert standing.gates == Gate.MQL
    assert standing.stage == Stage.MQL
    assert result.handoffs == []
    assert "lead.qualified" in kinds(lead)


def test_before_a_definition_is_in_force_nothing_is_scored(now):
    lead = make_lead(facts=DIRECTOR)
    assert settle([lead.pk], at=now).scored == 0
    assert settle_due(at=now) == 0
    assert Standing.objects.get(pk=lead.pk).total is None


def test_a_vp_in_the_icp_who_wants_it_within_30_days_is_handed_off_with_frozen_evidence(
    version, team, now
):
    lead = make_lead(facts={**VP, "timeline": "within_30_days"})
    (handoff,) = settle([lead.pk], at=now).handoffs
    assert handoff.cause == Cause.FAST_TRACK
    assert handoff.team == team
    lead.refresh_from_db()
    assert lead.stage == Stage.WITH_SALES
    evidence = Evidence.objects.get(handoff=handoff)
    assert evidence.kind == Evidence.Kind.FROZEN
    assert evidence.version == version
    assert evidence.document["rules"] == ["title_senior", "icp_industry"]
    assert evidence.document["facts"] == {
        "company_size": 300,  # asked by the ICP
        "industry": "B2B SaaS",
        "seniority": "vp",
        "timeline": "within_30_days",  # asked by the fast track
    }
    adding = [x["points"] for x in evidence.document["lines"] if x["kind"] in {"factor", "cap"}]
    assert sum(adding) == evidence.total * 100


def test_perfect_fit_without_engagement_is_no_mql_and_engagement_without_fit_is_none(version, now):
    fit = make_lead(facts=VP)
    keen = make_lead(facts={"title": "Intern", "industry": "gardening"})
    visit_pricing(keen, now, times=3)
    make_activity(keen, kind="demo_request", at=now)
    settle([fit.pk, keen.pk], at=now + timedelta(hours=1))
    assert set(Lead.objects.values_list("stage", flat=True)) == {Stage.KNOWN}


def test_an_activity_that_is_a_touch_stamps_the_handoff_it_belongs_to(version, team, now):
    lead = make_lead(facts={**VP, "timeline": "within_30_days"})
    settle([lead.pk], at=now)
    make_activity(lead, kind="page_view", at=now + timedelta(minutes=1))
    settle([lead.pk], at=now + timedelta(minutes=1))
    assert Handoff.objects.get().first_touch_at is None
    make_activity(lead, kind="email_outbound", at=now + timedelta(minutes=2))
    settle([lead.pk], at=now + timedelta(minutes=3))
    assert Handoff.objects.get().first_touch_at == now + timedelta(minutes=2)
    assert kinds(lead)[-1] == "handoff.touched"


def test_settling_again_changes_nothing(version, team, now):
    lead = make_lead(facts={**VP, "timeline": "within_30_days"})
    settle([lead.pk], at=now)
    before = kinds(lead)
    settle([lead.pk], at=now)
    settle([lead.pk], at=now + timedelta(hours=1))
    assert kinds(lead) == before
    assert Handoff.objects.count() == Evidence.objects.count() == 1


def test_forty_leads_cost_as_many_statements_as_one(version, team, now):
    definition_in_force(now)  # a process reads each text once
    counts = []
    for number in (1, 40):
        ids = [make_lead(facts={**VP, "timeline": "within_30_days"}).pk for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            settle(ids, at=now)
        counts.append(len(queries))
    assert Handoff.objects.count() == 41
    assert counts[0] == counts[1]


def test_an_import_queues_for_release_and_an_activity_of_its_own_hands_off(version, team, now):
    lead = make_lead(facts={**VP, "timeline": "within_30_days"})
    Standing.objects.filter(pk=lead.pk).update(stale_cause=StaleCause.IMPORT)
    result = settle([lead.pk], at=now)
    assert result.queued == [lead.pk]
    assert result.handoffs == []
    assert Release.objects.waiting().get().cause == Release.Cause.IMPORT
    make_activity(lead, kind="demo_request", at=now + timedelta(hours=1))
    settle([lead.pk], at=now + timedelta(hours=1))
    assert Release.objects.get().end == Release.End.HANDED_OFF
    assert Handoff.objects.get().cause == Cause.FAST_TRACK


def test_a_release_hands_off_the_best_and_closes_what_no_longer_meets(version, team, now, signers):
    good, bad = (make_lead(facts={**VP, "timeline": "within_30_days"}) for _ in range(2))
    Standing.objects.update(stale_cause=StaleCause.IMPORT)
    settle([good.pk, bad.pk], at=now)
    make_facts(bad, at=now, timeline="this_year")
    made = release_leads(by=signers[1], at=now + timedelta(minutes=1))
    assert [one.lead_id for one in made] == [good.pk]
    assert made[0].cause == Cause.RELEASED
    assert made[0].evidence.total == 30
    ends = dict(Release.objects.values_list("lead_id", "end"))
    assert ends == {good.pk: Release.End.RELEASED, bad.pk: Release.End.CLOSED}
    with pytest.raises(NotAllowed):
        release_leads(by=make_user(role="sdr"), at=now)


def test_a_window_that_ends_lowers_the_score_when_the_sweep_comes_by(version, now):
    lead = make_lead(facts=DIRECTOR)
    visit_pricing(lead, now)
    settle([lead.pk], at=now)
    end = now + timedelta(days=30)
    assert Standing.objects.get(pk=lead.pk).valid_until == end
    assert settle_due(at=end - timedelta(seconds=1)) == 0
    assert settle_due(at=end) == 1
    standing = Standing.objects.get(pk=lead.pk)
    assert (standing.total, standing.gates, standing.stage) == (25, 0, Stage.MQL)


def test_a_new_version_rescores_everybody_once_and_says_so(version, now, signers):
    for _ in range(3):
        make_lead(facts=DIRECTOR)
    while settle_due(at=now):
        pass
    second = sign_again(signers, at=now)
    while settle_due(at=now + timedelta(minutes=1)):
        pass
    assert set(Standing.objects.values_list("version", flat=True)) == {second.pk}
    settle_due(at=now + timedelta(minutes=2))
    finished = Event.objects.filter(kind="rescore.finished", subject_id=second.pk)
    assert finished.count() == 1
    late = Standing.objects.order_by("pk").values_list("pk", flat=True)[:1]
    settle(late, at=now - timedelta(minutes=1))  # somebody who began under the first version
    assert set(Standing.objects.values_list("version", flat=True)) == {second.pk}
    with CaptureQueriesContext(connection) as asked:
        assert settle_due(at=now + timedelta(minutes=3)) == 0
    assert not any(
        "version_id" in one["sql"] and "standing" in one["sql"].split("WHERE")[-1]
        for one in asked.captured_queries
    )  # nobody is looked for any more


def sign_again(signers, *, at):
    """Sign the default definition once more, with another reason for its first clause."""
    first, *others = default_clauses()
    agreement = Agreement.objects.get(slug="definition")
    clauses = [{**first, "rationale": "Said anew."}, *others]
    draft = start_draft(agreement=agreement, by=signers[0], at=at, clauses=clauses)
    version = propose(version=draft, by=signers[0], at=at)
    for signer in signers:
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version


def test_a_lead_handed_over_by_hand_carries_its_words_and_evidence(version, team, now, signers):
    lead = make_lead(facts=DIRECTOR)
    with pytest.raises(DomainError, match="Say in words"):
        hand_over_by_hand(lead=lead, words=" ", by=signers[0], at=now)
    handoff = hand_over_by_hand(lead=lead, words="Met at the fair.", by=signers[0], at=now)
    assert handoff.cause == Cause.BY_HAND
    assert handoff.evidence.total == 25
    with pytest.raises(Conflict):
        hand_over_by_hand(lead=lead, words="Again", by=signers[0], at=now)
    with pytest.raises(NotAllowed):
        hand_over_by_hand(lead=lead, words="Me", by=signers[1], at=now)


def test_an_activity_marked_after_the_reading_keeps_its_lead_stale(version, now):
    lead = make_lead(facts=DIRECTOR)
    settle([lead.pk], at=now)
    assert Standing.objects.get(pk=lead.pk).stale_since is None
    mark_stale([lead.pk], cause=StaleCause.LIVE, at=now + timedelta(minutes=5))
    assert settle_due(at=now + timedelta(minutes=5)) == 1
