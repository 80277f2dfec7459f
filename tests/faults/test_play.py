"""People play one queue while a manager breaks holds and routing goes on: nothing is lost."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import pytest

from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import reject
from leads.handoffs.holding import LEASE, break_hold, extend_hold, give_up, next_for
from leads.handoffs.models import Handoff
from leads.handoffs.skipping import skip
from leads.handoffs.snoozing import snooze
from leads.routing.services import route_waiting
from portal.accounts.models import Membership, Role, User
from portal.core.errors import DomainError
from tests.conftest import FULL
from tests.factories import make_handoff, make_team, make_user
from tests.faults.test_locks import together

pytestmark = [pytest.mark.postgres, pytest.mark.faults, pytest.mark.django_db(transaction=True)]
ROUNDS = 60 if FULL else 15
HANDOFFS = 24


class Floor:
    """Three people on one queue that nobody owns, and their lead."""

    def __init__(self, now: datetime) -> None:
        self.now, self.team = now, make_team(is_default=True)
        self.people = [make_user(team=self.team) for _ in range(3)]
        self.lead = make_user(team=self.team, role=Role.SALES_LEAD)
        self.handoffs = [make_handoff(team=self.team, at=now) for _ in range(HANDOFFS)]
        Membership.objects.filter(user=self.people[0]).update(cap=3)

    def play(self, by: User) -> None:
        """Take the next, and skip, snooze, leave or decide it, in turn."""
        spam = Reason.objects.get(code="spam")
        for n in range(ROUNDS):
            at = self.now + timedelta(seconds=n)
            pk = next_for(by, at=at)
            if pk is None:
                continue
            handoff = Handoff.objects.get(pk=pk)
            with suppress(DomainError):
                extend_hold(handoff_id=pk, by=by, at=at)
                if n % 4 == 0:
                    skip(handoff=handoff, by=by, at=at, words="Later")
                elif n % 4 == 1:
                    until = at + timedelta(minutes=5)
                    snooze(handoff=handoff, by=by, at=at, until=until, wakes_on_activity=n % 2 == 0)
                elif n % 4 == 2:
                    give_up(by=by, at=at)
                else:
                    reject(handoff=handoff, reason=spam, by=by, at=at)

    def oversee(self) -> None:
        """Break what is held and let routing run, again and again."""
        for n in range(ROUNDS):
            at = self.now + timedelta(seconds=n)
            for handoff in Handoff.objects.open().filter(held_by__isnull=False)[:3]:
                break_hold(handoff=handoff, by=self.lead, at=at)
            route_waiting(at=at)


def test_a_busy_morning_loses_and_doubles_nothing(now) -> None:
    floor = Floor(now)
    works = [partial(floor.play, one) for one in floor.people]
    assert together(*works, floor.oversee) == []
    counting = Disposition.objects.standing()
    assert counting.count() == counting.values("handoff").distinct().count() > 0
    assert not Handoff.objects.filter(is_decided=True, held_by__isnull=False).exists()
    assert not Handoff.objects.filter(is_decided=True, snoozed_until__isnull=False).exists()

    later = now + timedelta(seconds=ROUNDS) + LEASE  # every lease and snooze is over
    left = set(Handoff.objects.open().values_list("pk", flat=True))
    found: set[int] = set()
    for person in floor.people:
        while (pk := next_for(person, at=later, but=found)) is not None:
            found.add(pk)
    assert found == left
