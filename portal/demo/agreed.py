"""What both sides said of the open draft, and the check-ins they held."""

from datetime import datetime, timedelta

from portal.agreements.agenda import AgendaAsk, agenda_for
from portal.agreements.cadence import EVERY, decide, hold, schedule, write_minutes
from portal.agreements.cadence_models import Review, Rhythm
from portal.agreements.models import Version
from portal.agreements.talk import comment
from portal.demo.people import Cast

MINUTES = (
    "Volume holds. Sales asked who reads case studies; marketing looks at their titles.",
    "Students read case studies and never buy. Marketing drafts fewer points for them.",
)


def talk_it_over(cast: Cast, draft: Version, until: datetime) -> None:
    """Marketing and sales talk about the draft; one question is still open."""
    at, by = until - timedelta(hours=20), cast.marketing[0]
    said = comment(
        version=draft,
        key="case_study",
        text="Case studies draw students and consultants. Five points, and two count?",
        by=by,
        at=at,
        is_question=True,
    )
    agreed = "Agree with five, if two of them still count for something."
    comment(version=draft, parent=said, text=agreed, by=cast.sales_lead, at=at + timedelta(hours=2))


def hold_check_ins(cast: Cast, draft: Version, until: datetime) -> None:
    """Hold a check-in every two weeks up to now; the last one asked for the draft."""
    schedule(at=until)
    agreement = draft.agreement
    for minutes in MINUTES:
        back = len(MINUTES) - MINUTES.index(minutes)
        review = Review.objects.get(agreement=agreement, rhythm=Rhythm.CHECK_IN, held_at=None)
        at = until - back * EVERY[Rhythm.CHECK_IN] + timedelta(days=3)
        by = cast.marketing_lead
        write_minutes(review=review, minutes=minutes, revision=review.revision, by=by, at=at)
        if back == 1:
            words = "Count case studies less."
            decide(review=review, text=words, by=by, at=at, version=draft, key="case_study")
        ask = AgendaAsk(agreement, at - EVERY[Rhythm.CHECK_IN], at, by)
        hold(review=review, agenda=agenda_for(ask), by=by, at=at)
