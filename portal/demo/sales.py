"""What sales does with each handoff: touches and decisions, with their human delays.

The truth planted here is what the rejections page should find: who asked for a demo is accepted
more often, who read case studies less, and white papers bring people who want the content only.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import accept, reject, withdraw
from leads.dispositions.touches import log_touch
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.demo.calls import Calls
from portal.demo.market import pick
from sla.calendar.hours import WorkingCalendar, add_working_time

REASONS = {
    "Paid search": (("wrong_size", 4), ("no_need", 4), ("bad_timing", 3), ("unresponsive", 3)),
    "White paper": (("content_only", 9), ("no_need", 4), ("not_a_decision_maker", 4)),
    "Webinar": (("not_a_decision_maker", 6), ("bad_timing", 5), ("just_exploring", 4)),
    "Demo form": (("bad_timing", 5), ("no_budget", 4), ("not_a_decision_maker", 2)),
}
USUAL = (
    ("not_a_decision_maker", 5),
    ("bad_timing", 5),
    ("no_need", 4),
    ("unresponsive", 4),
    ("just_exploring", 3),
    ("no_budget", 2),
    ("bad_contact_data", 2),
    ("competitor", 1),
    ("other", 1),
)
NOTES = {
    "bad_timing": "Budget year starts later. Asked us to come back.",
    "no_need": "They solved it in house last year.",
    "content_only": "Wrote a thesis with the handbook.",
    "not_a_decision_maker": "Collects offers for the head of marketing.",
    "other": "Acquired last month, everything is on hold.",
}
SAID = (
    "Retypes leads from three systems.",
    "Contract with the old tool ends this spring.",
    "Wants to see the SLA report first.",
    "",
    "",
)


@dataclass(order=True)
class Act:
    """One thing somebody in sales will do at an instant."""

    at: datetime
    handoff: int
    what: str = field(compare=False)
    outcome: str = field(compare=False, default="")


class SalesFloor:
    """Plans what sales does with each new handoff, and does it when its time comes."""

    def __init__(self, random: Random, hours: WorkingCalendar) -> None:
        self.random = random
        self.hours = hours
        self.acts: list[Act] = []
        self.seen: set[int] = set()
        self.reasons = Reason.objects.in_bulk()
        self.calls = Calls()
        # acceptances, by the rules that tell
        self.owed: dict[tuple[bool, bool], float] = defaultdict(float)

    def plan_new(self) -> None:
        """Plan the touches and the decision of handoffs that somebody owns since the last call."""
        new = Handoff.objects.open().filter(owner__isnull=False).exclude(pk__in=self.seen)
        for handoff in new.select_related("source", "lead"):
            self.seen.add(handoff.pk)
            self._plan(handoff)

    def _plan(self, handoff: Handoff) -> None:
        random, start = self.random, handoff.routed_at or handoff.made_at
        if start is None:
            return
        slow = random.random() < 0.10
        minutes = random.uniform(250, 520) if slow else min(230.0, random.expovariate(1 / 45))
        touch = add_working_time(start, timedelta(minutes=2 + minutes), self.hours)
        outcome = "reached" if random.random() < 0.6 else "no_answer"
        self._push(touch, handoff, "touch", outcome)
        if outcome == "no_answer":
            touch = add_working_time(touch, timedelta(hours=random.uniform(1, 5)), self.hours)
            self._push(touch, handoff, "touch", random.choice(("reached", "no_answer")))
        wait = timedelta(minutes=random.uniform(4, 150) if random.random() < 0.8 else 700)
        self._push(add_working_time(touch, wait, self.hours), handoff, "decide")

    def _push(self, at: datetime, handoff: Handoff, what: str, outcome: str = "") -> None:
        whole = at.replace(microsecond=0)
        heappush(self.acts, Act(whole, handoff.pk, what, outcome))

    def work_until(self, at: datetime) -> None:
        """Do everything whose time has come, each at its own instant."""
        while self.acts and self.acts[0].at <= at:
            act = heappop(self.acts)
            handoff = Handoff.objects.select_related("lead", "owner", "source").get(pk=act.handoff)
            if not handoff.is_open or handoff.owner is None:
                continue
            if act.what == "touch":
                self._touch(handoff, handoff.owner, act)
            else:
                self._decide(handoff, handoff.owner, act.at)

    def _touch(self, handoff: Handoff, owner: User, act: Act) -> None:
        kinds = ("call_outbound", "call_outbound", "email_outbound", "linkedin_outbound")
        kind = self.random.choice(kinds) if act.outcome == "no_answer" else "call_outbound"
        said = self.random.choice(SAID) if act.outcome == "reached" else ""
        log_touch(
            lead=handoff.lead,
            handoff=handoff,
            kind=kind,
            outcome=act.outcome if kind == "call_outbound" else "sent",
            note=said,
            by=owner,
            at=act.at,
        )
        if said:
            self.calls.put_down(handoff, owner, act.at)

    def _decide(self, handoff: Handoff, owner: User, at: datetime) -> None:
        if self._accepts(handoff):
            decision = accept(handoff=handoff, by=owner, at=at, note=self.random.choice(SAID))
        else:
            decision = self._reject(handoff, owner, at)
        if self.random.random() < 0.012:
            withdraw(disposition=decision, by=owner, at=at + timedelta(seconds=6))
            self._push(at + timedelta(minutes=2), handoff, "decide")

    def _accepts(self, handoff: Handoff) -> bool:
        """Toss for it, but so that each side of the planted truth keeps its share, as days pass.

        What is still owed to a side makes the next yes likelier: the numbers must find the truth
        on whatever day of the week the demo is made, and plain tosses hide it on some.
        """
        fired = handoff.evidence.document["rules"]
        side = ("case_study" in fired, "demo_request" in fired)
        self.owed[side] += self._chance(handoff)
        said_yes = self.random.random() < self.owed[side]
        self.owed[side] -= said_yes
        return said_yes

    def _chance(self, handoff: Handoff) -> float:
        fired = set(handoff.evidence.document["rules"])
        source = handoff.source.name if handoff.source else ""
        score = -0.75
        score += 1.1 * ("demo_request" in fired) - 1.2 * ("case_study" in fired)
        score += 0.35 * ("title_senior" in fired) + 0.3 * ("pricing_page" in fired)
        score += {"White paper": -1.0, "Demo form": 0.5, "Partner": 0.4}.get(source, 0.0)
        return 1 / (1 + math.exp(-score))

    def _reject(self, handoff: Handoff, owner: User, at: datetime) -> Disposition:
        random = self.random
        source = handoff.source.name if handoff.source else ""
        reason = self.reasons[pick(random, REASONS.get(source, USUAL))]
        tried = handoff.lead.activities.filter(
            actor__isnull=False, occurred_at__gte=handoff.made_at
        )
        if reason.needs_attempts and tried.count() < reason.needs_attempts:
            reason = self.reasons["no_answer"]
        later = (at + timedelta(days=random.choice((45, 60, 90, 120)))).date()
        fired = list(handoff.evidence.document["rules"])
        wrong = ["case_study"] if "case_study" in fired and random.random() < 0.5 else None
        if wrong is None and random.random() < 0.08 and fired:
            wrong = [random.choice(fired)]
        return reject(
            handoff=handoff,
            reason=reason,
            by=owner,
            at=at,
            note=NOTES.get(reason.code, ""),
            recycle_on=later if reason.needs_date else None,
            wrong_rules=wrong,
        )
