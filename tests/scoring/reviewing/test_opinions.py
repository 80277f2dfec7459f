"""Second opinions: the sample is not chosen, the second person is blind, agreement is counted."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff
from portal.core.errors import DomainError, NotAllowed
from scoring.feedback.decided import read_decided
from scoring.feedback.models import DecidedHandoff, SecondOpinion
from scoring.feedback.opinions import (
    GivenAlready,
    agreement_of,
    give_opinion,
    is_sampled,
    sampled,
    waiting_for,
)
from scoring.feedback.statistics import kappa
from tests.factories import make_lead, make_team, make_user
from tests.scoring.theirs import statsmodels

SAMPLED = next(n for n in range(10_000, 20_000) if is_sampled(n))
OTHER = next(n for n in range(10_000, 20_000) if not is_sampled(n))


@pytest.fixture
def now():
    """The page asks for what waits now."""
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def first(decided, now):
    """One sampled rejection of a lead with a telling name."""
    lead = make_lead(name="Marta Lindqvist", at=now - timedelta(days=3))
    return decided(["case_study"], reason="no_budget", pk=SAMPLED, lead=lead)


@pytest.fixture
def second(first):
    return make_user(role="sdr", team=first.team, name="Anna")


def opinion(handoff, by, at, **given):
    given = {"outcome": "accepted", "reason": None, "words": ""} | given
    return give_opinion(handoff=handoff, by=by, at=at, **given)


def test_one_in_ten_is_in_the_sample_and_the_database_agrees(decided):
    share = np.mean([is_sampled(n) for n in range(1, 50_001)])
    assert abs(share - 0.1) < 0.002
    runs = [n for n in range(1, 5_000) if is_sampled(n)]
    assert max(np.diff(runs)) < 40  # spread over the ids, no long stretch without one
    for pk in (SAMPLED, OTHER):
        decided(["case_study"], reason="no_budget", pk=pk)
    found = sampled(Disposition.objects.all())
    assert [one.handoff_id for one in found] == [SAMPLED]


def test_a_second_person_of_the_team_is_asked_once(first, second, now):
    decider = Handoff.objects.get(pk=SAMPLED).owner
    lead = make_user(role="sales_lead", team=first.team)
    for user, is_asked in ((second, True), (lead, True), (decider, False),
                           (make_user(role="sdr", team=make_team()), False),
                           (make_user(role="marketing"), False)):  # fmt: skip
        assert waiting_for(user, at=now).exists() == is_asked
    assert not waiting_for(second, at=now + timedelta(days=31)).exists()
    opinion(first, second, now)
    assert opinion(first, second, now).by == second  # the same form twice
    with pytest.raises(GivenAlready):
        opinion(first, lead, now)
    assert SecondOpinion.objects.count() == 1
    assert not waiting_for(lead, at=now).exists()


def test_nobody_judges_their_own_nor_without_a_reason(first, second, now):
    with pytest.raises(NotAllowed):
        opinion(first, first.owner, now)
    with pytest.raises(DomainError, match="reason"):
        opinion(first, second, now, outcome="rejected")
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondOpinion.objects.create(handoff=first, first_reason_id="no_budget", at=now,
                                     first_by=second, by=second, outcome="accepted")  # fmt: skip


def test_the_page_is_blind(client, first, second, settings):
    client.force_login(second)
    url = reverse("second-opinions")
    page = client.get(url).content.decode()
    body = re.sub(r"<option.*?</option>", "", page)
    assert "factors" in body.partition('id="main"')[2]
    for hidden in ("Marta", "Lindqvist", str(first.owner), "No budget", str(first.public_id)):
        assert hidden not in body.partition('id="main"')[2].partition("</main>")[0], hidden
    assert client.post(url, {"handoff": SAMPLED}).status_code == 422
    bad = client.post(url, {"handoff": SAMPLED, "outcome": "rejected", "words": "kept words"})
    assert bad.status_code == 422
    assert b"kept words" in bad.content
    given = {"handoff": SAMPLED, "outcome": "rejected", "reason": "bad_timing"}
    assert client.post(url, given).status_code == 302
    made = SecondOpinion.objects.get()
    assert (made.reason_id, made.first_reason_id) == ("bad_timing", "no_budget")
    assert "Nothing waits" in client.get(url).content.decode()
    assert client.post(url, given).status_code == 302
    assert client.post(url, {"handoff": OTHER}).status_code == 404
    client.force_login(make_user(role="marketing"))
    assert client.get(url).status_code == 404


def test_agreement_is_counted_with_its_interval(decided, marketing, client, now):
    ids = [n for n in range(20_000, 30_000) if is_sampled(n)][:40]
    handoffs = [decided(["case_study"], reason="no_budget" if n % 2 else "bad_timing", pk=pk)
                for n, pk in enumerate(ids)]  # fmt: skip
    anna = make_user(role="sdr", team=handoffs[0].team)
    same = {row.handoff_id: row.reason for row in Disposition.objects.select_related("reason")}
    for n, handoff in enumerate(handoffs[:36]):
        reason = same[handoff.pk] if n < 24 else Reason.objects.get(code="competitor")
        accepted = n >= 30
        opinion(handoff, anna, now, outcome="accepted" if accepted else "rejected",
                reason=None if accepted else reason)  # fmt: skip
    everybody = DecidedHandoff.objects.all()
    found = agreement_of(everybody, read_decided(everybody))
    assert (found.n, found.rejected, found.same_reason, found.waiting) == (36, 30, 24, 4)
    assert found.share.value == 30 / 36
    client.force_login(marketing)
    page = client.get(reverse("reason-quality"), {"since": "2000-01-01"}).content.decode()
    assert "30 of 36" in page


@pytest.mark.parametrize("seed", range(3))
def test_kappa_is_what_statsmodels_says(seed):
    cohens_kappa = statsmodels("stats.inter_rater.cohens_kappa")
    random = np.random.default_rng(seed)
    first = random.integers(0, 3, 200)
    second = np.where(random.random(200) < 0.6, first, random.integers(0, 4, 200))
    table = np.zeros((4, 4))
    np.add.at(table, (first, second), 1)
    theirs = cohens_kappa(table)
    ours = kappa([(str(a), str(b)) for a, b in zip(first, second, strict=True)])
    assert ours.value == pytest.approx(theirs.kappa)
    assert (ours.low, ours.high) == pytest.approx((theirs.kappa_low, theirs.kappa_upp))


def test_kappa_needs_enough_and_something_to_differ_on():
    assert kappa([("a", "a")] * 29) is None
    assert kappa([("a", "a")] * 40) is None
    assert kappa([("a", "b")] * 40).value == 0
