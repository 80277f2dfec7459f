"""The order of the day, and who has what on the desk."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.handoffs.models import Handoff
from portal.desk import queue as queues
from portal.desk.queue import on_desk_of, queue_of
from tests.factories import make_handoff, make_team, make_user
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


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


def test_a_band_is_limited_and_says_so(scene, monkeypatch) -> None:
    monkeypatch.setattr(queues, "BAND", 2)
    for _ in range(3):
        scene.handoff(scene.sofia)
    found = queue_of(scene.sofia, at=scene.at)
    assert len(found) == 2
    assert found.count == "2+"


def test_the_queue_costs_five_queries(scene) -> None:
    counts = []
    for more in (1, 39):
        for _ in range(more):
            make_handoff(owner=scene.sofia, team=scene.team)
        with CaptureQueriesContext(connection) as asked:
            assert [(one.lead.label, one.owner) for one in queue_of(scene.sofia, at=scene.at)]
        counts.append(len(asked))
    assert counts == [5, 5]
