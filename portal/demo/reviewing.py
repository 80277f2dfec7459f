"""What both sides say of rejections again: one review over, one under way; second opinions."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from leads.dispositions.models import Disposition, Outcome, Reason
from portal.demo.people import Cast
from scoring.feedback.opinions import give_opinion, sampled, waiting_for
from scoring.reviewing.models import RejectionReview
from scoring.reviewing.services import Said, end_review, start_review, vote, write_minutes

OVER, UNDER_WAY = 18, 40
MINUTES = """Present: Priya, Jonas, Lukas.
Students read case studies: half the points, and look at it again in six weeks.
White paper leads come without a budget. Jonas asks for it in the form.
Two calls were wrong: nobody rang a second time. Lukas takes it to the team."""
# What marketing and sales say, in turn: call, change, whether it names a rule, words.
OPINIONS: tuple[tuple[tuple[str, str, str], tuple[str, str, str]], ...] = (
    (("right", "fewer", "Students again."), ("right", "fewer", "They want a thesis.")),
    (("wrong", "sales", "One call is no try."), ("right", "nothing", "")),
    (("right", "data", ""), ("right", "data", "The number was wrong.")),
    (("wrong", "sales", ""), ("wrong", "sales", "We should have rung again.")),
    (("right", "nothing", ""), ("right", "gate", "Forty points bought by reading.")),
    (("right", "source", "The white paper draws them."), ("right", "source", "")),
    (("wrong", "nothing", "They bought from others a month later."), ("right", "missing",
     "Nothing asks whether they decide.")),
)  # fmt: skip


def review_some(cast: Cast, until: datetime) -> None:
    """Hold one review three weeks ago, begin another, and give second opinions."""
    _held(cast, until - timedelta(days=21))
    _under_way(cast, until)
    _opinions(cast, until)


def _decided(since: datetime, until: datetime) -> QuerySet[Disposition]:
    return Disposition.objects.standing().filter(decided_at__gt=since, decided_at__lt=until)


def _held(cast: Cast, at: datetime) -> None:
    rows = _decided(at - timedelta(days=28), at)
    if not rows.filter(outcome=Outcome.REJECTED).exists():
        return
    review = start_review(
        rows, title="Rejections of the last four weeks", query="", is_apart=False,
        by=cast.marketing_lead, at=at, most=OVER,
    )  # fmt: skip
    for number, one in enumerate(review.handoffs.select_related("disposition__handoff__evidence")):
        minute = at + timedelta(minutes=2 * number)
        both = zip(("marketing", "sales"), OPINIONS[number % len(OPINIONS)], strict=True)
        said = [_said(side, given, one.disposition) for side, given in both]
        vote(handoff=one, said=said, by=cast.marketing_lead, at=minute)
    end = at + timedelta(minutes=45)
    write_minutes(review=review, minutes=MINUTES, revision=0, by=cast.marketing[0], at=end)
    end_review(review=review, by=cast.marketing_lead, at=end)


def _said(side: str, given: tuple[str, str, str], disposition: Disposition) -> Said:
    """Return a vote; one that asks for a rule names the last that had fired."""
    call, change, words = given
    fired = disposition.handoff.evidence.document["rules"]
    if change == "fewer" and not fired:
        change = "nothing"
    return Said(side, call, change, fired[-1] if change == "fewer" else "", words)


def _under_way(cast: Cast, until: datetime) -> None:
    """Sales has voted on more of them than marketing."""
    rows = _decided(until - timedelta(days=14), until)
    if not rows.filter(outcome=Outcome.REJECTED).exists():
        return
    review: RejectionReview = start_review(
        rows, title="The last two weeks, each side by itself", query="", is_apart=True,
        by=cast.marketing[0], at=until - timedelta(hours=4), most=UNDER_WAY,
    )  # fmt: skip
    items = list(review.handoffs.select_related("disposition__handoff__evidence"))
    for number, one in enumerate(items[: len(items) // 2]):
        minute = until - timedelta(hours=3) + timedelta(minutes=number)
        marketing, sales = OPINIONS[(3 * number) % len(OPINIONS)]
        said = [_said("sales", sales, one.disposition)]
        vote(handoff=one, said=said, by=cast.sales_lead, at=minute)
        if number % 2 == 0:
            said = [_said("marketing", marketing, one.disposition)]
            vote(handoff=one, said=said, by=cast.marketing[0], at=minute)


def _opinions(cast: Cast, until: datetime) -> None:
    """Let others judge the sample a day later; the newest ones still wait."""
    reasons = list(Reason.objects.filter(is_active=True, is_primary=True).order_by("position"))
    asked = sampled(Disposition.objects.all()).filter(decided_at__lt=until - timedelta(days=6))
    for number, one in enumerate(asked.select_related("handoff", "reason").order_by("pk")):
        at = one.decided_at + timedelta(days=1) if one.decided_at else until
        givers = [
            user
            for user in (*cast.sdrs, cast.sales_lead)
            if waiting_for(user, at=at).filter(pk=one.pk).exists()
        ]
        if not givers:
            continue
        reason = one.reason if number % 3 else reasons[number % len(reasons)]
        accepts = number % 7 == 6
        give_opinion(
            handoff=one.handoff,
            outcome=Outcome.ACCEPTED if accepts else Outcome.REJECTED,
            reason=None if accepts else reason,
            words="",
            by=givers[number % len(givers)],
            at=at,
        )
