"""The account executive's SQLs."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.database.models import Lead, Opportunity
from leads.database.opportunities import lose, open_opportunity
from leads.dispositions.services import accept
from leads.tasks.services import create_follow_up
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db


scene = staged(Scene)


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
    assert gone.get_absolute_url() in lost
    assert client.get(gone.get_absolute_url()).status_code == HTTPStatus.OK
    client.force_login(scene.lena)
    assert client.get(gone.get_absolute_url()).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("who", ["sofia", "tom", "priya", "admin"])
def test_my_sqls_are_an_account_executives(scene, client, who) -> None:
    client.force_login(scene.people[who])
    assert client.get(reverse("my-sqls")).status_code == HTTPStatus.NOT_FOUND


def add_sql(scene: Scene) -> None:
    lead = sql(scene, scene.jan)
    opened(scene, lead)
    due = scene.at + timedelta(days=1)
    create_follow_up(
        lead=lead, assignee=scene.jan, due_at=due, why="Call", by=scene.jan, at=scene.at
    )


def test_the_list_asks_the_same_number_of_questions(scene, client) -> None:
    client.force_login(scene.jan)
    counts = []
    for more in (1, 39):
        for _ in range(more):
            add_sql(scene)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(reverse("my-sqls"))
        assert answer.status_code == HTTPStatus.OK
        counts.append(len(asked))
    assert len(answer.context["page"]) >= 40
    assert counts[0] == counts[1]
