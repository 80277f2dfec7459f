"""Passing handoffs on from the team board: together, against obstacles, too late, and back."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.dispositions.services import accept
from leads.handoffs.models import Handoff
from leads.routing import passing
from portal.accounts.models import Membership
from portal.events.models import Event
from tests.factories import make_handoff, make_team, make_user
from tests.portal.dashboards.test_team import HTMX, shown
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db


company = staged(Scene)


@pytest.fixture
def scene(company, client) -> Scene:
    client.force_login(company.tom)
    return company


def key_of(handoff: Handoff) -> str:
    return f"{handoff.public_id}~{handoff.owner_id or 0}"


def pass_on(client, scene, *handoffs, to, headers=None, **more):
    data = {"handoff": [key_of(one) for one in handoffs], "to": to.pk, **more}
    return client.post(reverse("team-pass-on", args=[scene.team.pk]), data, headers=headers)


def owner(handoff: Handoff):
    return Handoff.objects.get(pk=handoff.pk).owner


def test_handoffs_are_passed_on_together(scene, client) -> None:
    handoffs = [scene.handoff(scene.sofia), scene.handoff(None)]
    answer = pass_on(client, scene, *handoffs, to=scene.anna, list="open")
    assert answer.status_code == HTTPStatus.FOUND
    assert answer.url == f"/team/{scene.team.pk}/?list=open"
    assert [owner(one) for one in handoffs] == [scene.anna, scene.anna]
    assert "2 handoffs are with Anna now." in client.get(answer.url).content.decode()


def test_htmx_gets_the_board_and_the_toast_back(scene, client) -> None:
    handoff = scene.handoff(scene.sofia)
    answer = pass_on(client, scene, handoff, to=scene.anna, headers=HTMX, list="open")
    text = answer.content.decode()
    assert answer.status_code == HTTPStatus.OK
    assert f"{handoff.lead.label} is with Anna now." in text
    assert 'id="toasts"' in text
    assert "hx-swap-oob" in text
    assert shown(answer) == {"open": [handoff.pk]}


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_full_person_is_refused_with_a_way_to_insist(scene, client, headers) -> None:
    Membership.objects.filter(user=scene.anna).update(cap=0)
    handoff = scene.handoff(scene.sofia)
    answer = pass_on(client, scene, handoff, to=scene.anna, headers=headers, list="open")
    assert answer.status_code == HTTPStatus.CONFLICT
    text = answer.content.decode()
    assert "Anna is full: 0 of at most 0 open handoffs." in text
    assert "Pass on to Anna anyway" in text
    assert [row.is_ticked for row in answer.context["board"].groups[0].rows] == [True]
    assert owner(handoff) == scene.sofia
    assert pass_on(client, scene, handoff, to=scene.anna, anyway="on").status_code == 302
    assert owner(handoff) == scene.anna


def test_who_is_slower_sees_both(scene, client) -> None:
    other = make_user(name="Nora", role="sales_lead", team=scene.team)
    ben = make_user(name="Ben", team=scene.team)
    handoff = scene.handoff(scene.sofia)
    assert pass_on(client, scene, handoff, to=scene.anna).status_code == HTTPStatus.FOUND
    client.force_login(other)
    answer = pass_on(client, scene, handoff, to=ben)  # as the page was read: with Sofia
    assert answer.status_code == HTTPStatus.CONFLICT
    text = answer.content.decode()
    assert f"{handoff.lead.label} went to Anna" in text
    assert "Pass on to Ben anyway" in text


def test_what_was_decided_in_between_is_told(scene, client) -> None:
    handoff = scene.handoff(scene.sofia)
    accept(handoff=handoff, by=scene.sofia, at=scene.at)
    answer = pass_on(client, scene, handoff, to=scene.anna)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Sofia accepted this" in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"to": ""}, "Choose who should take them."),
        ({"to": "9" * 9}, "Choose a member of the team from the list."),
        ({"handoff": []}, "Tick the handoffs that somebody else should take."),
        ({"handoff": ["x"] * 201}, "Pass on at most 200 at once."),
    ],
)
def test_what_is_missing_is_said_and_ticks_are_kept(scene, client, data, words) -> None:
    handoff = scene.handoff(scene.sofia)
    sent = {"to": scene.anna.pk, "handoff": [key_of(handoff)], "list": "open"} | data
    answer = client.post(reverse("team-pass-on", args=[scene.team.pk]), sent)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    text = answer.content.decode()
    assert words in text
    assert "anyway" not in text
    (group,) = answer.context["board"].groups
    assert [row.is_ticked for row in group.rows] == [sent["handoff"] == [key_of(handoff)]]


def pass_back(client, scene, event):
    return client.post(reverse("team-pass-back", args=[scene.team.pk, event.pk]))


def test_what_was_passed_on_is_taken_back(scene, client) -> None:
    handoffs = [scene.handoff(scene.sofia), scene.handoff(None)]
    answer = pass_on(client, scene, *handoffs, to=scene.anna)
    page = client.get(answer.url)
    assert "2 handoffs are with Anna now." in page.content.decode()
    event = Event.objects.filter(kind="handoff.routed").latest("pk")
    assert page.context["undo"]["url"] == f"/team/{scene.team.pk}/pass-back/{event.pk}/"
    Membership.objects.filter(team=scene.team).update(cap=0)  # what nobody had waits again
    answer = pass_back(client, scene, event)
    assert [owner(one) for one in handoffs] == [scene.sofia, None]
    page = client.get(answer.url)
    assert "Taken back: 2 handoffs." in page.content.decode()
    assert page.context["undo"] is None
    assert pass_back(client, scene, event).status_code == HTTPStatus.CONFLICT


def test_of_two_acts_in_one_second_only_the_last_is_taken_back(scene, client) -> None:
    handoffs = [scene.handoff(scene.sofia) for _ in range(3)]
    at = timezone.now()
    for together in (handoffs[:2], handoffs[2:]):
        wishes = {one.pk: scene.sofia.pk for one in together}
        passing.pass_on(team=scene.team, wishes=wishes, to=scene.anna, by=scene.tom, at=at)
    last = Event.objects.filter(kind="handoff.routed").latest("pk")
    page = client.get(reverse("team-board", args=[scene.team.pk]))
    assert f"{handoffs[2].lead.label} is with Anna now." in page.content.decode()
    pass_back(client, scene, last)
    assert [owner(one) for one in handoffs] == [scene.anna, scene.anna, scene.sofia]


def test_what_went_on_since_stays_where_it_is(scene, client) -> None:
    handoffs = [scene.handoff(scene.sofia) for _ in range(2)]
    pass_on(client, scene, *handoffs, to=scene.anna)
    event = Event.objects.filter(kind="handoff.routed").latest("pk")
    accept(handoff=handoffs[0], by=scene.anna, at=timezone.now())
    pass_back(client, scene, event)
    assert [owner(one) for one in handoffs] == [scene.anna, scene.sofia]


def test_only_who_passed_on_takes_back_and_not_forever(scene, client) -> None:
    handoff = scene.handoff(scene.sofia)
    wishes = {handoff.pk: scene.sofia.pk}
    long_ago = scene.at - timedelta(minutes=11)
    passing.pass_on(team=scene.team, wishes=wishes, to=scene.anna, by=scene.tom, at=long_ago)
    event = Event.objects.get(kind="handoff.routed")
    assert pass_back(client, scene, event).status_code == HTTPStatus.CONFLICT
    client.force_login(make_user(role="sales_lead", team=scene.team))
    assert pass_back(client, scene, event).status_code == HTTPStatus.NOT_FOUND
    assert owner(handoff) == scene.anna


@pytest.mark.parametrize("key", ["x", "~", "00000000-0000-0000-0000-000000000000~0"])
def test_a_handoff_that_is_no_ones_is_not_there(scene, client, key) -> None:
    sent = {"to": scene.anna.pk, "handoff": [key]}
    answer = client.post(reverse("team-pass-on", args=[scene.team.pk]), sent)
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_another_teams_handoffs_and_people_are_not_there(scene, client) -> None:
    mine = scene.handoff(scene.sofia)
    other = make_handoff(team=make_team("Outbound"))
    assert pass_on(client, scene, other, to=scene.anna).status_code == HTTPStatus.NOT_FOUND
    assert pass_on(client, scene, mine, other, to=scene.anna).status_code == HTTPStatus.NOT_FOUND
    address = reverse("team-pass-on", args=[other.team_id])
    sent = {"to": scene.anna.pk, "handoff": [key_of(other)]}
    assert client.post(address, sent).status_code == HTTPStatus.NOT_FOUND
    stranger = make_user(team=other.team)
    assert pass_on(client, scene, mine, to=stranger).status_code == 422
    assert owner(mine) == scene.sofia
