"""Everything that moves handoffs, at once: nobody waits in a circle, nothing is lost or doubled."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from leads.dispositions.services import accept
from leads.handoffs.models import Handoff
from leads.routing.absence import come_back, go_away, span_of
from leads.routing.members import Terms, change_members
from leads.routing.passing import pass_on
from leads.routing.services import route_waiting
from portal.core.errors import DomainError
from portal.events.models import Event
from tests.faults.test_locks import together
from tests.leads.routing.builders import held, member, place_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


class Morning:
    """Four people with eight handoffs each, eight that nobody has, and all that may happen."""

    def __init__(self, team, boss, at) -> None:
        self.team, self.boss, self.at = team, boss, at
        self.people = [member(team, f"Person {n}", cap=12) for n in range(4)]
        self.handoffs = [one for user in [*self.people, None] for one in held(user, team, 8)]
        self.by = {"by": boss, "at": at}

    def pass_around(self) -> None:
        for n in range(ROUNDS):
            wishes = {one.pk: one.owner_id for one in self.handoffs[n::7]}
            insist = n % 2 == 0
            with suppress(DomainError):
                pass_on(
                    team=self.team, wishes=wishes, to=self.people[n % 4], anyway=insist, **self.by
                )

    def come_and_go(self) -> None:
        until = self.at + timedelta(days=1)
        for _ in range(ROUNDS):
            place = place_of(self.people[0])
            span = span_of(place, at=self.at)
            go_away(
                place=place, away_from=None, away_until=until, keeps=False, seen=span, **self.by
            )
            place = place_of(self.people[0])
            come_back(place=place, seen=span_of(place, at=self.at), **self.by)

    def change(self) -> None:
        for n in range(ROUNDS):
            places = [place_of(user) for user in self.people]
            seen = {one.pk: Terms.of(one) for one in places}
            wanted = {pk: replace(terms, cap=12 + n, weight=50 + n) for pk, terms in seen.items()}
            change_members(team_id=self.team.pk, wanted=wanted, seen=seen, **self.by)

    def decide(self) -> None:
        for one in self.handoffs[::5]:
            accept(handoff=one, **self.by)

    def route(self) -> None:
        for _ in range(ROUNDS):
            route_waiting(at=self.at)


def test_passing_absences_routing_and_decisions_at_once(team, boss, now) -> None:
    day = Morning(team, boss, now)
    works = (day.pass_around, day.come_and_go, day.change, day.decide, day.route, day.pass_around)
    assert together(*works) == []
    decided = Event.objects.filter(kind="handoff.accepted").values_list("subject_id", flat=True)
    assert sorted(decided) == sorted(one.pk for one in day.handoffs[::5])
    moves = Event.objects.filter(kind__in=("handoff.routed", "handoff.returned")).order_by("pk")
    last = {one.subject_id: one for one in moves}
    for one in Handoff.objects.open().filter(pk__in=last):  # with whom its last event says
        routed = last[one.pk].kind == "handoff.routed"
        assert one.owner_id == (last[one.pk].payload["user"] if routed else None)
