"""A review of a definition hears of rejection reviews and of what the numbers propose."""

from datetime import timedelta

from leads.dispositions.models import Disposition
from portal.agreements.agenda import AgendaAsk
from scoring.feedback.models import Amendment
from scoring.reviewing.models import ReviewedHandoff
from scoring.reviewing.services import Said, end_review, start_review, vote
from scoring.workshop.agenda import agenda
from tests.factories import make_user

DAY = timedelta(days=1)


def test_rejection_reviews_and_amendments_stand_on_the_agenda(decided, marketing, version, now):
    for n in range(3):
        decided(["case_study"], reason="no_budget", at=now - DAY - timedelta(hours=n))
    sales = make_user(role="sales_lead", team=Disposition.objects.first().handoff.team)
    review = start_review(
        Disposition.objects.standing(), title="Monday", query="", is_apart=True, by=marketing,
        at=now - DAY,
    )  # fmt: skip
    for place, call in ((1, "wrong"), (2, "right")):
        one = ReviewedHandoff.objects.get(review=review, place=place)
        vote(handoff=one, said=[Said("marketing", call)], by=marketing, at=now - DAY)
        vote(handoff=one, said=[Said("sales", "right")], by=sales, at=now - DAY)

    def told(since, reader=marketing):
        ask = AgendaAsk(version.agreement, since, now, reader)
        return [(item.sentence, item.url) for item in agenda(ask)]

    page = review.get_absolute_url()
    running = "“Monday” is not ended: both sides voted on 2 of 3."
    assert (running, page) in told(now - DAY)
    end_review(review=review, by=marketing, at=now)
    ended = (
        "“Monday”: both sides voted on 2 of 3 rejections and differ on 1. The minutes say what "
        "follows."
    )
    for reader in (marketing, sales):
        assert (ended, page) in told(now - DAY, reader)
    assert not any("Monday" in sentence for sentence, _url in told(now))
    Amendment.objects.create(
        version=version, kind="drop", clause_kind="rule", key="case_study", n=9, proposed_at=now,
        was={"name": "Read a case study", "points": "10"}, seen_at=now,
    )  # fmt: skip
    sentence, url = next(one for one in told(now) if "numbers propose" in one[0])
    assert "Read a case study" in sentence
    assert url == "/scoring/amendments/"
