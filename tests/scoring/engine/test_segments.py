"""Leads in segments: each is scored by the definition that applies to it, however it is scored."""

from datetime import timedelta

import pytest

from leads.database.facts import FactChange, write_facts
from leads.database.models import StaleCause, Standing
from leads.database.registry import SetBy
from leads.handoffs.models import Release
from portal.agreements.ordering import agree_order, ask_order
from portal.agreements.services import open_segment, propose, save_clause, sign, start_draft
from portal.core.errors import NotAllowed
from scoring.definitions.services import definitions_in_force
from scoring.engine.due import settle_due
from scoring.engine.explanation import explain_lead
from scoring.engine.intake import Wanted
from scoring.engine.models import Evidence
from scoring.engine.services import setting_at, settle
from scoring.engine.sets import score_set
from scoring.rules.defaults import default_clauses
from tests.factories import make_lead
from tests.scoring.rules.builders import clause

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BIG = {"field": "company_size", "op": "gte", "value": 1000}
GERMAN = {"field": "country", "op": "equals", "value": "DE"}


def sign_segment(name, when, signers, *, at, ready=100):
    """Both sides sign a definition for a segment, in which every lead has 50 points."""
    marketing, _sales = signers
    agreement = open_segment(kind="definition", name=name, by=marketing, at=at)
    clauses = [
        clause("segment", "segment", {"when": when}),
        clause("group", "all", {"name": "All", "dimension": "fit", "combine": "sum"}, 1),
        clause("rule", "base", {
            "group": "all", "name": "Known", "points": "50", "type": "attribute",
            "when": {"field": "company_size", "op": "is_known", "value": True},
        }, 2),
        clause("rule", "top", {
            "group": "all", "name": "Top", "points": "60", "type": "attribute",
            "when": {"field": "seniority", "op": "equals", "value": "c_level"},
        }, 3),
        clause("gate", "mql", {"when": {"total_at_least": 40}}, 3),
        clause("gate", "sales_ready", {"when": {"total_at_least": ready}}, 4),
    ]  # fmt: skip
    draft = start_draft(agreement=agreement, by=marketing, at=at, clauses=clauses)
    return sign_both(draft, signers, at=at)


def sign_both(draft, signers, *, at):
    proposed = propose(version=draft, by=signers[0], at=at)
    for one in signers:
        sign(version=proposed, sha256=proposed.sha256, by=one, at=at)
    proposed.refresh_from_db()
    return proposed


def set_facts(lead, values, *, at, from_=None, set_by=SetBy.PERSON):
    change = FactChange(lead.pk, from_ or at, values)
    write_facts([change], set_by=set_by, by=None, at=at, cause=StaleCause.LIVE)


def version_of(lead):
    return Standing.objects.get(pk=lead.pk).version_id


@pytest.fixture
def big(version, signers, now, quiet):
    return sign_segment("Enterprise", BIG, signers, at=now - 2 * DAY)


def test_each_lead_is_scored_by_its_segment_and_moves_when_a_fact_changes(version, big, team, now):
    large = make_lead(facts={"company_size": 5000}, at=now)
    small = make_lead(facts={"company_size": 40}, at=now)
    unknown = make_lead(at=now)
    settle([large.pk, small.pk, unknown.pk], at=now)
    assert version_of(large) == big.pk
    assert version_of(small) == version_of(unknown) == version.pk
    assert Standing.objects.get(pk=large.pk).total == 50

    set_facts(small, {"company_size": 2000}, at=now + HOUR)
    set_facts(large, {"company_size": 900}, at=now + HOUR)
    assert settle_due(at=now + HOUR) == 2
    assert version_of(small) == big.pk
    assert version_of(large) == version.pk
    assert settle_due(at=now + HOUR + HOUR) <= 1  # only what is left to say


def test_sets_and_single_leads_find_the_same(version, big, team, now):
    leads = [make_lead(facts={"company_size": n * 300}, at=now) for n in range(1, 9)]
    ids = sorted(lead.pk for lead in leads)
    settle(ids, at=now)
    one_by_one = list(Standing.objects.filter(pk__in=ids).order_by("pk").values_list(
        "version", "fit", "engagement", "total", "grade", "gates", "fired", "valid_until"
    ))  # fmt: skip
    Standing.objects.filter(pk__in=ids).update(version=None, total=None, fit=0, stale_since=now)
    score_set(Wanted(ids=ids), setting_at(now))
    in_a_set = list(Standing.objects.filter(pk__in=ids).order_by("pk").values_list(
        "version", "fit", "engagement", "total", "grade", "gates", "fired", "valid_until"
    ))  # fmt: skip
    assert one_by_one == in_a_set
    assert {row[0] for row in in_a_set} == {version.pk, big.pk}


def test_a_handoff_freezes_the_definition_that_applied(version, signers, team, now, quiet):
    big = sign_segment("Enterprise", BIG, signers, at=now - DAY, ready=45)
    lead = make_lead(facts={"company_size": 5000}, at=now)
    (handoff,) = settle([lead.pk], at=now).handoffs
    evidence = Evidence.objects.get(handoff=handoff)
    assert evidence.version_id == big.pk
    assert evidence.document["facts"]["company_size"] == 5000


def test_a_fact_that_moves_a_lead_hands_it_over_at_once_an_activation_does_not(
    version, signers, team, now, quiet
):
    mover, waiter = make_lead(facts={"company_size": 40}, at=now), make_lead(at=now)
    set_facts(waiter, {"company_size": 5000}, at=now)
    settle([mover.pk, waiter.pk], at=now)
    sign_segment("Enterprise", BIG, signers, at=now + HOUR, ready=45)
    while settle_due(at=now + 2 * HOUR):
        pass
    waiting = Release.objects.waiting()
    assert [one.lead_id for one in waiting] == [waiter.pk]
    assert waiting[0].cause == Release.Cause.ACTIVATION
    set_facts(mover, {"company_size": 7000}, at=now + 3 * HOUR)
    assert Standing.objects.get(pk=mover.pk).stale_cause == StaleCause.LIVE
    assert [one.lead_id for one in settle([mover.pk], at=now + 3 * HOUR).handoffs] == [mover.pk]


def test_a_fact_that_is_dated_later_moves_the_lead_when_its_time_has_come(
    version, signers, team, now, quiet
):
    big = sign_segment("Enterprise", BIG, signers, at=now - DAY, ready=45)
    lead = make_lead(facts={"company_size": 40}, at=now)
    set_facts(lead, {"company_size": 3000}, at=now, from_=now + DAY)
    settle([lead.pk], at=now)
    assert version_of(lead) == version.pk
    assert Standing.objects.get(pk=lead.pk).valid_until == now + DAY
    result = settle([lead.pk], at=now + DAY)
    assert version_of(lead) == big.pk
    assert [one.lead_id for one in result.handoffs] == [lead.pk]


def test_another_order_takes_both_sides_and_scores_everybody_anew(
    version, big, signers, team, now, quiet
):
    marketing, sales = signers
    german = sign_segment("Germany", GERMAN, signers, at=now - DAY)
    lead = make_lead(facts={"company_size": 5000, "country": "DE"}, at=now)
    while settle_due(at=now):
        pass
    assert version_of(lead) == big.pk
    order = [german.agreement_id, big.agreement_id]
    asked = ask_order(kind="definition", order=order, words="Law first.", by=marketing, at=now)
    with pytest.raises(NotAllowed):
        agree_order(ordering=asked, by=marketing, at=now)
    settle([lead.pk], at=now)
    assert version_of(lead) == big.pk
    agree_order(ordering=asked, by=sales, at=now + HOUR)
    while settle_due(at=now + HOUR):
        pass
    assert version_of(lead) == german.pk
    assert definitions_in_force(now + HOUR).version_ids == [german.pk, big.pk, version.pk]


def test_the_page_says_which_applies_and_why(version, big, team, now):
    large = make_lead(facts={"company_size": 5000}, at=now)
    unknown = make_lead(at=now)
    settle([large.pk, unknown.pk], at=now)
    said = explain_lead(large, now).applies
    assert "“Enterprise”, version 2" in said
    assert "5,000" in said
    said = explain_lead(unknown, now).applies
    assert "“Qualified lead”, version 1" in said
    assert "“Enterprise” is for leads where the company size is at least" in said
    assert "not known" in said


def test_alone_nothing_is_said_of_segments(version, team, now, quiet):
    lead = make_lead(at=now)
    settle([lead.pk], at=now)
    assert explain_lead(lead, now).applies == ""


def test_a_draft_for_everybody_takes_no_segment_and_a_segment_takes_one(version, signers, now):
    marketing, _sales = signers
    draft = start_draft(
        agreement=version.agreement, by=marketing, at=now, clauses=default_clauses()
    )
    save_clause(
        version=draft, key="segment", kind="segment", body={"when": BIG}, by=marketing, at=now,
        revision=None,
    )  # fmt: skip
    with pytest.raises(Exception, match="for everybody whom no segment takes"):
        propose(version=draft, by=marketing, at=now)
    agreement = open_segment(kind="definition", name="Big", by=marketing, at=now)
    other = start_draft(agreement=agreement, by=marketing, at=now, clauses=default_clauses())
    assert other.number == draft.number + 1
    with pytest.raises(Exception, match="write its segment"):
        propose(version=other, by=marketing, at=now)


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        (BIG, "swallow each other"),
        ({"field": "company_size", "op": "gte", "value": 2000}, "is in “Enterprise” already"),
        ({"all": [BIG, GERMAN]}, "is in “Enterprise” already"),
    ],
)
def test_two_segments_that_swallow_each_other_are_refused_in_a_sentence(
    version, big, signers, now, when, sentence
):
    with pytest.raises(Exception, match=sentence):
        sign_segment("Huge", when, signers, at=now)


def test_an_order_that_leaves_a_segment_nobody_is_refused(version, signers, now, quiet):
    narrow = sign_segment("Huge", {**BIG, "value": 9000}, signers, at=now - 2 * DAY)
    wide = sign_segment("Enterprise", BIG, signers, at=now - DAY)
    order = [wide.agreement_id, narrow.agreement_id]
    with pytest.raises(Exception, match="is in “Enterprise” already"):
        ask_order(kind="definition", order=order, words="Why not.", by=signers[0], at=now)
