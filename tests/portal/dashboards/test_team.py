"""The team board: what it shows, whom it lets pass what on, what it refuses and how."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.dispositions.services import accept
from leads.handoffs.models import Handoff
from leads.routing.services import route_waiting
from portal.accounts.models import Membership
from tests.factories import make_handoff, make_team, make_user
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
CEILING = 46  # statements of the board, the frame of the page among them


company = staged(Scene)


@pytest.fixture
def scene(company, client) -> Scene:
    client.force_login(company.tom)
    return company


def board(client, scene, **query):
    return client.get(reverse("team-board", args=[scene.team.pk]), query)


def shown(page) -> dict[str, list[int]]:
    return {
        group.name: [row.handoff.pk for row in group.rows] for group in page.context["board"].groups
    }


def test_the_morning_is_told_by_what_is_to_be_done(scene, client) -> None:
    calm, late, soon = (scene.handoff(scene.sofia) for _ in range(3))
    waits, late_and_waits = scene.handoff(None), scene.handoff(None)
    for one in (late, late_and_waits):
        scene.late(one)
    scene.soon(soon)
    make_handoff(team=make_team("Outbound"))
    page = board(client, scene)
    assert shown(page) == {
        "waiting": [late_and_waits.pk, waits.pk], "late": [late.pk], "soon": [soon.pk],
    }  # fmt: skip
    assert page.context["board"].totals == {
        "now": 4, "waiting": 2, "late": 1, "soon": 1, "risk": 1, "asleep": 0, "open": 5,
    }  # fmt: skip
    text = page.content.decode()
    for words in ("1 handoff is over its time.", "2 wait for somebody.", "2 people have room."):
        assert words in text
    assert calm.pk in shown(board(client, scene, list="open"))["open"]


def test_a_calm_morning_says_so(scene, client) -> None:
    assert "Nothing is late and nothing runs out before" in board(client, scene).content.decode()


def test_each_person_shows_load_clocks_desk_and_day(scene, client) -> None:
    first, late, soon, done = (scene.handoff(scene.sofia) for _ in range(4))
    scene.late(late)
    scene.soon(soon)
    accept(handoff=done, by=scene.sofia, at=scene.at)
    rows = Handoff.objects.filter(pk=first.pk)
    rows.update(held_by=scene.sofia, held_since=scene.at, held_until=scene.at + timedelta(hours=1))
    Handoff.objects.filter(pk=soon.pk).update(
        snoozed_at=scene.at, snoozed_until=scene.at + timedelta(hours=5)
    )
    anna, sofia = board(client, scene).context["board"].people
    assert (anna.place.user, sofia.place.user) == (scene.anna, scene.sofia)
    counts = sofia.counts
    assert (counts.open, counts.late, counts.risk, counts.soon, counts.asleep) == (3, 1, 1, 1, 1)
    assert (sofia.decided, sofia.nearest, sofia.on_desk) == (1, late, [first])
    assert sofia.clock is not None
    assert (anna.counts.open, anna.decided, anna.nearest, list(anna.on_desk)) == (0, 0, None, [])


def test_whose_turn_it_is_today_is_told_where_it_is_somebodys(scene, client) -> None:
    """With nobody on the rota it is everybody's, as in play mode."""
    Membership.objects.filter(team=scene.team).update(rota_days=0)
    assert "not on today" not in board(client, scene).content.decode()
    Membership.objects.filter(user=scene.anna).update(rota_days=0b111_1111)
    anna, sofia = board(client, scene).context["board"].people
    assert (anna.is_on_rota, sofia.is_on_rota) == (True, False)
    assert board(client, scene).content.decode().count("not on today") == 1


def test_bars_measure_load_against_cap_and_weight(scene, client) -> None:
    Membership.objects.filter(user=scene.sofia).update(cap=4, weight=50)
    Membership.objects.filter(user=scene.anna).update(cap=8)
    for _ in range(6):
        scene.handoff(scene.sofia)
    anna, sofia = board(client, scene).context["board"].people
    assert (anna.bar.width, anna.bar.filled, anna.bar.over) == (116, 0, 0)
    assert (sofia.bar.width, sofia.bar.filled, sofia.bar.over) == (58, 58, 29)
    assert (anna.bar.share, sofia.bar.share) == (58, 29)  # 6 by weight: 4 and 2
    assert sofia.is_full


def test_what_waits_says_how_long_and_why(scene, client) -> None:
    Membership.objects.filter(user=scene.sofia).update(cap=0)
    Membership.objects.filter(user=scene.anna).update(away_until=scene.at + timedelta(days=1))
    scene.handoff(None, age=timedelta(minutes=90))
    route_waiting(at=scene.at)
    page = board(client, scene)
    (row,) = page.context["board"].groups[0].rows
    assert timedelta(minutes=90) <= row.waits < timedelta(minutes=92)
    text = page.content.decode()
    assert "Nobody has room: Sofia is full and Anna is away." in text
    assert "waits 1\xa0h\xa030" in text
    assert "Nobody has room." in text


def test_what_came_back_waits_since_then(scene, client) -> None:
    from leads.routing.leaving import take_back  # noqa: PLC0415 - what happens when somebody goes

    scene.handoff(scene.sofia, age=timedelta(hours=5))
    take_back(user_id=scene.sofia.pk, at=scene.at - timedelta(minutes=10))
    (row,) = board(client, scene).context["board"].groups[0].rows
    assert timedelta(minutes=10) <= row.waits < timedelta(minutes=12)


@pytest.mark.parametrize("query", [
    {"list": "x"}, {"person": "x"}, {"person": "9" * 40}, {"person": "²"}, {"cursor": "x"},
    {"people": "x"}, {"list": "asleep"}, {"list": "risk"}, {"list": "waiting"},
])  # fmt: skip
def test_odd_and_empty_questions_are_answered(scene, client, query) -> None:
    assert board(client, scene, **query).status_code == HTTPStatus.OK


def test_a_person_is_looked_at_alone(scene, client) -> None:
    mine, other = scene.handoff(scene.sofia), scene.handoff(scene.anna)
    page = board(client, scene, person=scene.sofia.pk)
    assert shown(page) == {"open": [mine.pk]}
    assert other.lead.label not in page.content.decode().split("tb-people")[0]


def test_htmx_gets_the_board_alone(scene, client) -> None:
    whole = board(client, scene)
    part = client.get(reverse("team-board", args=[scene.team.pk]), headers=HTMX)
    assert b"<!doctype" in whole.content
    assert part.content.lstrip().startswith(b'<div id="board"')
    assert "HX-Request" in part.headers["Vary"]


def test_the_team_one_looked_at_last_comes_first_again(scene, client) -> None:
    other = make_team("Aachen")
    Membership.objects.create(team=other, user=scene.tom)
    assert client.get(reverse("team")).context["board"].team == other
    page = board(client, scene)
    assert f'href="/team/{other.pk}/"' in page.content.decode()
    assert client.get(reverse("team")).context["board"].team == scene.team


def test_who_leads_no_team_is_told_so(client) -> None:
    client.force_login(make_user(role="sales_lead"))
    assert "You lead no team yet" in client.get(reverse("team")).content.decode()
    client.force_login(make_user(role="admin"))
    assert "There is no team yet" in client.get(reverse("team")).content.decode()


def test_an_admin_sees_every_team(scene, client) -> None:
    client.force_login(scene.admin)
    other = make_team("Outbound")
    for team in (scene.team, other):
        page = client.get(reverse("team-board", args=[team.pk]))
        assert page.context["board"].team == team
        assert f'href="/team/{other.pk}/"' in page.content.decode()


def test_everything_costs_the_same_however_much_is_open(scene, client) -> None:
    for one in (scene.handoff(scene.sofia), scene.handoff(None)):
        scene.soon(one)
    asked = []
    for more in (0, 30):
        for _ in range(more):
            for one in (scene.handoff(make_user(team=scene.team)), scene.handoff(None)):
                scene.late(one)
        board(client, scene)  # fills what is kept between requests
        with CaptureQueriesContext(connection) as queries:
            page = board(client, scene)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= CEILING
    assert [len(group.rows) for group in page.context["board"].groups] == [20, 20, 1]
    assert page.context["board"].totals["open"] == 62
    assert page.content.decode().count("Show all") == 2
