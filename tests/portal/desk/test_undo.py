"""Taking back a decision on the desk: for ten seconds beside it, all day from a list."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse

from leads.database.models import Stage
from leads.dispositions.services import accept
from leads.handoffs.models import Handoff
from tests.portal.desk.asking import decision, stage_of, url

pytestmark = pytest.mark.django_db


def test_undo_opens_the_handoff_again(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    client.post(url("reject", handoff), {"reason": "spam"})
    answer = client.post(reverse("desk-undo", args=[decision(handoff).pk]))
    assert answer.url == handoff.get_absolute_url()
    assert stage_of(handoff) == Stage.WITH_SALES
    assert Handoff.objects.get(pk=handoff.pk).is_open
    assert client.get(handoff.get_absolute_url()).context["dock"] is not None


def test_undo_is_offered_for_ten_seconds_and_listed_all_day(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    accept(handoff=handoff, by=sofia, at=scene.at - timedelta(seconds=30))
    context = client.get(reverse("desk")).context
    assert context["undo"] is None
    if scene.at.hour or scene.at.minute:  # the day began more than a minute ago
        assert [one.handoff_id for one in context["recent"]] == [handoff.pk]


def test_others_cannot_undo(scene, sofia, client) -> None:
    handoff = scene.handoff(scene.anna)
    accept(handoff=handoff, by=scene.anna, at=scene.at)
    answer = client.post(reverse("desk-undo", args=[decision(handoff).pk]))
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert decision(handoff)
