"""Replaying the story day by day through the product's own set services.

The generator writes inputs only: people, leads, facts, activities, touches, dispositions and
signatures. Scores, handoffs, evidence, clocks and breaches are what the product makes of them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from django.db import transaction

from leads.activities.models import TrackedObject
from leads.activities.services import ActivityInput, record_activities
from leads.database.facts import FactChange, write_facts
from leads.database.models import StaleCause
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from leads.handoffs.models import Release
from portal.accounts.models import User
from portal.agreements.activation import announce_activations
from portal.demo import market
from portal.demo.deals import Deals
from portal.demo.sales import SalesFloor
from portal.demo.story import Deed, Person
from portal.events.delivery import BATCH, deliver_pending
from scoring.engine.due import settle_due
from scoring.engine.services import release_leads
from sla.breaches.services import find_breaches
from sla.escalations.climbing import climb

Thing = TypeVar("Thing")
LOOKS = ((7, 10), (12, 16))  # hours (UTC) between which a working day is looked at
SOURCE = "demo"


class Replay:
    """Feeds the story up to one instant after another, and lets the product follow."""

    def __init__(
        self, people: Sequence[Person], deeds: Sequence[Deed], floor: SalesFloor, deals: Deals
    ) -> None:
        self.arrivals = sorted(people, key=lambda person: person.arrives_at)
        self.enrichments = sorted(
            (person for person in people if person.enriched_at),
            key=lambda person: person.enriched_at or person.arrives_at,
        )
        self.deeds = list(deeds)
        self.lead_ids: dict[int, int] = {}
        self.floor = floor
        self.deals = deals
        self.tag_objects()

    def tag_objects(self) -> None:
        """Marketing has tagged its pages and papers before anybody came."""
        for (kind, key, title), tags in market.TAGS.items():
            TrackedObject.objects.update_or_create(
                kind=kind, key=key, defaults={"title": title, "tags": tags}
            )

    def feed(self, until: datetime, *, history: bool = False) -> None:
        """Store what arrives, is found out and happens before ``until``, in sets."""
        cause = StaleCause.IMPORT if history else StaleCause.LIVE
        arrived = _take(self.arrivals, lambda one: one.arrives_at < until)
        for start in range(0, len(arrived), 1000):
            self._arrive(arrived[start : start + 1000], until, cause)
        enriched = _take(self.enrichments, lambda one: (one.enriched_at or until) < until)
        write_facts(
            [_enrichment(self.lead_ids[one.number], one) for one in enriched],
            set_by=SetBy.ENRICHMENT,
            by=None,
            at=until,
            cause=cause,
        )
        done = _take(self.deeds, lambda one: one.at < until)
        for start in range(0, len(done), 2000):
            self._act(done[start : start + 2000], until, history=history)

    def _arrive(self, people: Sequence[Person], at: datetime, cause: StaleCause) -> None:
        if not people:
            return
        found = find_or_create_leads(
            [_lead(person) for person in people],
            external_source=SOURCE,
            by=None,
            at=at,
            cause=cause,
        )
        for person, one in zip(people, found, strict=True):
            self.lead_ids[person.number] = one.lead_id
        said = [
            FactChange(self.lead_ids[person.number], person.arrives_at, person.facts)
            for person in people
        ]
        write_facts(said, set_by=SetBy.FORM, by=None, at=at, cause=cause)

    def _act(self, deeds: Sequence[Deed], at: datetime, *, history: bool) -> None:
        if deeds:
            items = [self._activity(deed) for deed in deeds]
            record_activities(items, source=SOURCE, by=None, at=at, history=history)

    def _activity(self, deed: Deed) -> ActivityInput:
        kind, key, title = deed.about or ("", "", "")
        return ActivityInput(
            lead_id=self.lead_ids[deed.person],
            kind=deed.kind,
            occurred_at=deed.at,
            external_id="",
            object_kind=kind,
            object_key=key,
            object_title=title,
        )

    def live_until(self, at: datetime) -> None:
        """One look at the day: feed, settle, deliver, let sales work, find breaches."""
        with transaction.atomic():
            self.feed(at)
            self.floor.work_until(at)
            self.follow(at)
            self.floor.plan_new()
            while find_breaches(at=at) == BATCH:
                pass
            climb(at=at)

    def follow(self, at: datetime) -> None:
        """Let the product's sweeps run until nothing is due."""
        announce_activations(at=at)
        while settle_due(at=at):
            pass
        while deliver_pending(at=at):
            pass

    def release(self, count: int, by: User, at: datetime) -> None:
        """A leader releases the best of the release list."""
        if Release.objects.waiting().exists():
            release_leads(by=by, at=at, count=count)
            self.follow(at)


def ticks_between(random: Random, since: datetime, until: datetime) -> list[datetime]:
    """Return the instants at which the replay looks, ``until`` included."""
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while day <= until:
        for first, last in LOOKS if day.weekday() < 5 else ((9, 14),):
            found.append(day + timedelta(seconds=random.randrange(first * 3600, last * 3600)))
        day += timedelta(days=1)
    return [at for at in found if since < at < until] + [until]


def _take(things: list[Thing], wanted: Callable[[Thing], bool]) -> list[Thing]:
    """Take the first things of a sorted list away while they are wanted."""
    count = next((n for n, one in enumerate(things) if not wanted(one)), len(things))
    taken = things[:count]
    del things[:count]
    return taken


def _lead(person: Person) -> LeadInput:
    return LeadInput(
        email=person.email,
        name=person.name,
        company=person.firm.name,
        company_domain=person.firm.domain,
        source=person.source,
        campaign=person.campaign,
        created_at=person.arrives_at,
    )


def _enrichment(lead_id: int, person: Person) -> FactChange:
    firm = person.firm
    known_from = person.enriched_at or person.arrives_at
    values: dict[str, str | int | None] = {
        "industry": firm.industry,
        "company_size": firm.size,
        "city": firm.city,
    }
    return FactChange(lead_id, known_from, values)
