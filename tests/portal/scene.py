"""A small company at work for the tests of the roof's pages: signed texts, people, handoffs.

Handoffs come into being as they do for people: activities, settling, evidence, clocks.
"""

import copy
from datetime import datetime, timedelta
from typing import Self

from django.db.models import F
from django.utils import timezone

from leads.database.models import Lead, StaleCause, Standing
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.events.bells import held
from scoring.definitions.services import seed_default
from scoring.engine.services import settle
from sla.calendar.services import seed_calendars
from sla.clocks.services import sync_clocks
from sla.terms.services import seed_default_terms
from tests.factories import make_activity, make_facts, make_lead, make_team, make_user

FACTS = {"title": "VP Marketing", "industry": "software", "company_size": 320}


class Scene:
    """One team with two SDRs and their lead, two account executives, and marketing."""

    def __init__(self, at: datetime | None = None) -> None:
        self.is_now = at is None
        self.at = (at or timezone.now()).replace(microsecond=0)
        self.number = 0
        self.team = make_team("Inbound", is_default=True)
        people = {"sofia": Role.SDR, "anna": Role.SDR, "tom": Role.SALES_LEAD,
                  "jan": Role.ACCOUNT_EXECUTIVE, "lena": Role.ACCOUNT_EXECUTIVE}  # fmt: skip
        self.people: dict[str, User] = {
            name: make_user(role=role, team=self.team, name=name.title())
            for name, role in people.items()
        }
        self.people["priya"] = make_user(role=Role.MARKETING_LEAD, name="Priya")
        self.people["admin"] = make_user(role=Role.ADMIN, name="Admin")
        start = self.at - timedelta(days=400)
        with held():
            seed_calendars(by=None, at=start)
            signers = {"by_marketing": self.people["priya"], "by_sales": self.people["tom"]}
            seed_default(**signers, at=start)
            seed_default_terms(**signers, at=start)

    def again(self) -> Self:
        """Return a copy for one test, of this moment unless an instant was given."""
        found = copy.deepcopy(self)
        if self.is_now:
            found.at = timezone.now().replace(microsecond=0)
        return found

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def handoff(
        self,
        owner: User | None = None,
        *,
        age: timedelta = timedelta(hours=1),
        visits: int = 2,
        name: str = "",
        **lead: object,
    ) -> Handoff:
        """Hand one lead over, ``age`` ago, by its own doing; ``owner`` None leaves it waiting."""
        self.number, at = self.number + 1, self.at - age
        name = name or f"Lead {self.number:03}"
        with held():
            made = make_lead(at=at - timedelta(days=9), name=name, **lead)
            self.interest(made, at=at, visits=visits)
            Standing.objects.filter(lead=made).update(stale_since=at, stale_cause=StaleCause.LIVE)
            settle([made.pk], at=at)
            handoff = Handoff.objects.get(lead=made)
            Handoff.objects.filter(pk=handoff.pk).update(
                owner=owner, team=self.team, routed_at=at if owner else None
            )
            sync_clocks([handoff.pk], at=at)
        handoff.refresh_from_db()
        return handoff

    def interest(self, lead: Lead, *, at: datetime, visits: int = 2) -> None:
        """Let a lead do what opens the fast track."""
        make_facts(lead, at=at - timedelta(days=3), **FACTS)
        page = {"object_kind": "page", "object_key": "/pricing", "object_title": "Pricing"}
        for n in range(visits):
            make_activity(lead, at=at - timedelta(days=n), tags=["pricing"], **page)
        make_activity(
            lead, kind="demo_request", at=at, object_kind="form", object_key="demo",
            object_title="Demo form",
        )  # fmt: skip

    def late(self, handoff: Handoff) -> None:
        """Let its clock run out."""
        Handoff.objects.filter(pk=handoff.pk).update(
            due_at=self.at - timedelta(minutes=5), warn_at=self.at - timedelta(hours=1)
        )

    def soon(self, handoff: Handoff) -> None:
        """Let it be at risk."""
        Handoff.objects.filter(pk=handoff.pk).update(
            due_at=self.at + timedelta(hours=1), warn_at=self.at - timedelta(minutes=5)
        )

    def rank(self, handoff: Handoff, total: int) -> None:
        Handoff.objects.filter(pk=handoff.pk).update(total=total, rank=F("id") * 0 + total)
