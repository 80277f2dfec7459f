"""The team board and the account executive's SQLs."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.database.models import Lead, Opportunity
from leads.database.opportunities import lose, open_opportunity
from leads.dispositions.services import accept
from leads.handoffs.models import Handoff
from leads.tasks.services import create_follow_up
from portal.accounts.models import Membership
from tests.factories import make_handoff, make_team
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def pass_on(client, handoff: Handoff, to):
    return client.post(reverse("team-reassign", args=[handoff.public_id]), {"to": to.pk})


def test_the_board_shows_own_teams_nearest_due_first(scene, client) -> None:
    client.force_login(scene.tom)
    slow, late = scene.handoff(scene.sofia), scene.handoff(scene.anna)
    scene.late(late)
    make_handoff(team=make_team("Outbound"))
    page = client.get(reverse("team"))
    assert [row.handoff.pk for row in page.context["rows"]] == [late.pk, slow.pk]
    assert [(p.membership.user.name, p.load) for p in page.context["places"]] == [
        ("Anna", 1), ("Sofia", 1),
    ]  # fmt: skip


def test_the_board_tells_what_waits_and_who_is_full(scene, client) -> None:
    client.force_login(scene.tom)
    waiting = scene.handoff(None)
    scene.handoff(scene.sofia)
    Membership.objects.filter(user=scene.sofia).update(cap=1)
    Membership.objects.filter(user=scene.anna).update(away_until=scene.at + timedelta(days=1))
    text = client.get(reverse("team")).content.decode()
    for words in ("Some handoffs wait", "full", "away"):
        assert words in text
    alone = client.get(reverse("team"), {"owner": "nobody"}).context["rows"]
    assert [row.handoff.pk for row in alone] == [waiting.pk]


@pytest.mark.parametrize("owner", ["x", "9" * 40, "-1", "²"])
def test_an_owner_nobody_knows_is_no_error(scene, client, owner) -> None:
    client.force_login(scene.tom)
    assert client.get(reverse("team"), {"owner": owner}).status_code == HTTPStatus.OK


def test_a_handoff_is_passed_on(scene, client) -> None:
    client.force_login(scene.tom)
    handoff = scene.handoff(scene.sofia)
    assert pass_on(client, handoff, scene.anna).status_code == HTTPStatus.FOUND
    assert Handoff.objects.get(pk=handoff.pk).owner == scene.anna
    Membership.objects.filter(user=scene.sofia).update(cap=0)
    assert pass_on(client, handoff, scene.sofia).status_code == HTTPStatus.CONFLICT
    assert Handoff.objects.get(pk=handoff.pk).owner == scene.anna


def test_another_teams_handoff_is_not_there(scene, client) -> None:
    client.force_login(scene.tom)
    other = make_handoff(team=make_team("Outbound"))
    assert pass_on(client, other, scene.anna).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("who", ["sofia", "jan", "priya"])
def test_the_board_is_the_sales_leads(scene, client, who) -> None:
    client.force_login(scene.people[who])
    assert client.get(reverse("team")).status_code == HTTPStatus.NOT_FOUND
    handoff = scene.handoff(scene.sofia)
    assert pass_on(client, handoff, scene.anna).status_code == HTTPStatus.NOT_FOUND


def sql(scene: Scene, owner) -> Lead:
    handoff = scene.handoff(scene.sofia)
    accept(handoff=handoff, by=scene.sofia, at=scene.at, owner=owner)
    return Lead.objects.get(pk=handoff.lead_id)


def opened(scene: Scene, lead: Lead) -> Opportunity:
    handoff = lead.handoffs.get()
    return open_opportunity(handoff=handoff, owner=lead.owner, value=5, by=scene.jan, at=scene.at)


def shown(client, state: str = "") -> list[int]:
    return [lead.pk for lead in client.get(reverse("my-sqls"), {"state": state}).context["page"]]


def test_sqls_are_ones_own_by_state(scene, client) -> None:
    client.force_login(scene.jan)
    fresh, running, gone = (sql(scene, scene.jan) for _ in range(3))
    sql(scene, scene.lena)
    opened(scene, running)
    lose(opportunity=opened(scene, gone), reason="Price", by=scene.jan, at=scene.at)
    assert shown(client) == [running.pk, fresh.pk]
    assert shown(client, "sql") == [fresh.pk]
    assert shown(client, "open") == [running.pk]
    assert shown(client, "lost") == [gone.pk]


def test_every_lead_that_is_linked_can_be_opened(scene, client) -> None:
    client.force_login(scene.jan)
    gone, fresh = sql(scene, scene.jan), sql(scene, scene.jan)
    lose(opportunity=opened(scene, gone), reason="Price", by=scene.jan, at=scene.at)
    assert fresh.get_absolute_url() in client.get(reverse("my-sqls")).content.decode()
    assert client.get(fresh.get_absolute_url()).status_code == HTTPStatus.OK
    lost = client.get(reverse("my-sqls"), {"state": "lost"}).content.decode()
    assert gone.label in lost
    assert gone.get_absolute_url() not in lost


@pytest.mark.parametrize("who", ["sofia", "tom", "priya", "admin"])
def test_my_sqls_are_an_account_executives(scene, client, who) -> None:
    client.force_login(scene.people[who])
    assert client.get(reverse("my-sqls")).status_code == HTTPStatus.NOT_FOUND


def add_open(scene: Scene) -> None:
    make_handoff(owner=scene.sofia, team=scene.team)


def add_sql(scene: Scene) -> None:
    lead = sql(scene, scene.jan)
    opened(scene, lead)
    due = scene.at + timedelta(days=1)
    create_follow_up(
        lead=lead, assignee=scene.jan, due_at=due, why="Call", by=scene.jan, at=scene.at
    )


@pytest.mark.parametrize(
    ("page", "who", "add"), [("team", "tom", add_open), ("my-sqls", "jan", add_sql)]
)
def test_lists_ask_the_same_number_of_questions(scene, client, page, who, add) -> None:
    client.force_login(scene.people[who])
    counts = []
    scene.handoff(scene.sofia)  # one with clocks
    for more in (1, 39):
        for _ in range(more):
            add(scene)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(reverse(page))
        assert answer.status_code == HTTPStatus.OK
        counts.append(len(asked))
    assert len(answer.context["page"]) >= 40
    assert counts[0] == counts[1]
