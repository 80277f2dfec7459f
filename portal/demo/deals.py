"""What becomes of accepted leads, and what people write to each other about leads."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from leads.database.models import Lead, Opportunity, Stage
from leads.database.notes import add_note
from leads.database.opportunities import lose, open_opportunity, win
from leads.handoffs.models import Handoff
from leads.tasks.models import FollowUp
from leads.tasks.services import complete_follow_up
from portal.demo.people import Cast

LOST = ("Went with a competitor", "No decision this year", "Budget was cut", "Stopped answering")
QUESTIONS = (
    "Which page did this person come from? The call was about another product.",
    "Can marketing tell how many people of this company we know?",
    "The title says director, the call said assistant. Where does it come from?",
)
ANSWERS = (
    "From the comparison page; the campaign is paused now.",
    "Three, and all came through the webinar.",
)


class Deals:
    """The account executives' part of the story."""

    def __init__(self, random: Random, cast: Cast) -> None:
        self.random = random
        self.cast = cast

    def work(self, at: datetime) -> None:
        """Open, win and lose what is old enough, do what fell due; one pass a day."""
        self._follow_up(at)
        self._open(at)
        self._close(at)

    def _follow_up(self, at: datetime) -> None:
        """Do what was due the day before; what is due today stays on people's lists."""
        due = FollowUp.objects.open().filter(due_at__lt=at - timedelta(days=1))
        for one in due.select_related("assignee").order_by("pk"):
            if one.assignee is not None:
                complete_follow_up(follow_up=one, by=one.assignee, at=at)

    def _open(self, at: datetime) -> None:
        waiting = Handoff.objects.filter(
            outcome="accepted",
            opportunity=None,
            lead__stage=Stage.SQL,
            decided_at__lt=at - timedelta(days=3),
        )
        for handoff in waiting.select_related("lead__owner").order_by("pk"):
            owner = handoff.lead.owner
            if owner is not None and self.random.random() < 0.22:
                value = Decimal(self.random.randint(8, 90) * 500)
                open_opportunity(handoff=handoff, owner=owner, value=value, by=owner, at=at)

    def _close(self, at: datetime) -> None:
        old = Opportunity.objects.filter(outcome="open", opened_at__lt=at - timedelta(days=14))
        for deal in old.select_related("owner").order_by("pk"):
            if deal.owner is None or self.random.random() > 0.025:
                continue
            if self.random.random() < 0.42:
                win(opportunity=deal, value=deal.value, by=deal.owner, at=at)
            else:
                lose(opportunity=deal, reason=self.random.choice(LOST), by=deal.owner, at=at)

    def talk(self, at: datetime) -> None:
        """Leave questions by sales and answers by marketing on recent leads."""
        leads = list(Lead.objects.filter(handoffs__is_decided=False).order_by("-pk")[:6])
        for number, lead in enumerate(leads):
            sdr = self.random.choice(self.cast.sdrs)
            text = QUESTIONS[number % len(QUESTIONS)]
            asked = at - timedelta(hours=2 + number)
            question = add_note(lead=lead, text=text, is_question=True, by=sdr, at=asked)
            if number % 2:
                answer = ANSWERS[number % len(ANSWERS)]
                by = self.cast.marketing[0]
                add_note(
                    lead=lead, text=answer, answers=question, by=by, at=at - timedelta(hours=1)
                )
