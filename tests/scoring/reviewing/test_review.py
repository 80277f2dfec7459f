"""Rejection reviews: what is shown of that day, votes of both sides, minutes, the draft."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from leads.dispositions.appeals import contest
from leads.dispositions.models import Disposition
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from scoring.reviewing.models import RejectionReview, ReviewedHandoff, Vote
from scoring.reviewing.services import (
    Said,
    StaleMinutes,
    StaleVote,
    end_review,
    may_vote,
    start_review,
    vote,
    write_minutes,
)
from scoring.reviewing.tally import first_place, next_place, rows_for, tally
from scoring.reviewing.then import known_then
from tests.factories import make_activity, make_facts, make_team, make_user


@pytest.fixture
def lead_of_sales(decided):
    handoff = decided(["case_study"])
    return make_user(role="sales_lead", team=handoff.team, name="Lukas")


@pytest.fixture
def review(decided, marketing, lead_of_sales, now):
    """Three rejections, the middle one contested."""
    made = [
        decided(["case_study", "pricing_page"], reason="no_budget", at=now - timedelta(hours=n))
        for n in (2, 4, 6)
    ]
    middle = Disposition.objects.get(handoff=made[1])
    contest(disposition=middle, by=marketing, words="They have the budget.", at=now)
    return begun(marketing, now)


def begun(by, at, **given):
    given = {"title": "Monday", "query": "", "is_apart": False} | given
    return start_review(Disposition.objects.standing(), by=by, at=at, **given)


def said(side, call, **given):
    return Said(side=side, call=call, **given)


def at_place(review, place):
    return ReviewedHandoff.objects.get(review=review, place=place)


def test_contested_ones_come_first_then_the_newest(review):
    decisions = [one.disposition for one in review.handoffs.all()]
    assert [hasattr(one, "appeal") for one in decisions] == [True, False, False]
    assert decisions[1].decided_at > decisions[2].decided_at
    assert all(one.outcome == "rejected" for one in decisions)
    assert Event.objects.get(kind="rejection_review.started").payload == {"handoffs": 3}


def test_the_same_form_sent_twice_is_one_review(review, marketing, now):
    assert begun(marketing, now + timedelta(seconds=5)) == review
    assert begun(marketing, now + timedelta(minutes=5)) != review


def test_at_most_fifty_and_not_without_any(decided, marketing, now):
    with pytest.raises(DomainError, match="Nothing was rejected"):
        begun(marketing, now)
    for _ in range(4):
        decided(reason="no_budget")
    made = begun(marketing, now, most=3)
    assert made.handoffs.count() == 3
    with pytest.raises(DomainError, match="name"):
        begun(marketing, now, title=" ")


def test_only_what_was_known_that_day_is_shown(decided, now):
    handoff = decided(["case_study"], reason="no_budget")
    lead, then = handoff.lead, handoff.made_at
    make_facts(lead, at=then - timedelta(days=1), title="Clerk", industry="software",
               timeline="this_quarter", budget="below_5000", company_size=12_500)  # fmt: skip
    make_activity(lead, kind="demo_request", at=then - timedelta(hours=3))
    make_facts(lead, at=then + timedelta(hours=1), title="VP Sales", city="Oslo")
    make_activity(lead, kind="chat", at=then + timedelta(minutes=1))
    # written down later, though dated back: nobody knew
    make_activity(lead, kind="quote_request", at=then + timedelta(hours=1),
                  occurred_at=then - timedelta(hours=1))  # fmt: skip
    known = known_then(handoff)
    assert known.title == "Clerk"
    told = dict(known.facts)
    assert (told["Industry"], told["People in the company"]) == ("Software", "12,500")
    assert (told["Timeline"], told["Budget range"]) == ("This quarter", "Below 5,000 a year")
    assert "City" not in dict(known.facts)
    assert [one.text for one in known.did] == ["Asks for a demo"]
    assert known.fired == [("case_study", known.explanation.fired[0].name)]


def test_each_side_votes_and_nobody_overwrites_unread(review, marketing, lead_of_sales, now):
    one = at_place(review, 1)
    (first,) = vote(handoff=one, said=[said("sales", "right")], by=lead_of_sales, at=now)
    vote(handoff=one, said=[said("marketing", "wrong", change="fewer", rule="case_study")],
         by=marketing, at=now)  # fmt: skip
    assert {(v.side, v.call) for v in one.votes.all()} == {
        ("sales", "right"), ("marketing", "wrong")}  # fmt: skip
    with pytest.raises(StaleVote) as stale:  # opened before the first was saved
        vote(handoff=one, said=[said("sales", "wrong")], by=marketing, at=now)
    assert stale.value.current == first
    assert "Lukas has voted for Sales" in str(stale.value)
    vote(handoff=one, said=[said("sales", "wrong", revision=1)], by=marketing, at=now)
    changed = one.votes.get(side="sales")
    assert (changed.call, changed.revision, changed.by) == ("wrong", 2, marketing)
    events = Event.objects.filter(kind="rejection_review.voted")
    assert events.count() == 3
    vote(handoff=one, said=[said("sales", "wrong")], by=marketing, at=now)  # the same again
    assert events.count() == 3


def test_of_two_votes_in_one_form_a_stale_one_stores_neither(review, marketing, now):
    one = at_place(review, 1)
    vote(handoff=one, said=[said("sales", "right")], by=marketing, at=now)
    both = [said("marketing", "right"), said("sales", "wrong")]
    with pytest.raises(StaleVote):
        vote(handoff=one, said=both, by=marketing, at=now)
    assert not one.votes.filter(side="marketing").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"call": "maybe"}, "right or the wrong call"),
        ({"call": "wrong", "change": "fewer"}, "Choose the rule"),
        ({"call": "wrong", "change": "missing"}, "which rule is missing"),
        ({"call": "wrong", "change": "war"}, "Choose what should change"),
        ({"call": "wrong", "words": "x" * 501}, "500 characters"),
    ],
)
def test_what_is_missing_is_said(review, marketing, now, given, sentence):
    with pytest.raises(DomainError, match=sentence):
        vote(handoff=at_place(review, 1), said=[Said(side="sales", **given)], by=marketing, at=now)


def test_a_vote_that_asks_for_a_rule_names_one_in_the_database(review, marketing, now):
    given = {"handoff": at_place(review, 1), "side": "sales", "call": "wrong", "by": marketing}
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(**given, at=now, change="drop")


def test_apart_each_side_votes_for_itself_and_sees_the_other_after(
    decided, marketing, lead_of_sales, now
):
    decided(reason="no_budget")
    review = begun(marketing, now, is_apart=True)
    one = at_place(review, 1)
    assert may_vote(marketing, review) == {"marketing"}
    assert may_vote(make_user(role="admin"), review) == frozenset()
    with pytest.raises(NotAllowed):
        vote(handoff=one, said=[said("sales", "right")], by=marketing, at=now)
    vote(handoff=one, said=[said("sales", "right")], by=lead_of_sales, at=now)
    (row,) = rows_for(review, marketing)
    assert row.votes == {}
    assert row.given == {"sales"}
    assert tally([row]).sides[1].voted == 1
    assert tally([row]).sides[1].right == 0
    vote(handoff=one, said=[said("marketing", "wrong")], by=marketing, at=now)
    (row,) = rows_for(review, marketing)
    assert row.differs


def test_where_the_sides_differ_comes_first_and_progress_is_kept(review, marketing, now):
    both = frozenset({"marketing", "sales"})
    for place, calls in ((1, ("right", "right")), (2, ("right", "wrong"))):
        given = [said(side, call) for side, call in zip(sorted(both), calls, strict=True)]
        vote(handoff=at_place(review, place), said=given, by=marketing, at=now)
    rows = rows_for(review, marketing)
    assert [row.handoff.place for row in rows] == [2, 3, 1]
    assert first_place(rows, both) == 3
    vote(handoff=at_place(review, 3), said=[said("marketing", "wrong"), said("sales", "wrong")],
         by=marketing, at=now)  # fmt: skip
    rows = rows_for(review, marketing)
    assert first_place(rows, both) == 2  # the one to talk over
    assert next_place(rows, both, 2) is None
    found = tally(rows)
    assert (found.both, len(found.differing), len(found.wrong)) == (3, 1, 1)
    assert found.agreed is None  # three say nothing
    assert [(one.n, one.marketing, one.sales) for one in found.reasons] == [(3, 1, 2)]


def test_after_the_end_votes_stand_and_minutes_go_on(review, marketing, now):
    end_review(review=review, by=marketing, at=now)
    end_review(review=review, by=marketing, at=now)
    assert Event.objects.filter(kind="rejection_review.ended").count() == 1
    with pytest.raises(Conflict, match="has ended"):
        vote(handoff=at_place(review, 1), said=[said("sales", "right")], by=marketing, at=now)
    write_minutes(review=review, minutes="We talked.", revision=0, by=marketing, at=now)
    with pytest.raises(StaleMinutes):
        write_minutes(review=review, minutes="Other words.", revision=0, by=marketing, at=now)
    write_minutes(review=review, minutes="We talked.", revision=0, by=marketing, at=now)
    assert RejectionReview.objects.get().revision == 1


def test_a_sales_lead_sees_the_handoffs_of_their_teams(review, now):
    stranger = make_user(role="sales_lead", team=make_team())
    assert rows_for(review, stranger) == []
    with pytest.raises(NotAllowed):
        vote(handoff=at_place(review, 1), said=[said("sales", "right")],
             by=make_user(role="sdr"), at=now)  # fmt: skip


# The pages


def test_a_review_is_gone_through_without_javascript(client, review, marketing):
    client.force_login(marketing)
    page = client.get(at_place(review, 1).get_absolute_url())
    assert b"Contested since" in page.content
    answer = client.post(
        at_place(review, 1).get_absolute_url(),
        {"marketing-call": "wrong", "marketing-change": "fewer", "marketing-rule": "case_study",
         "marketing-words": "Students read them", "sales-call": "right"},
    )  # fmt: skip
    assert answer["Location"] == at_place(review, 2).get_absolute_url()
    assert client.get(reverse("rejection-review-on", args=[review.pk]))["Location"].endswith("/2/")
    page = client.get(review.get_absolute_url()).content.decode()
    assert "they call 1 differently" in page
    assert "Students read them" in page


def test_a_stale_vote_is_told_and_what_was_typed_is_kept(client, review, marketing, now):
    client.force_login(marketing)
    vote(handoff=at_place(review, 1), said=[said("sales", "right")], by=marketing, at=now)
    given = {"sales-call": "wrong", "sales-words": "mine", "sales-revision": "0"}
    page = client.post(at_place(review, 1).get_absolute_url(), given)
    assert page.status_code == 409
    assert 'value="mine"' in page.content.decode()
    assert 'name="sales-revision" value="1"' in page.content.decode()
    assert client.post(at_place(review, 1).get_absolute_url(), {}).status_code == 422


def test_one_click_makes_a_draft_with_the_argument(client, review, marketing, version, now):
    client.force_login(marketing)
    for place in (1, 2):
        asked = said("marketing", "wrong", change="fewer", rule="case_study", words="Students")
        vote(handoff=at_place(review, place), said=[asked, said("sales", "wrong", change="gate")],
             by=marketing, at=now)  # fmt: skip
    url = review.get_absolute_url()
    assert client.post(url, {"act": "draft"}).status_code == 422
    wrong = client.post(url, {"act": "draft", "change": "fewer:case_study",
                              "value-fewer:case_study": "lots"})  # fmt: skip
    assert wrong.status_code == 422
    assert b"in whole points" in wrong.content
    given = {"act": "draft", "change": ["fewer:case_study", "gate:"],
             "value-fewer:case_study": "4", "value-gate:": "105"}  # fmt: skip
    client.post(url, given)
    draft = RejectionReview.objects.get().draft
    rule = draft.clauses.get(key="case_study")
    assert rule.body["points"] == "4"
    assert "2 of 3 reviewed rejections" in rule.rationale
    assert "105" in str(draft.clauses.get(key="sales_ready").body)
    assert "“Students”" in draft.note
    assert version.clauses.get(key="case_study").body["points"] == "10"
    assert client.post(url, given).status_code == 409  # it has its draft


def test_any_filter_begins_one_and_nothing_is_lost(client, decided, marketing):
    client.force_login(marketing)
    for reason in ("no_budget", "bad_timing", "bad_timing"):
        decided(["case_study"], reason=reason)
    start = reverse("rejection-review-start")
    given = {"title": "Timing", "is_apart": "apart", "query": "since=2000-01-01&reason=bad_timing"}
    client.post(start, given)
    review = RejectionReview.objects.get()
    assert review.is_apart
    assert review.handoffs.count() == 2
    page = client.post(start, given | {"title": ""})
    assert page.status_code == 422
    page = client.post(start, given | {"query": "reason=competitor&since=2000-01-01"})
    assert page.status_code == 422
    assert b"Timing" in page.content
