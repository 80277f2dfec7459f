"""The small company that the guards of every address visit: one person of each role, one team.

Whatever an address needs in its path is a ``cached_property`` here, made when first asked for
and visible to everybody whom the table lets in. A second world of another name is another team
beside the first, with people and things of its own.
"""

import copy
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.test import Client
from django.utils import timezone

from leads.activities.models import TrackedObject
from leads.activities.services import ActivityInput, record_activities, retag
from leads.database.facts import FactChange, write_facts
from leads.database.models import Lead, Note, Opportunity, SavedView, StaleCause
from leads.database.notes import add_note
from leads.database.opportunities import open_opportunity
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from leads.database.saved_views import save_view
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import accept, reject
from leads.handoffs.models import Handoff
from leads.tasks.models import FollowUp
from leads.tasks.services import create_follow_up
from portal.accounts import invitations
from portal.accounts.models import Membership, Role, Team, User
from portal.agreements.cadence import schedule
from portal.agreements.cadence_models import Review
from portal.agreements.models import Version
from portal.agreements.services import start_draft
from portal.agreements.talk import comment
from portal.notifications.models import Notification
from portal.notifications.services import tell
from scoring.definitions.services import seed_default
from scoring.engine.services import settle
from sla.clocks.models import Clock
from sla.clocks.services import sync_clocks
from sla.terms.services import seed_default_terms
from tests.architecture.talk import Talk
from tests.architecture.ways_in import WaysIn

ANONYMOUS = "anonymous"
IN_THE_TEAM = {Role.SDR, Role.ACCOUNT_EXECUTIVE, Role.SALES_LEAD}
HOT = {"title": "VP Marketing", "industry": "software", "company_size": 320}


class World(Talk, WaysIn):
    """People and things of one test; everything is made through the product's own services."""

    def __init__(self, name: str = "inbound") -> None:
        self.name = name
        self.at = timezone.now().replace(microsecond=0)
        self._number = 0

    def number(self) -> str:
        """Return what makes the next thing's name its own."""
        self._number += 1
        return f"{self.name}-{self._number:03}"

    def again(self) -> Self:
        """Return a copy for one test, of this moment."""
        found = copy.deepcopy(self)
        found.at = timezone.now().replace(microsecond=0)
        return found

    # People

    @cached_property
    def team(self) -> Team:
        is_first = not Team.objects.exists()
        return Team.objects.create(name=self.name, is_default=is_first)

    @cached_property
    def people(self) -> dict[str, User]:
        """One active person of each role; sales people belong to the team."""
        people = {
            str(role): User.objects.create_user(
                f"{role}@{self.name}.example.test",
                "a-password-of-tests",
                name=role.label,
                role=role,
            )
            for role in Role
        }
        for role in IN_THE_TEAM:
            Membership.objects.create(team=self.team, user=people[str(role)], cap=500)
        return people

    @property
    def sdr(self) -> User:
        return self.people["sdr"]

    @property
    def executive(self) -> User:
        return self.people["account_executive"]

    @property
    def marketing(self) -> User:
        return self.people["marketing_lead"]

    @cached_property
    def token(self) -> str:
        """What an invitation's link carries."""
        return self.invite(self.people["admin"], 1)

    def invite(self, by: User, count: int) -> str:
        """Invite so many people who are not here yet; return the last one's token."""
        for _ in range(count):
            _, token = invitations.invite(
                email=f"{self.number()}@example.test",
                name="Ina Vited",
                role=Role.SDR,
                team=self.team,
                by=by,
                at=self.at,
            )
        return token

    def log_in(self, client: Any, role: str) -> None:
        """Make the client this role's browser, or nobody's."""
        client.cookies.clear()
        if role != ANONYMOUS:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]

    @cached_property
    def sessions(self) -> dict[str, str]:
        """A session of each person, by role: who visits hundreds of addresses signs in once."""
        found = {}
        for role, person in self.people.items():
            client = Client()
            client.force_login(person)
            found[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
        return found

    # What both sides signed

    @cached_property
    def signed(self) -> dict[str, Version]:
        """The definition and the terms in force, by kind; one of each however many worlds."""
        signers = {"by_marketing": self.marketing, "by_sales": self.people["sales_lead"]}
        at = self.at - timedelta(days=100)
        standing = Version.objects.of_kind("definition").order_by("pk").first()
        return {
            "definition": standing or seed_default(**signers, at=at),
            "terms": seed_default_terms(**signers, at=at),
        }

    def draft(self, kind: str) -> Version:
        """Begin a draft from what is in force."""
        base = self.signed[kind]
        return start_draft(agreement=base.agreement, by=self.marketing, at=self.at, based_on=base)

    @cached_property
    def drafts(self) -> dict[str, Version]:
        """One draft of each kind, by kind."""
        return {kind: self.draft(kind) for kind in self.signed}

    @cached_property
    def review(self) -> Review:
        """The next check-in of the definition."""
        schedule(at=self.signed["definition"].effective_from or self.at)
        return Review.objects.filter(held_at=None).order_by("pk")[0]

    def remark(self, kind: str) -> int:
        """Return the id of something said of the kind's draft."""
        draft = self.drafts[kind]
        return comment(version=draft, text="Is this so?", by=self.marketing, at=self.at).pk

    def clause(self, kind: str) -> str:
        """Return the key of a clause of the kind's draft."""
        return self.drafts[kind].clauses.order_by("pk")[0].key

    # Leads and what became of them

    def make_leads(self, count: int, *, company: str = "") -> list[int]:
        """Make so many leads in one go and return their ids."""
        inputs = [
            LeadInput(
                email=f"{number}@example.test",
                name=f"Lead {number}",
                company=company or f"Company {number}",
                source=f"Source {number}",
                created_at=self.at - timedelta(days=9),
            )
            for number in (self.number() for _ in range(count))
        ]
        found = find_or_create_leads(
            inputs, external_source=self.name, by=None, at=self.at, cause=StaleCause.LIVE
        )
        return [one.lead_id for one in found]

    def hand_over(self, count: int, *, company: str = "") -> list[Handoff]:
        """Let so many leads do what opens a gate; the team's SDR gets them, clocks run."""
        assert self.signed
        at = self.at - timedelta(hours=1)
        ids = self.make_leads(count, company=company)
        changes = [FactChange(pk, at - timedelta(days=3), HOT) for pk in ids]
        write_facts(changes, set_by=SetBy.FORM, by=None, at=at, cause=StaleCause.LIVE)
        self.visit(ids, at=at)
        settle(ids, at=at)
        rows = Handoff.objects.filter(lead__in=ids)
        rows.update(owner=self.sdr, team=self.team, routed_at=at)
        made = list(rows.select_related("lead").order_by("pk"))
        assert len(made) == count, "no gate has opened"
        sync_clocks([one.pk for one in made], at=at)
        return made

    def visit(self, lead_ids: Sequence[int], *, at: Any, days: int = 2) -> None:
        """Record visits of the prices, one a day, and a demo request."""
        page = {"object_kind": "page", "object_key": "/pricing", "object_title": "Pricing"}
        form = {"object_kind": "form", "object_key": "demo", "object_title": "Demo form"}
        done = [
            ActivityInput(pk, "page_view", at - timedelta(days=day), self.number(), **page)
            for pk in lead_ids
            for day in range(days)
        ]
        done += [ActivityInput(pk, "demo_request", at, self.number(), **form) for pk in lead_ids]
        record_activities(done, source="guards", by=None, at=at)
        prices = TrackedObject.objects.get(kind="page", key="/pricing")
        retag(object=prices, tags=["pricing"], by=self.marketing, at=at)

    def accept(self, handoffs: Sequence[Handoff]) -> list[Disposition]:
        """Make SQLs of the team's account executive of these."""
        return [
            accept(handoff=one, by=self.sdr, at=self.at, owner=self.executive) for one in handoffs
        ]

    def reject(
        self, handoffs: Sequence[Handoff], *, code: str = "wrong_industry"
    ) -> list[Disposition]:
        """Reject these for a reason."""
        reason = Reason.objects.get(code=code)
        return [
            reject(handoff=one, by=self.sdr, at=self.at, reason=reason, note="It came too early.")
            for one in handoffs
        ]

    @cached_property
    def handoff(self) -> Handoff:
        """An open one, with the SDR."""
        return self.hand_over(1)[0]

    @cached_property
    def decision(self) -> Disposition:
        """The SDR's acceptance of today."""
        return self.accept(self.hand_over(1))[0]

    @property
    def lead(self) -> Lead:
        """The account executive's SQL, which every role may see."""
        return self.decision.handoff.lead

    @cached_property
    def clock(self) -> Clock:
        """One that runs for the SQL's handoff."""
        return Clock.objects.filter(handoff=self.decision.handoff).order_by("pk")[0]

    @cached_property
    def question(self) -> Note:
        return add_note(
            lead=self.lead, text="Who decides there?", is_question=True, by=self.sdr, at=self.at
        )

    @cached_property
    def opportunity(self) -> Opportunity:
        handoff, executive = self.decision.handoff, self.executive
        handoff.refresh_from_db()
        return open_opportunity(
            handoff=handoff, owner=executive, value=None, by=executive, at=self.at
        )

    # One person's own things: the SDR's

    @cached_property
    def saved_view(self) -> SavedView:
        return save_view(page="leads", name="Mine", query="stage=mql", by=self.sdr)

    @cached_property
    def follow_up(self) -> FollowUp:
        due = self.at + timedelta(days=1)
        return create_follow_up(
            lead=self.lead, assignee=self.sdr, due_at=due, why="Call again", by=self.sdr, at=self.at
        )

    @cached_property
    def notification(self) -> Notification:
        tell(users=[self.sdr], kind="test", key="one", text="Look at this", url="/", at=self.at)
        return Notification.objects.get(user=self.sdr)
