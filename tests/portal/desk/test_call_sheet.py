"""The call sheet on the desk: saved as one types, by a button, and never over another's words."""

from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from leads.dispositions.call_sheet import save_sheet
from leads.dispositions.models import CallSheet, Disposition, Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Handoff

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def handoff(scene, sofia) -> Handoff:
    return scene.handoff(sofia, name="Marta Lind")


def url(name: str, handoff: Handoff) -> str:
    return reverse(f"desk-{name}", args=[handoff.public_id])


def save(client: Client, handoff: Handoff, revision: int, headers=None, **answers):
    data = {"sheet_revision": revision, **answers}
    return client.post(url("sheet", handoff), data, headers=headers or {})


def kept(handoff: Handoff) -> CallSheet:
    return CallSheet.objects.get(handoff=handoff)


def test_typing_saves_and_answers_with_the_time_and_the_revision(client, handoff, sofia) -> None:
    answer = save(client, handoff, 0, HTMX, pain="Retyped orders", budget="")
    text = answer.content.decode()
    assert answer.status_code == HTTPStatus.OK
    assert "saved" in text
    assert 'name="sheet_revision" value="1"' in text
    assert "<textarea" not in text  # what one types in is left alone
    assert (kept(handoff).pain, kept(handoff).changed_by) == ("Retyped orders", sofia)
    again = save(client, handoff, 1, HTMX, pain="Retyped orders, by hand", budget="20 k")
    assert 'value="2"' in again.content.decode()


def test_without_script_a_button_saves(client, handoff) -> None:
    answer = save(client, handoff, 0, pain="Retyped orders")
    assert answer.url == handoff.get_absolute_url()
    page = client.get(answer.url).content.decode()
    assert "Retyped orders</textarea>" in page
    assert "Call sheet of Marta Lind saved" in page


def test_a_stale_save_shows_both_texts(scene, client, handoff) -> None:
    save_sheet(handoff=handoff, by=scene.tom, at=scene.at, revision=0, pain="Late deliveries")
    for headers in (HTMX, None):
        answer = save(client, handoff, 0, headers, pain="Retyped orders", need="One tool")
        text = unescape(answer.content.decode())
        assert answer.status_code == HTTPStatus.CONFLICT
        assert "Tom changed this call sheet" in text
        assert "Tom wrote" in text
        assert "Late deliveries</span>" in text
        assert "Retyped orders</textarea>" in text
        assert 'value="One tool"' in text
        assert 'name="sheet_revision" value="1"' in text  # saving again is meant
        assert ("<html" in text) == (headers is None)
    assert kept(handoff).pain == "Late deliveries"
    assert save(client, handoff, 1, pain="Both of it").status_code == HTTPStatus.FOUND
    assert kept(handoff).pain == "Both of it"


def test_to_htmx_the_conflict_takes_the_sheet_s_place_and_waits_for_a_button(
    scene, client, handoff
) -> None:
    save_sheet(handoff=handoff, by=scene.tom, at=scene.at, revision=0, pain="Late deliveries")
    answer = save(client, handoff, 0, HTMX, pain="Retyped orders")
    assert answer.headers["HX-Retarget"] == "#call-sheet"
    assert 'hx-trigger="submit"' in answer.content.decode()


@pytest.mark.parametrize("headers", [HTMX, None])
def test_too_long_an_answer_is_said_and_not_lost(client, handoff, headers) -> None:
    answer = save(client, handoff, 0, headers, budget="x" * 201)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Shorten “budget” to 200 characters." in unescape(answer.content.decode())
    if headers is None:
        assert "x" * 201 in answer.content.decode()


@pytest.mark.parametrize("revision", ["", "one", "-1", "99999999999999999999"])
def test_a_revision_that_none_can_have_is_refused(client, handoff, revision) -> None:
    answer = save(client, handoff, revision, HTMX, pain="Retyped orders")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not CallSheet.objects.exists()


def test_a_decision_meanwhile_is_told_with_what_was_typed(scene, client, handoff) -> None:
    reject(handoff=handoff, reason=Reason.objects.get(pk="spam"), by=scene.tom, at=scene.at)
    answer = save(client, handoff, 0, HTMX, pain="Retyped orders", timeline="Q2")
    text = unescape(answer.content.decode())
    assert answer.status_code == HTTPStatus.CONFLICT
    assert answer.headers["HX-Retarget"] == "#lead"
    assert "Tom rejected this" in text
    assert "Pain: Retyped orders\nTimeline: Q2" in text


def test_the_sheet_of_another_s_handoff_is_not_theirs(scene, sofia, client) -> None:
    theirs = scene.handoff(scene.anna)
    assert save(client, theirs, 0, pain="Mine").status_code == HTTPStatus.FORBIDDEN
    assert not CallSheet.objects.exists()


def test_what_is_typed_goes_with_the_decision(client, handoff) -> None:
    data = {"sheet_revision": 0, "pain": "Retyped orders", "reason": "spam"}
    assert client.post(url("reject", handoff), data).status_code == HTTPStatus.FOUND
    assert kept(handoff).pain == "Retyped orders"


@pytest.mark.parametrize("act", ["accept", "reject"])
def test_a_decision_over_another_s_sheet_waits(scene, client, handoff, act) -> None:
    save_sheet(handoff=handoff, by=scene.tom, at=scene.at, revision=0, pain="Late deliveries")
    data = {"sheet_revision": 0, "pain": "Retyped orders", "reason": "spam", "note": "My words"}
    answer = client.post(url(act, handoff), data)
    text = answer.content.decode()
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Late deliveries</span>" in text
    assert "Retyped orders</textarea>" in text
    assert "My words</textarea>" in text
    assert not Disposition.objects.exists()


def test_a_reason_that_lacks_something_still_saves_the_sheet(client, handoff) -> None:
    data = {"sheet_revision": 0, "pain": "Retyped orders", "reason": "bad_timing"}
    answer = client.post(url("reject", handoff), data)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert kept(handoff).pain == "Retyped orders"
    assert 'name="sheet_revision" value="1"' in answer.content.decode()


def test_accepting_needs_the_checklist_and_points_at_what_is_missing(client, handoff) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(checklist=["pain", "budget"])
    page = client.get(handoff.get_absolute_url())
    sheet = page.context["sheet"]
    assert [one.key for one in sheet.needed] == [one.key for one in sheet.missing]
    assert page.content.decode().count("needed to accept") == 2
    assert 'data-missing="budget"' in page.content.decode()
    data = {"sheet_revision": 0, "pain": "Retyped orders"}
    answer = client.post(url("accept", handoff), data)
    text = unescape(answer.content.decode())
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Accepting needs more on the call sheet: budget." in text
    assert [one.key for one in answer.context["sheet"].answers if one.has_focus] == ["budget"]
    data = {"sheet_revision": 1, "pain": "Retyped orders", "budget": "20 k"}
    assert client.post(url("accept", handoff), data).status_code == HTTPStatus.FOUND


def test_a_decided_handoff_shows_what_was_answered(scene, client, handoff, sofia) -> None:
    save(client, handoff, 0, pain="Retyped orders")
    client.post(url("reject", handoff), {"reason": "spam"})
    text = client.get(handoff.get_absolute_url()).content.decode()
    assert "Retyped orders" in text
    assert 'id="call-sheet"' not in text
