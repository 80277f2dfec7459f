"""People decide, log touches and write facts while leads are settled: nobody waits in a circle."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from threading import Barrier, Thread

import pytest
from django.db import connections

from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import log_touch, reject, withdraw
from leads.handoffs.models import Handoff
from leads.routing.services import route_waiting
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.events.bells import held
from scoring.engine.services import settle
from tests.conftest import FULL
from tests.factories import (
    make_activity,
    make_definition,
    make_facts,
    make_handoff,
    make_lead,
    make_leads,
    make_team,
    make_user,
)

pytestmark = [pytest.mark.postgres, pytest.mark.faults, pytest.mark.django_db(transaction=True)]
ROUNDS = 60 if FULL else 12


def together(*works: Callable[[], None]) -> list[Exception]:
    """Run each of ``works`` in a thread of its own, at once; return what went wrong."""
    start, errors = Barrier(len(works)), []

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait()
            with held():
                work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


class Company:
    """People, handoffs and other leads that everybody works on at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        team = make_team(is_default=True)
        self.people = [make_user(team=team) for _ in range(3)]
        self.handoffs = [make_handoff(make_lead(), team=team, at=now) for _ in range(12)]
        self.known = make_leads(12)
        self.ids = [one.lead_id for one in self.handoffs] + [lead.pk for lead in self.known]

    def rounds(self) -> list[datetime]:
        return [self.now + timedelta(seconds=number) for number in range(ROUNDS)]

    def decide(self, by: User) -> None:
        spam = Reason.objects.get(code="spam")
        for at, one in product(self.rounds(), self.handoffs):
            with suppress(DomainError):
                made = reject(handoff=one, reason=spam, by=by, at=at)
                withdraw(disposition=made, by=by, at=at)

    def touch(self) -> None:
        given = {"handoff": None, "kind": "call_outbound", "outcome": "", "note": ""}
        for at, one in product(self.rounds(), reversed(self.handoffs)):
            log_touch(lead=one.lead, by=self.people[0], at=at, **given)

    def learn(self) -> None:
        for at in self.rounds():
            for lead_id in self.ids[::3]:
                make_facts(lead_id, at=at, city=f"City {at:%S}")
            for lead in self.known[::2]:
                make_activity(lead, at=at)

    def settle(self) -> None:
        for at in self.rounds():
            settle(self.ids, at=at)
            route_waiting(at=at)


def test_deciding_touching_learning_and_settling_at_once(now) -> None:
    make_definition(at=now)
    with held():
        company = Company(now)
    deciders = [partial(company.decide, by) for by in company.people]
    errors = together(*deciders, company.touch, company.learn, company.settle, company.settle)
    assert not errors, errors
    standing = list(Disposition.objects.standing().values_list("handoff_id", flat=True))
    assert len(standing) == len(set(standing))
    decided = Handoff.objects.filter(is_decided=True).values_list("pk", flat=True)
    assert set(decided) == set(standing)
