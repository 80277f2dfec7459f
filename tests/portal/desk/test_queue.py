"""The order of the day, and who has what on the desk."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.handoffs import order as orders
from leads.handoffs.holding import next_for, take_hold
from leads.handoffs.models import Handoff
from leads.handoffs.skipping import skip
from leads.handoffs.snoozing import snooze
from portal.accounts.models import Membership
from portal.desk import queue as queues
from portal.desk.queue import on_desk_of, queue_of
from tests.factories import make_activity, make_handoff, make_team, make_user

pytestmark = pytest.mark.django_db


def test_breached_come_first_then_at_risk_then_score_then_age(scene) -> None:
    old, new, best, risky, late = (scene.handoff(scene.sofia) for _ in range(5))
    for one, total in ((old, 90), (new, 90), (best, 120), (risky, 10), (late, 5)):
        scene.rank(one, total)
    scene.soon(risky)
    scene.late(late)
    found = queue_of(scene.sofia, at=scene.at)
    assert [one.pk for one in found] == [late.pk, risky.pk, best.pk, old.pk, new.pk]
    assert [band.state for band in found.bands] == ["breached", "at_risk", "on_time"]
    assert [len(band.rows) for band in found.bands] == [1, 1, 3]


def test_an_instant_decides_the_band(scene) -> None:
    handoff = scene.handoff(scene.sofia)
    Handoff.objects.filter(pk=handoff.pk).update(
        warn_at=scene.at, due_at=scene.at + timedelta(seconds=10)
    )

    def band_at(seconds: int) -> str:
        found = queue_of(scene.sofia, at=scene.at + timedelta(seconds=seconds))
        return next(band.state for band in found.bands if band.rows)

    assert [band_at(s) for s in (-1, 0, 10, 11)] == ["on_time", "at_risk", "at_risk", "breached"]


def test_a_handoff_without_clocks_is_on_time(scene) -> None:
    handoff = make_handoff(owner=scene.sofia)
    assert [one.pk for one in queue_of(scene.sofia, at=scene.at).bands[2].rows] == [handoff.pk]


def test_each_role_has_its_own_desk(scene) -> None:
    mine, others, waiting = (scene.handoff(who) for who in (scene.sofia, scene.anna, None))
    elsewhere = make_handoff(team=make_team("Outbound"))
    decided = scene.handoff(scene.sofia)
    Handoff.objects.filter(pk=decided.pk).update(is_decided=True)

    def seen(user):
        return {one.pk for one in queue_of(user, at=scene.at)}

    assert seen(scene.sofia) == {mine.pk, waiting.pk}
    assert seen(scene.tom) == {mine.pk, others.pk, waiting.pk}
    assert seen(scene.admin) == {mine.pk, others.pk, waiting.pk, elsewhere.pk}
    assert seen(make_user()) == set()


@pytest.mark.parametrize("who", ["sofia", "tom", "admin"])
def test_what_is_on_the_desk_may_be_seen(scene, who) -> None:
    for owner in (scene.sofia, scene.anna, None):
        scene.handoff(owner)
    user = scene.people[who]
    assert not on_desk_of(user).exclude(pk__in=Handoff.objects.visible_to(user).values("pk"))


def test_next_is_the_one_after_and_wraps_at_the_end(scene) -> None:
    first, second, third = (scene.handoff(scene.sofia) for _ in range(3))
    found = queue_of(scene.sofia, at=scene.at)
    assert [found.after(one).pk for one in (first, second, third)] == [
        second.pk, third.pk, first.pk,
    ]  # fmt: skip
    assert found.neighbours(second)[0].pk == first.pk
    assert found.neighbours(first)[0] is None
    assert [found.place_of(one) for one in (first, third)] == [1, 3]


def test_nothing_comes_after_the_last(scene) -> None:
    only = scene.handoff(scene.sofia)
    assert queue_of(scene.sofia, at=scene.at).after(only) is None


def test_one_paint_is_limited_over_all_bands(scene, monkeypatch) -> None:
    monkeypatch.setattr(queues, "SHOWN", 3)
    handoffs = [scene.handoff(scene.sofia) for _ in range(5)]
    scene.late(handoffs[4])
    found = queue_of(scene.sofia, at=scene.at)
    assert [one.pk for one in found] == [handoffs[n].pk for n in (4, 0, 1)]
    assert (len(found), found.count, found.left) == (3, "5", 2)


@pytest.mark.parametrize("near", [0, 100])
@pytest.mark.parametrize("shown", [1, 2, 3, 4])
def test_what_follows_is_found_from_a_place_in_the_order(scene, monkeypatch, shown, near) -> None:
    monkeypatch.setattr(orders, "NEAR", near)
    handoffs = [scene.handoff(scene.sofia) for _ in range(6)]
    scene.late(handoffs[3])
    scene.soon(handoffs[1])
    scene.rank(handoffs[5], 300)
    for one in handoffs[4:5]:
        skip(handoff=one, by=scene.sofia, at=scene.at)
    whole = [one.pk for one in queue_of(scene.sofia, at=scene.at)]
    assert whole == [handoffs[n].pk for n in (3, 1, 5, 0, 2, 4)]
    monkeypatch.setattr(queues, "SHOWN", shown)
    found, cursor = [], ""
    while True:
        page = queue_of(scene.sofia, at=scene.at, after=cursor)
        found += [one.pk for one in page]
        if not page.has_more:
            break
        cursor = page.cursor
    assert found == whole


@pytest.mark.parametrize("cursor", ["x", "on_time.", "on_time.x.1", "breached.1", "\0", "a.b.c"])
def test_a_place_nobody_named_is_the_start(scene, cursor) -> None:
    handoff = scene.handoff(scene.sofia)
    assert [one.pk for one in queue_of(scene.sofia, at=scene.at, after=cursor)] == [handoff.pk]


def test_counting_stops_where_nobody_reads_on(scene, monkeypatch) -> None:
    monkeypatch.setattr(orders, "NEAR", 2)
    monkeypatch.setattr(queues, "COUNTED", 2)
    monkeypatch.setattr(queues, "SHOWN", 1)
    for _ in range(4):
        scene.handoff(scene.sofia)
    found = queue_of(scene.sofia, at=scene.at)
    assert (found.count, found.left) == ("2+", 0)


def test_what_was_skipped_today_comes_last(scene) -> None:
    first, second, third = (scene.handoff(scene.sofia) for _ in range(3))
    skip(handoff=second, by=scene.sofia, at=scene.at)
    skip(handoff=first, by=scene.sofia, at=scene.at + timedelta(seconds=1), words="Again")
    later = scene.at + timedelta(seconds=2)
    assert [one.pk for one in queue_of(scene.sofia, at=later)] == [third.pk, second.pk, first.pk]
    assert queue_of(scene.sofia, at=later).bands[-1].state == "skipped"
    assert [one.pk for one in queue_of(scene.tom, at=later)] == [first.pk, second.pk, third.pk]


def test_what_sleeps_is_in_a_fold_of_its_own_until_it_wakes(scene) -> None:
    one, woken, other = (scene.handoff(scene.sofia) for _ in range(3))
    for handoff in (one, woken):
        snooze(
            handoff=handoff, by=scene.sofia, at=scene.at, until=scene.at + timedelta(hours=2),
            wakes_on_activity=True,
        )  # fmt: skip
    make_activity(woken.lead, at=scene.at + timedelta(minutes=1))
    found = queue_of(scene.sofia, at=scene.at + timedelta(minutes=2))
    assert [row.pk for row in found] == [woken.pk, other.pk]
    assert [row.pk for row in found.asleep] == [one.pk]
    assert (found.count, len(found)) == ("2", 2)
    later = queue_of(scene.sofia, at=scene.at + timedelta(hours=2))
    assert not later.asleep
    assert len(later) == 3


@pytest.mark.parametrize("who", ["sofia", "anna", "tom", "admin"])
def test_here_and_in_the_database_it_is_the_same_order(scene, monkeypatch, who) -> None:
    Membership.objects.filter(user=scene.anna).update(rota_days=0)
    owners = (scene.sofia, None, scene.anna)
    for n in range(18):
        made = scene.handoff(owners[n % 3])
        scene.rank(made, 10 * (n % 4))
        due, warn = ((-1, -2), (1, -1), (3, 2), (0, 0), (3, 0))[n % 5]
        hour = timedelta(hours=1)
        Handoff.objects.filter(pk=made.pk).update(
            due_at=scene.at + due * hour if n % 7 else None, warn_at=scene.at + warn * hour,
            snoozed_at=scene.at if n % 8 == 5 else None,
            snoozed_until=scene.at + hour if n % 8 == 5 else None,
        )  # fmt: skip
        if n % 6 == 1:
            take_hold(handoff_id=made.pk, by=scene.sofia, at=scene.at)
        if n in {2, 3} and who in {"sofia", "anna"}:
            skip(handoff=made, by=owners[n % 3], at=scene.at, words="x")
    user, seen = scene.people[who], []
    for near in (0, 100):
        monkeypatch.setattr(orders, "NEAR", near)
        found = queue_of(user, at=scene.at)
        played: list[int] = []
        while (pk := next_for(user, at=scene.at, but=played)) is not None:
            played.append(pk)
        bands = [(band.state, [one.pk for one in band.rows]) for band in found.bands if band.rows]
        seen.append((bands, [one.pk for one in found.asleep], played))
    assert seen[0] == seen[1]
    assert seen[0][0]


def test_it_says_whose_turn_it_is(scene) -> None:
    mine, waiting = scene.handoff(scene.sofia), scene.handoff(None)
    Membership.objects.filter(user=scene.sofia).update(rota_days=0)
    found = queue_of(scene.sofia, at=scene.at)
    assert [(band.state, [one.pk for one in band.rows]) for band in found.bands if band.rows] == [
        ("on_time", [mine.pk]),
        ("their_turn", [waiting.pk]),
    ]
    assert found.day.rota.names == ["Anna"]
    assert [band.state for band in queue_of(scene.anna, at=scene.at).bands if band.rows] == [
        "on_time"
    ]


def test_the_queue_costs_the_same_however_long_it_is(scene) -> None:
    counts = []
    for more in (1, 39):
        for _ in range(more):
            make_handoff(owner=scene.sofia, team=scene.team, held_by=scene.tom)
        with CaptureQueriesContext(connection) as asked:
            found = queue_of(scene.sofia, at=scene.at)
            assert [(one.lead.label, str(one.owner), str(one.held_by)) for one in found]
        counts.append(len(asked))
    assert counts[0] <= 8  # the day: 5; the rows, their leads, and who else has one at hand
    assert counts[1] <= counts[0]
