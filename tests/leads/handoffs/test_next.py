"""What play mode opens next: the order of the day, the rota, and no two people at one handoff."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections, transaction

from leads.handoffs.holding import (
    next_for,
)
from leads.handoffs.models import Handoff
from portal.accounts.models import Membership, Role
from portal.events.models import Event
from tests.factories import make_handoff, make_team, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def again(handoff: Handoff) -> Handoff:
    return Handoff.objects.get(pk=handoff.pk)


def kinds(handoff: Handoff) -> list[str]:
    rows = Event.objects.filter(subject_type="leads.handoff", subject_id=handoff.pk)
    return list(rows.order_by("pk").values_list("kind", flat=True))


def test_next_follows_the_order_of_the_day(team, sofia, now) -> None:
    hour = timedelta(hours=1)

    def due(hours: int, warn: int, rank: int) -> Handoff:
        given = {"due_at": now + hours * hour, "warn_at": now + warn * hour}
        return make_handoff(team=team, owner=sofia, rank=rank, **given)

    old, new = due(9, 5, 90), due(9, 5, 90)
    best, risky, late = due(9, 5, 120), due(1, -1, 10), due(-1, -2, 5)
    order, found = [late, risky, best, old, new], []
    for _ in order:
        found.append(next_for(sofia, at=now, but=found))
    assert found == [one.pk for one in order]
    assert next_for(sofia, at=now, but=found) is None
    assert again(new).held_by == sofia


def test_next_is_the_same_one_until_it_is_decided(team, sofia, now) -> None:
    first = make_handoff(team=team, owner=sofia)
    make_handoff(team=team, owner=sofia)
    assert [next_for(sofia, at=now + n * MINUTE) for n in range(3)] == [first.pk] * 3
    assert kinds(first) == ["handoff.held"]


def test_next_passes_over_what_somebody_else_has(team, sofia, anna, now) -> None:
    first, second = make_handoff(team=team), make_handoff(team=team)
    assert next_for(anna, at=now) == first.pk
    assert next_for(sofia, at=now) == second.pk
    assert next_for(make_user(team=team), at=now) is None


def test_nobody_outside_the_desk_plays(team, now) -> None:
    make_handoff(team=team)
    for role in set(Role.values) - {Role.SDR, Role.SALES_LEAD}:
        assert next_for(make_user(role=role, team=team), at=now) is None


def on_days(person, days: int) -> None:
    Membership.objects.filter(user=person).update(rota_days=days)


def test_what_nobody_has_is_offered_to_those_on_the_rota(team, sofia, anna, now) -> None:
    handoff = make_handoff(team=team)
    on_days(anna, 0b0000001)  # now is a Monday
    on_days(sofia, 0b1111110)
    assert next_for(sofia, at=now) is None
    assert next_for(anna, at=now) == handoff.pk


def test_ones_own_need_no_rota(team, sofia, anna, now) -> None:
    on_days(sofia, 0)
    mine = make_handoff(team=team, owner=sofia)
    make_handoff(team=team, rank=500)
    assert next_for(sofia, at=now) == mine.pk


def test_the_rota_counts_days_in_the_organisations_zone(team, sofia, anna, now) -> None:
    make_handoff(team=team)
    on_days(anna, 0b0000001)
    on_days(sofia, 0b0000010)
    late = now.replace(hour=23, minute=30)  # Tuesday 00:30 in Berlin
    assert next_for(anna, at=late) is None
    assert next_for(sofia, at=late) is not None


@pytest.mark.parametrize("why", ["nobody", "away", "left", "takes none"])
def test_without_anybody_on_the_rota_it_is_everybodys(team, sofia, anna, now, why) -> None:
    handoff = make_handoff(team=team)
    on_days(sofia, 0)
    hers = Membership.objects.filter(user=anna)
    if why == "nobody":
        on_days(anna, 0)
    elif why == "away":
        hers.update(away_until=now + MINUTE)
    elif why == "takes none":
        hers.update(takes_handoffs=False)
    else:
        anna.is_active = False
        anna.save()
    assert next_for(sofia, at=now) == handoff.pk


@pytest.mark.parametrize("size", [1, 40])
def test_next_costs_the_same_however_long_the_queue(
    team, sofia, now, size, django_assert_max_num_queries
) -> None:
    for _ in range(size):
        make_handoff(team=team, owner=sofia)
    with django_assert_max_num_queries(18), transaction.atomic():
        assert next_for(sofia, at=now)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_claimers_at_once_each_get_their_own(now) -> None:
    team = make_team()
    people = [make_user(team=team) for _ in range(6)]
    ids = [make_handoff(team=team).pk for _ in range(6)]
    taken, start = [], Barrier(len(people))

    def play(person) -> None:
        try:
            start.wait()
            taken.append(next_for(person, at=now))
        finally:
            connections.close_all()

    threads = [Thread(target=play, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [pk for pk in taken if pk is not None]
    assert len(set(got)) == len(got)
    assert set(got) <= set(ids)
    assert Handoff.objects.filter(held_by__isnull=False).count() == len(got) >= 5
