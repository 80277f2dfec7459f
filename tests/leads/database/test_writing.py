"""Standings, stages, notes and opportunities: what each write does and what it refuses."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from leads.database.models import (
    UNSCORED,
    Lead,
    Note,
    Opportunity,
    Stage,
    StageChange,
    StaleCause,
    Standing,
)
from leads.database.notes import add_note
from leads.database.opportunities import lose, open_opportunity, win
from leads.database.stages import move_leads
from leads.database.standing import StandingRow, mark_stale, set_standing, set_standing_if
from portal.agreements.models import Agreement, Version
from portal.core.errors import Conflict, DomainError
from portal.events.models import Event
from tests.factories import make_handoff, make_lead, make_leads, make_user, set_stage

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def version(now) -> Version:
    agreement = Agreement.objects.create(
        kind="definition", name="Definition", slug="definition", created_at=now
    )
    return Version.objects.create(agreement=agreement, number=1, created_at=now, changed_at=now)


def row(lead, version, **more) -> StandingRow:
    given = {
        "fit": 3000, "engagement": 4500, "total": 75, "grade": "A1", "gates": 3, "fired": 1 << 59,
        "valid_until": None,
    }  # fmt: skip
    return StandingRow(lead_id=lead.pk, version_id=version.pk, **(given | more))


def test_a_standing_is_stored_and_its_mark_taken_away(now, version) -> None:
    lead, other = make_leads(2)
    seen = Standing.objects.in_bulk()
    until = now + timedelta(days=3)
    set_standing(
        [row(lead, version, valid_until=until), row(other, version, total=None)],
        at=now,
        seen_marks={pk: one.stale_marks for pk, one in seen.items()},
    )
    standing = Standing.objects.get(lead=lead)
    assert (standing.fit, standing.total, standing.rank, standing.grade) == (3000, 75, 75, "A1")
    assert (standing.fired, standing.valid_until, standing.scored_at) == (1 << 59, until, now)
    assert (standing.stale_since, standing.stale_cause) == (None, 0)
    assert (standing.stage, standing.version) == (Stage.KNOWN, version)
    assert Standing.objects.get(lead=other).rank == UNSCORED


def test_a_mark_that_came_after_the_reading_stays(now, version) -> None:
    lead = make_lead()
    mark_stale([lead.pk], cause=StaleCause.IMPORT, at=now + SECOND)
    seen = {lead.pk: Standing.objects.get(lead=lead).stale_marks}
    mark_stale([lead.pk], cause=StaleCause.LIVE, at=now + SECOND)  # within the same second
    set_standing([row(lead, version)], at=now, seen_marks=seen)
    standing = Standing.objects.get(lead=lead)
    assert standing.stale_since is not None
    assert standing.stale_cause == StaleCause.LIVE
    set_standing([row(lead, version)], at=now, seen_marks={lead.pk: standing.stale_marks})
    assert Standing.objects.get(lead=lead).stale_since is None


def test_a_mark_is_not_taken_for_the_one_that_somebody_settled_within_the_same_second(
    now, version
) -> None:
    lead = make_lead()
    mark_stale([lead.pk], cause=StaleCause.LIVE, at=now)
    slow = Standing.objects.get(lead=lead)
    set_standing([row(lead, version)], at=now, seen_marks={lead.pk: slow.stale_marks})
    mark_stale([lead.pk], cause=StaleCause.LIVE, at=now)
    again = Standing.objects.get(lead=lead)
    assert again.stale_since == slow.stale_since, "the instants say nothing"
    set_standing([row(lead, version)], at=now, seen_marks={lead.pk: slow.stale_marks})
    assert Standing.objects.get(lead=lead).stale_since == now
    if connection.vendor == "sqlite":  # one lead at a time: the statement asks the same
        before = {"at": now, "condition": "1 = 1", "params": []}
        Standing.objects.filter(lead=lead).update(scored_at=slow.scored_at, version=None)
        assert not set_standing_if(row(lead, version), seen=slow, **before)
        seen = Standing.objects.get(lead=lead)
        assert set_standing_if(row(lead, version), seen=seen, **before)


def test_the_strongest_cause_of_a_mark_counts(now) -> None:
    lead = make_lead()
    mark_stale([lead.pk], cause=StaleCause.IMPORT, at=now + SECOND)
    assert Standing.objects.get(lead=lead).stale_cause == StaleCause.LIVE


def test_leads_move_in_a_set_with_their_history(now, django_assert_num_queries) -> None:
    leads = make_leads(3)
    set_stage(leads[2], Stage.SQL, at=now)
    by, at = make_user(), now + timedelta(hours=1)
    with django_assert_num_queries(7):
        moved = move_leads(
            [lead.pk for lead in leads], to=Stage.MQL, by=by, at=at, cause="lead.qualified",
            only_from=[Stage.KNOWN],
        )  # fmt: skip
    assert moved == [leads[0].pk, leads[1].pk]
    assert set(Lead.objects.values_list("stage", "standing__stage")) == {
        ("mql", "mql"), ("sql", "sql"),
    }  # fmt: skip
    stays = StageChange.objects.filter(lead=leads[0]).values_list("stage", "entered_at", "left_at")
    assert list(stays) == [("known", now, at), ("mql", at, None)]
    again = move_leads(moved, to=Stage.MQL, by=by, at=at, cause="lead.qualified")
    assert again == []


def test_a_question_is_open_until_it_is_answered(now) -> None:
    lead, sales = make_lead(), make_user(role="sdr")
    marketing = make_user(role="marketing")
    question = add_note(lead=lead, text=" Why? ", is_question=True, answers=None, by=sales, at=now)
    assert (question.text, question.side, question.resolved_at) == ("Why?", "sales", None)
    answer = add_note(
        lead=lead, text="Because.", is_question=True, answers=question, by=marketing, at=now
    )
    question.refresh_from_db()
    assert (answer.side, answer.is_question, question.resolved_at) == ("marketing", False, now)
    kinds = Event.objects.filter(kind__in=["lead.asked", "lead.answered"]).order_by("pk")
    assert [event.kind for event in kinds] == ["lead.asked", "lead.answered"]


def test_a_note_needs_words_and_an_answer_its_question(now) -> None:
    lead, by = make_lead(), make_user()
    with pytest.raises(DomainError, match="words"):
        add_note(lead=lead, text=" \x00 ", is_question=False, answers=None, by=by, at=now)
    elsewhere = add_note(
        lead=make_lead(), text="Why?", is_question=True, answers=None, by=by, at=now
    )
    with pytest.raises(DomainError, match="question on this lead"):
        add_note(lead=lead, text="So.", is_question=False, answers=elsewhere, by=by, at=now)
    assert Note.objects.count() == 1


@pytest.fixture
def accepted(now):
    handoff = make_handoff(is_decided=True, outcome="accepted", decided_at=now)
    set_stage(handoff.lead, Stage.SQL, at=now)
    return handoff


def test_an_opportunity_is_won_with_its_value(now, accepted) -> None:
    by = make_user(role="account_executive")
    opportunity = open_opportunity(handoff=accepted, owner=by, value=None, by=by, at=now)
    assert Lead.objects.get(pk=accepted.lead_id).stage == Stage.OPPORTUNITY
    with pytest.raises(Conflict):
        open_opportunity(handoff=accepted, owner=by, value=None, by=by, at=now)
    later = now + timedelta(days=9)
    win(opportunity=opportunity, value=Decimal("1200.50"), by=by, at=later)
    opportunity.refresh_from_db()
    assert (opportunity.outcome, opportunity.closed_at) == ("won", later)
    assert (opportunity.value, opportunity.currency) == (Decimal("1200.50"), "EUR")
    assert Lead.objects.get(pk=accepted.lead_id).stage == Stage.CUSTOMER
    with pytest.raises(Conflict):
        lose(opportunity=opportunity, reason="Price", by=by, at=later)
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[-2:] == ["opportunity.opened", "lead.won"]


def test_a_lost_opportunity_says_why_and_its_lead_rests(now, accepted) -> None:
    by = make_user()
    opportunity = open_opportunity(handoff=accepted, owner=None, value=Decimal(1), by=by, at=now)
    with pytest.raises(DomainError, match="why it was lost"):
        lose(opportunity=opportunity, reason=" ", by=by, at=now)
    lose(opportunity=opportunity, reason="Bought elsewhere", by=by, at=now)
    lead = Lead.objects.get(pk=accepted.lead_id)
    assert (lead.stage, lead.recycle_on) == (Stage.RECYCLED, date(2026, 5, 31))
    assert Opportunity.objects.get().lost_reason == "Bought elsewhere"


def test_only_an_accepted_handoff_becomes_an_opportunity(now) -> None:
    with pytest.raises(DomainError, match="accept"):
        open_opportunity(handoff=make_handoff(), owner=None, value=None, by=make_user(), at=now)
    assert not Opportunity.objects.exists()
