"""Touches and notes from the desk."""

from http import HTTPStatus

import pytest
from django.urls import reverse

from leads.activities.models import Activity
from leads.database.models import Note
from leads.handoffs.models import Handoff
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def sofia(scene, client):
    client.force_login(scene.sofia)
    return scene.sofia


def url(name: str, handoff: Handoff) -> str:
    return reverse(f"desk-{name}", args=[handoff.public_id])


def test_a_touch_is_logged_once_for_each_form(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    token = client.get(handoff.get_absolute_url()).context["token"]
    data = {"kind": "call_outbound", "outcome": "no_answer", "note": "Rang long", "token": token}
    for _ in range(2):
        assert client.post(url("touch", handoff), data).status_code == HTTPStatus.FOUND
    touches = Activity.objects.filter(lead=handoff.lead_id, actor=sofia)
    assert [one.properties for one in touches] == [{"outcome": "no_answer"}]
    assert Handoff.objects.get(pk=handoff.pk).first_touch_at is not None
    assert "You called, no answer" in client.get(handoff.get_absolute_url()).content.decode()


def test_a_touch_needs_its_kind(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    answer = client.post(url("touch", handoff), {"kind": "pigeon"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Activity.objects.filter(actor=sofia).exists()


def test_notes_and_questions_are_for_both_sides(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    assert client.post(url("note", handoff), {"text": " "}).status_code == 422
    client.post(url("note", handoff), {"text": "Who signs?", "is_question": "on"})
    note = Note.objects.get(lead=handoff.lead_id)
    assert (note.text, note.is_question, note.author) == ("Who signs?", True, sofia)
    assert "Who signs?" in client.get(handoff.get_absolute_url()).content.decode()
