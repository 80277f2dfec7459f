"""Touches and notes from the desk."""

from http import HTTPStatus

import pytest
from django.urls import reverse

from leads.activities.models import Activity
from leads.database.models import Note
from leads.handoffs.models import Handoff

pytestmark = pytest.mark.django_db


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


def test_a_note_is_stored_once_for_each_form_and_its_words(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    first = {"text": "Who signs?", "token": "abc"}
    for data in (first, first, {"text": "And when?", "token": "abc"}, {"text": "Who signs?"}):
        assert client.post(url("note", handoff), data).url == handoff.get_absolute_url()
    assert [note.text for note in Note.objects.order_by("pk")] == [
        "Who signs?", "And when?", "Who signs?",
    ]  # fmt: skip


def test_notes_and_questions_are_for_both_sides(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    assert client.post(url("note", handoff), {"text": " "}).status_code == 422
    client.post(url("note", handoff), {"text": "Who signs?", "is_question": "on"})
    note = Note.objects.get(lead=handoff.lead_id)
    assert (note.text, note.is_question, note.author) == ("Who signs?", True, sofia)
    assert "Who signs?" in client.get(handoff.get_absolute_url()).content.decode()
