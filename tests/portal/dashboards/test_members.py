"""Caps, weights, rota, absences and what is left behind, as pages."""

from datetime import date, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Lead, Stage
from leads.handoffs.models import Handoff
from leads.tasks.models import FollowUp
from leads.tasks.services import create_follow_up
from portal.accounts.models import Membership, User
from tests.factories import make_lead, make_team, make_user, set_stage
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


company = staged(Scene)


@pytest.fixture
def scene(company, client) -> Scene:
    client.force_login(company.tom)
    return company


def today_there() -> date:
    """Today where the people of the scene are, which late in the evening is UTC's tomorrow."""
    return timezone.localdate(timezone=ZoneInfo("Europe/Berlin"))


def place(user) -> Membership:
    return Membership.objects.get(user=user)


def grid(scene) -> str:
    return reverse("team-members", args=[scene.team.pk])


def sent(scene, **of_sofia) -> dict[str, object]:
    """What the grid posts when nothing but these values of Sofia's was touched."""
    data: dict[str, object] = {}
    for user in (scene.anna, scene.sofia):
        one = place(user)
        mine = of_sofia if user == scene.sofia else {}
        data |= {
            f"{one.pk}-cap": mine.get("cap", one.cap),
            f"{one.pk}-weight": mine.get("weight", one.weight),
            f"{one.pk}-days": mine.get("days", [0, 1, 2, 3, 4, 5, 6]),
            f"{one.pk}-takes": "on",
            f"{one.pk}-seen": mine.get("seen", f"{one.cap}.{one.weight}.1.{one.rota_days}"),
        }
    return data


def test_the_grid_shows_people_by_days_with_today_marked(scene, client) -> None:
    Membership.objects.filter(user=scene.sofia).update(weight=50, rota_days=0b11111)
    Membership.objects.filter(user=scene.anna).update(weight=150, rota_days=0b0111111)
    page = client.get(grid(scene))
    rows = page.context["rows"]
    assert [row["share"] for row in rows] == [0.75, 0.25]
    assert [tick["on"] for tick in rows[1]["form"].ticks] == [True] * 5 + [False] * 2
    today = today_there().weekday()
    assert [day["today"] for day in page.context["week"]] == [n == today for n in range(7)]
    text = page.content.decode()
    assert "Nobody is on the rota on: Sunday." in text
    assert "Sofia, Monday" in text


def test_the_grid_is_saved_at_once(scene, client) -> None:
    answer = client.post(grid(scene), sent(scene, cap=9, weight=50, days=[0, 2]))
    assert answer.status_code == HTTPStatus.FOUND
    sofia = place(scene.sofia)
    assert (sofia.cap, sofia.weight, sofia.rota_days) == (9, 50, 0b101)
    assert "Saved for 1 person." in client.get(answer.url).content.decode()
    assert client.post(grid(scene), sent(scene, days=[0, 2])).status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("wrong", [
    {"cap": "x"}, {"cap": -1}, {"cap": 1001}, {"weight": 0}, {"weight": 1001}, {"days": [7]},
    {"seen": "x"}, {"seen": ""},
])  # fmt: skip
def test_what_is_wrong_is_kept_and_nothing_saved(scene, client, wrong) -> None:
    answer = client.post(grid(scene), sent(scene, **({"cap": 7} | wrong)))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Nothing was saved" in answer.content.decode()
    assert str(answer.context["rows"][1]["form"]["cap"].value()) == str(wrong.get("cap", 7))
    assert place(scene.sofia).cap == 25


def test_a_stale_grid_shows_both_and_saves_on_a_word(scene, client) -> None:
    stale = sent(scene, cap=30)
    client.post(grid(scene), sent(scene, cap=10))
    client.force_login(make_user(name="Nora", role="sales_lead", team=scene.team))
    answer = client.post(grid(scene), stale)
    assert answer.status_code == HTTPStatus.CONFLICT
    text = answer.content.decode()
    assert "Tom changed this" in text
    assert (answer.context["told"].clashes[0].theirs_words, place(scene.sofia).cap) == ("10", 10)
    form = answer.context["rows"][1]["form"]
    assert (form["cap"].value(), form.seen_now) == ("30", "10.100.1.127")
    stale[f"{place(scene.sofia).pk}-seen"] = form.seen_now
    assert client.post(grid(scene), stale).status_code == HTTPStatus.FOUND
    assert place(scene.sofia).cap == 30


def away(scene, user) -> str:
    return reverse("team-away", args=[scene.team.pk, place(user).pk])


def days(starts: int, back: int, **more: str) -> dict[str, str]:
    today = today_there()
    given = {"starts": today + starts * DAY, "back": today + back * DAY}
    return {"keeps": "no", "seen": "/"} | {k: str(v) for k, v in given.items()} | more


def test_an_absence_says_before_saving_what_moves(scene, client) -> None:
    Membership.objects.filter(user=scene.anna).update(cap=2)
    handoffs = [scene.handoff(scene.sofia) for _ in range(3)]
    text = client.get(away(scene, scene.sofia)).content.decode()
    for words in ("2 open handoffs move to 1 person; clocks run on", "1 more waits for somebody",
                  "Sofia keeps them; clocks run on"):  # fmt: skip
        assert words in text
    answer = client.post(away(scene, scene.sofia), days(0, 3))
    assert answer.status_code == HTTPStatus.FOUND
    assert Handoff.objects.filter(owner=scene.anna).count() == 2
    assert Handoff.objects.filter(pk__in=[one.pk for one in handoffs], owner=None).count() == 1
    board = client.get(answer.url).content.decode()
    assert "Sofia is away. 2 handoffs went to colleagues, 1 wait" in board
    assert "away until" in board


def test_a_planned_absence_moves_nothing_yet_and_can_be_called_off(scene, client) -> None:
    handoff = scene.handoff(scene.sofia)
    answer = client.post(away(scene, scene.sofia), days(2, 9))
    assert answer.status_code == HTTPStatus.FOUND
    assert Handoff.objects.get(pk=handoff.pk).owner == scene.sofia
    assert place(scene.sofia).hands_over_at == place(scene.sofia).away_from
    page = client.get(away(scene, scene.sofia))
    assert "Sofia will not go" in page.content.decode()
    back = reverse("team-back", args=[scene.team.pk, place(scene.sofia).pk])
    client.post(back, {"seen": page.context["seen"]})
    assert place(scene.sofia).away_until is None
    assert client.post(back, {"seen": "/"}).status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize("wrong", [
    {"back": ""}, {"back": "x"}, {"starts": "2026-13-01"}, {"keeps": "x"}, {"seen": "x"},
    {"seen": "2026-01-01/"}, {"back": "2020-01-01"}, {"back": "2999-01-01"},
])  # fmt: skip
def test_a_wrong_absence_is_kept_and_nothing_saved(scene, client, wrong) -> None:
    answer = client.post(away(scene, scene.sofia), days(0, 3) | wrong)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert place(scene.sofia).away_until is None


def test_a_stale_absence_shows_both(scene, client) -> None:
    client.post(away(scene, scene.sofia), days(1, 4))
    client.force_login(make_user(name="Nora", role="sales_lead", team=scene.team))
    answer = client.post(away(scene, scene.sofia), days(2, 6, keeps="yes"))
    assert answer.status_code == HTTPStatus.CONFLICT
    text = answer.content.decode()
    assert "Tom changed this absence" in text
    assert "Theirs, saved: from" in text
    again = client.post(
        away(scene, scene.sofia), days(2, 6, keeps="yes", seen=answer.context["seen"])
    )
    assert again.status_code == HTTPStatus.FOUND
    assert place(scene.sofia).hands_over_at is None


def test_another_teams_member_is_not_there(scene, client) -> None:
    other = make_user(team=make_team())
    for name in ("team-away", "team-back"):
        address = reverse(name, args=[scene.team.pk, place(other).pk])
        assert client.post(address, days(0, 3)).status_code == HTTPStatus.NOT_FOUND


def left_of(scene, owner) -> Lead:
    lead = make_lead(name="Marta Lindqvist")
    set_stage(lead, Stage.SQL)
    Lead.objects.filter(pk=lead.pk).update(owner=owner)
    due = scene.at + DAY
    create_follow_up(lead=lead, assignee=owner, due_at=due, why="Call", by=owner, at=scene.at)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    return lead


def test_what_is_left_behind_is_shown_and_passed_on(scene, client) -> None:
    lead = left_of(scene, scene.jan)
    board = client.get(reverse("team")).content.decode()
    address = reverse("team-left", args=[scene.team.pk])
    assert "2 left behind" in board
    assert address in board
    text = client.get(address).content.decode()
    for words in ("Marta Lindqvist", "Call", "Jan", "Lena, Account executive"):
        assert words in text
    answer = client.post(address, {"lead": [lead.pk], "to": scene.lena.pk})
    assert answer.status_code == HTTPStatus.FOUND
    assert Lead.objects.get(pk=lead.pk).owner == scene.lena
    assert FollowUp.objects.get(lead=lead).assignee == scene.lena
    assert "Nothing is left behind" in client.get(address).content.decode()


def test_all_that_is_left_goes_by_one_press(scene, client) -> None:
    leads = [left_of(scene, scene.jan) for _ in range(2)]
    address = reverse("team-left", args=[scene.team.pk])
    assert "or all 4" in client.get(address).content.decode()
    client.post(address, {"all": "on", "to": scene.lena.pk})
    owners = Lead.objects.filter(pk__in=[one.pk for one in leads]).values_list("owner", flat=True)
    assert set(owners) == {scene.lena.pk}
    assert not FollowUp.objects.exclude(assignee=scene.lena).exists()


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        ({"lead": []}, 422, "Tick what somebody else should take."),
        ({"to": ""}, 422, "Choose who should take them."),
        ({"to": "sofia"}, 422, "takes no SQLs"),
        ({"lead": ["x", "9" * 30]}, 422, "Tick what somebody else should take."),
        ({"lead": ["999999"]}, 409, "Somebody else has passed this on already."),
    ],
)
def test_what_cannot_be_passed_on_is_said(scene, client, data, status, words) -> None:
    lead = left_of(scene, scene.jan)
    sent = {"lead": [lead.pk], "to": scene.lena.pk} | data
    if sent["to"] == "sofia":
        sent["to"] = scene.sofia.pk
    answer = client.post(reverse("team-left", args=[scene.team.pk]), sent)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert Lead.objects.get(pk=lead.pk).owner == scene.jan


def test_pages_cost_the_same_however_many_members(scene, client) -> None:
    asked = []
    for more in (0, 30):
        for _ in range(more):
            make_user(team=scene.team)
        client.get(grid(scene))
        with CaptureQueriesContext(connection) as queries:
            client.get(grid(scene))
        asked.append(len(queries))
    assert asked[0] == asked[1]
