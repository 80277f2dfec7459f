"""What calls brought out, as SDRs put it down on the call sheet."""

from datetime import datetime
from random import Random

from leads.dispositions.call_sheet import save_sheet
from leads.handoffs.models import Handoff
from portal.accounts.models import User

SAID = {
    "pain": (
        "Orders are typed into three systems by hand",
        "Nobody knows which leads are being called",
        "Reports take two days at the end of each month",
        "Marketing and sales count different things",
    ),
    "impact": (
        "Two people full-time, and penalties for late deliveries",
        "Every second enquiry waits longer than a day",
        "They guess the pipeline, and were wrong by a third last quarter",
    ),
    "urgency": (
        "The contract with the present tool ends in March",
        "A new head of sales starts next month",
        "The board asked for figures by the end of the quarter",
    ),
    "decision_makers": (
        "The head of sales; the CFO signs above 20 k",
        "The person we spoke with, together with IT",
        "The managing director decides alone",
    ),
    "budget": ("Set aside, about 25 k a year", "Not yet, part of next year’s plan", "Up to 10 k"),
    "authority": ("Head of sales", "CFO", "Managing director"),
    "need": ("One place for both teams", "Fewer hand-typed orders"),
    "timeline": ("This quarter", "By summer", "Maybe next year"),
}


class Calls:
    """Fills in call sheets. It rolls dice of its own, so that the rest of the story stays."""

    def __init__(self) -> None:
        self.random = Random(42)  # noqa: S311 - a story, not a secret

    def put_down(self, handoff: Handoff, by: User, at: datetime) -> None:
        """Write down what most calls that reached somebody brought out."""
        random = self.random
        if random.random() < 0.2:
            return
        keys = random.sample(list(SAID), random.choice((2, 3, 4, 6)))
        answers = {key: random.choice(SAID[key]) for key in SAID if key in keys}
        save_sheet(handoff=handoff, by=by, at=at, revision=0, **answers)
