"""People decide, log touches and write facts while leads are settled: nobody waits in a circle."""

from collections.abc import Callable
from datetime import timedelta
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


def test_deciding_touching_learning_and_settling_at_once(now) -> None:
    make_definition(at=now)
    with held():
        team = make_team(is_default=True)
        people = [make_user(team=team) for _ in range(3)]
        admin = make_user(role="admin")
        handoffs = [make_handoff(make_lead(), team=team, at=now) for _ in range(12)]
        known = make_leads(12)
    ids = [one.lead_id for one in handoffs] + [lead.pk for lead in known]
    spam = Reason.objects.get(code="spam")

    def decide(by: User, step: int) -> None:
        for number in range(ROUNDS):
            at = now + timedelta(seconds=number)
            for one in handoffs[::step]:
                try:
                    withdraw(
                        disposition=reject(handoff=one, reason=spam, by=by, at=at), by=by, at=at
                    )
                except DomainError:
                    continue

    def touch() -> None:
        given = {"handoff": None, "kind": "call_outbound", "outcome": "", "note": "", "by": admin}
        for number in range(ROUNDS):
            for one in reversed(handoffs):
                log_touch(lead=one.lead, at=now + timedelta(seconds=number), **given)

    def learn() -> None:
        for number in range(ROUNDS):
            for lead_id in ids[::3]:
                make_facts(lead_id, at=now + timedelta(seconds=number), city=f"City {number}")
            for lead in known[::2]:
                make_activity(lead, at=now + timedelta(seconds=number))

    def settle_all() -> None:
        for number in range(ROUNDS):
            at = now + timedelta(seconds=number)
            settle(ids, at=at)
            route_waiting(at=at)

    errors = together(
        *(lambda by=by: decide(by, 1) for by in people), touch, learn, settle_all, settle_all
    )
    assert not errors, errors
    standing = Disposition.objects.standing().values_list("handoff_id", flat=True)
    assert len(standing) == len(set(standing))
    decided = set(Handoff.objects.filter(is_decided=True).values_list("pk", flat=True))
    assert decided == set(standing)
