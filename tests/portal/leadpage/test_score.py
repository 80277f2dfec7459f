"""The score over time: what led to it, and what comes if nothing more does."""

from datetime import timedelta

import pytest
from django.urls import reverse

from portal.leadpage.score import LEFT, RIGHT, score_chart
from scoring.definitions.services import definition_in_force
from scoring.engine.outlook import outlook
from scoring.engine.reading import read_histories
from tests.factories import make_activity, make_lead
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


scene = staged(Scene)


def over_time(scene: Scene, lead):
    _version, definition = definition_in_force(scene.at)
    history = read_histories([lead.pk], definition)[lead.pk]
    return outlook(definition, history.snapshots, history.activities, scene.at, with_past=True)


def numbers(points: str) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in points.split()]


def interested(scene: Scene, *, days_ago: int):
    lead = make_lead(at=scene.at - (days_ago + 9) * DAY)
    scene.interest(lead, at=scene.at - days_ago * DAY)
    return lead


def test_it_tells_each_change_to_come_with_its_day_and_its_rule(scene) -> None:
    ahead = over_time(scene, interested(scene, days_ago=5)).ahead
    assert [step.total for step in ahead] == [75, 60, 30]
    assert [(step.at - scene.at).days for step in ahead] == [24, 25, 175]
    assert ahead[0].why == ("“Visited a pricing page” counts less",)
    assert ahead[1].why == ("“Visited a pricing page” no longer counts",)
    assert ahead[2].why == ("“Asked for a demo” no longer counts",)


def test_the_past_is_scored_by_the_same_evaluation(scene) -> None:
    seen = over_time(scene, interested(scene, days_ago=5))
    assert [step.total for step in seen.past] == [0, 30, 45, 90]
    assert seen.past[-1].total == seen.now.total == 90


def test_the_drawing_begins_and_ends_where_the_score_does(scene) -> None:
    seen = over_time(scene, interested(scene, days_ago=5))
    chart = score_chart(seen, [(scene.at - 5 * DAY, "MQL"), (scene.at - 5 * DAY, "handed over")])
    past, ahead = numbers(chart.past), numbers(chart.ahead)
    assert past[-1] == ahead[0] == (chart.now.x, chart.now.y)
    assert LEFT <= past[0][0] < chart.now.x < ahead[-1][0] == RIGHT
    assert past[0][1] > past[-1][1]  # it rose: up is a smaller number
    assert ahead[-1][1] > chart.now.y  # and falls
    assert [mark.label for mark in chart.marks] == ["MQL, handed over"]
    assert chart.now.label == "90 today"
    assert "Falls to 75" in chart.finding
    assert [row.total for row in chart.rows] == [0, 30, 45, 90, 75, 60, 30]
    labels = [(tick.x, tick.label) for tick in chart.ticks]
    assert len({x for x, _label in labels}) == len(labels)


def test_on_a_narrow_screen_today_is_in_sight_however_long_the_past(scene) -> None:
    shown = 340  # of its width, on a phone
    for days_ago in (1, 5, 30, 120):
        chart = score_chart(over_time(scene, interested(scene, days_ago=days_ago)), [])
        if chart.is_young:
            assert chart.now.x <= shown, days_ago
        else:
            assert chart.now.x >= chart.width - shown, days_ago


def test_marks_stay_inside_and_words_do_not_leave_the_drawing(scene) -> None:
    seen = over_time(scene, interested(scene, days_ago=60))
    happened = [(scene.at - n * DAY, f"thing {n}") for n in (400, 62, 30, 1)]
    chart = score_chart(seen, happened)
    assert len(chart.marks) == 3  # one is before all that is drawn
    assert all(LEFT <= mark.x <= RIGHT for mark in chart.marks)
    assert chart.marks[0].anchor == "start"
    assert chart.marks[-1].anchor == "end"  # the words of today stand on the other side


def test_words_of_a_young_lead_keep_off_those_of_the_gates(scene) -> None:
    lead = make_lead(at=scene.at - 3 * DAY)
    scene.interest(lead, at=scene.at - DAY)
    chart = score_chart(over_time(scene, lead), [(scene.at - 2 * DAY, "became a lead")])
    assert [(mark.anchor, mark.x < LEFT + 110) for mark in chart.marks] == [("start", True)]


def test_a_lead_that_never_scored_has_no_drawing_but_its_factors(scene, client) -> None:
    client.force_login(scene.priya)
    lead = make_lead(at=scene.at - DAY)
    page = client.get(reverse("lead", args=[lead.public_id]))
    assert page.context["chart"] is None
    assert '<details class="all-factors" open' in page.content.decode()


def test_the_page_shows_it_with_a_table_behind(scene, client) -> None:
    client.force_login(scene.priya)
    page = client.get(scene.handoff(scene.sofia).lead.get_absolute_url())
    text = page.content.decode()
    assert page.context["chart"].finding in text
    assert "if nothing more happens" in text
    assert "“Asked for a demo” no longer counts" in text
    assert "style=" not in text


def test_many_activities_cost_few_steps(scene) -> None:
    lead = make_lead(at=scene.at - 80 * DAY)
    for n in range(150):
        about = {"object_kind": "page", "object_key": "/pricing", "object_title": "Pricing"}
        make_activity(lead, at=scene.at - timedelta(hours=12 * n + 1), tags=["pricing"], **about)
    seen = over_time(scene, lead)
    assert len(seen.past) <= 62
    assert seen.past[-1].total == seen.now.total
