"""Play mode at the desk, with plain forms and with htmx."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Presence
from leads.dispositions.models import Disposition
from leads.dispositions.services import accept
from leads.handoffs.holding import break_hold, take_hold
from leads.handoffs.models import Handoff
from portal.accounts.models import Membership
from portal.desk import queue as queues
from tests.portal.desk.asking import HTMX, again, text, url

pytestmark = pytest.mark.django_db


def test_opening_the_desk_holds_the_next_handoff(scene, sofia, client) -> None:
    scene.handoff(sofia)
    late = scene.handoff(None, name="Late One")
    scene.late(late)
    page = client.get(reverse("desk"))
    assert page.context["handoff"].pk == late.pk
    assert again(late).held_by == sofia
    assert "yours until" in text(page)
    assert Presence.objects.get(user=sofia).lead_id == late.lead_id


def test_two_people_open_two_handoffs(scene, sofia, client) -> None:
    first, second = scene.handoff(None), scene.handoff(None)
    assert client.get(reverse("desk")).context["handoff"].pk == first.pk
    client.force_login(scene.anna)
    page = client.get(reverse("desk"))
    assert page.context["handoff"].pk == second.pk
    assert "Sofia, " in text(page)  # who has the first


def test_one_opened_by_its_address_is_held_too(scene, sofia, client) -> None:
    first, second = scene.handoff(None), scene.handoff(sofia)
    client.get(reverse("desk"))
    client.get(second.get_absolute_url())
    assert again(first).held_by is None
    assert again(second).held_by == sofia


@pytest.mark.parametrize("htmx", [{}, HTMX])
def test_others_see_who_has_it_and_until_when(scene, sofia, client, htmx) -> None:
    handoff = scene.handoff(None)
    take_hold(handoff_id=handoff.pk, by=scene.anna, at=scene.at)
    page = client.get(handoff.get_absolute_url(), headers=htmx)
    held = page.context["play"].held
    assert (held.holder, held.until) == (scene.anna, again(handoff).held_until)
    assert "Anna has this on the desk until" in text(page).replace("<strong>", "").replace(
        "</strong>", ""
    )
    assert "Break the hold" not in text(page)
    assert url("accept", handoff) not in text(page)


def test_a_manager_breaks_the_hold_and_decides(scene, client) -> None:
    handoff = scene.handoff(None)
    take_hold(handoff_id=handoff.pk, by=scene.anna, at=timezone.now())
    client.force_login(scene.tom)
    assert "Break the hold" in text(client.get(handoff.get_absolute_url()))
    refused = client.post(url("accept", handoff))
    assert refused.status_code == HTTPStatus.CONFLICT
    page = client.post(url("break", handoff), follow=True)
    assert page.redirect_chain[0][0] == handoff.get_absolute_url()
    assert "The hold is broken" in text(page)
    client.post(url("accept", handoff))
    assert Disposition.objects.get(handoff=handoff).decided_by == scene.tom


def test_others_break_nothing(scene, sofia, client) -> None:
    handoff = scene.handoff(None)
    take_hold(handoff_id=handoff.pk, by=scene.anna, at=timezone.now())
    answer = client.post(url("break", handoff))
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert again(handoff).held_by == scene.anna


@pytest.mark.parametrize("htmx", [{}, HTMX])
@pytest.mark.parametrize("act", ["accept", "reject"])
def test_a_form_from_before_the_hold_passed_on_says_so(scene, sofia, client, act, htmx) -> None:
    handoff = scene.handoff(None)
    client.get(handoff.get_absolute_url())
    later = timezone.now() + timedelta(minutes=-11)
    Handoff.objects.filter(pk=handoff.pk).update(held_until=later)
    assert take_hold(handoff_id=handoff.pk, by=scene.anna, at=timezone.now())
    data = {"reason": "spam", "note": "Typed for a while"}
    answer = client.post(url(act, handoff), data, headers=htmx)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert answer.context["play"].held.holder == scene.anna
    words = text(answer)
    assert "Your decision was not stored." in words
    assert "Typed for a while" in words
    assert not Disposition.objects.exists()


def test_deciding_goes_on_to_a_held_next(scene, sofia, client) -> None:
    first, second, third = scene.handoff(sofia), scene.handoff(None), scene.handoff(sofia)
    client.get(first.get_absolute_url())
    take_hold(handoff_id=second.pk, by=scene.anna, at=timezone.now())
    answer = client.post(url("accept", first), follow=True)
    assert answer.context["handoff"] == third
    assert again(first).held_by is None
    assert again(third).held_by == sofia


def test_staying_extends_the_hold_and_is_seen(scene, sofia, client) -> None:
    handoff = scene.handoff(None)
    client.get(handoff.get_absolute_url())
    soon = timezone.now() + timedelta(minutes=1)
    Handoff.objects.filter(pk=handoff.pk).update(held_until=soon)
    Presence.objects.update(seen_at=scene.at - timedelta(hours=1))
    answer = client.post(url("stay", handoff), {"held": "1"}, headers=HTMX)
    assert answer.status_code == HTTPStatus.NO_CONTENT
    assert again(handoff).held_until > soon
    assert Presence.objects.get().seen_at > scene.at - timedelta(minutes=1)


def test_staying_takes_nothing(scene, sofia, client) -> None:
    handoff = scene.handoff(None)
    assert client.post(url("stay", handoff), headers=HTMX).status_code == HTTPStatus.NO_CONTENT
    assert again(handoff).held_by is None


@pytest.mark.parametrize("how", ["broken", "taken", "decided"])
def test_who_lost_the_hold_is_told_and_keeps_the_page(scene, sofia, client, how) -> None:
    handoff, now = scene.handoff(sofia if how == "decided" else None), timezone.now()
    client.get(handoff.get_absolute_url())
    break_hold(handoff=handoff, by=scene.tom, at=now)
    if how == "taken":
        take_hold(handoff_id=handoff.pk, by=scene.anna, at=now)
    if how == "decided":
        accept(handoff=handoff, by=scene.tom, at=now)
    answer = client.post(url("stay", handoff), {"held": "1"}, headers=HTMX)
    said = {
        "broken": "a sales lead took it off",
        "taken": "Anna has it until",
        "decided": "decided by somebody else",
    }
    assert said[how] in text(answer)
    assert 'hx-swap-oob="true"' in text(answer)


def test_the_queue_goes_on_where_the_paint_ended(scene, sofia, client, monkeypatch) -> None:
    monkeypatch.setattr(queues, "SHOWN", 2)
    handoffs = [scene.handoff(sofia, name=f"Number {n}") for n in range(5)]
    page = client.get(reverse("desk"))
    assert "3 more" in text(page)
    cursor = page.context["queue"].cursor
    more = client.get(reverse("desk"), {"after": cursor}, headers=HTMX)
    assert "Number 3" in text(more)
    assert "Number 1" not in text(more)
    assert "<html" not in text(more)
    assert "HX-Push-Url" not in more.headers
    plain = client.get(reverse("desk"), {"list": "", "after": cursor})
    assert "Number 2" in text(plain)
    assert "<html" in text(plain)
    assert plain.context["handoff"] is None
    assert again(handoffs[0]).held_by == sofia


def test_who_has_a_lead_open_is_seen_in_the_queue(scene, sofia, client) -> None:
    mine, waits = scene.handoff(sofia), scene.handoff(None)
    client.force_login(scene.tom)
    client.get(mine.get_absolute_url())
    client.force_login(sofia)
    page = client.get(waits.get_absolute_url())
    assert "Has it open: Tom" in text(page)


def test_what_is_others_turn_waits_in_its_own_band(scene, sofia, client) -> None:
    waiting = scene.handoff(None, name="Waits")
    Membership.objects.filter(user=sofia).update(rota_days=0)
    page = client.get(reverse("desk"))
    assert page.context["handoff"] is None
    assert "Anna today." in text(page)
    client.get(waiting.get_absolute_url())
    assert again(waiting).held_by == sofia  # by hand, whosever turn it is


def test_managers_oversee_and_hold_up_nobody(scene, client) -> None:
    held, hers = scene.handoff(None), scene.handoff(scene.anna)
    take_hold(handoff_id=held.pk, by=scene.sofia, at=timezone.now())
    for person in (scene.tom, scene.admin):
        client.force_login(person)
        assert client.get(reverse("desk")).context["handoff"].pk == hers.pk
    assert again(hers).held_by is None


@pytest.mark.parametrize("name", ["skip", "snooze", "wake", "stay", "break"])
def test_what_is_not_there_is_not_there(scene, client, name) -> None:
    handoff = scene.handoff(scene.anna)
    client.force_login(scene.priya)
    assert client.post(url(name, handoff)).status_code == HTTPStatus.NOT_FOUND
    client.force_login(scene.tom)
    assert client.get(url(name, handoff)).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_an_empty_desk_that_looks_for_news_holds_nothing(scene, sofia, client) -> None:
    page = client.get(reverse("desk"))
    assert "Nothing waits for you" in text(page)
    assert f'hx-get="{reverse("desk")}?list"' in text(page)
    handoff = scene.handoff(None, name="Just In")
    news = client.get(reverse("desk"), {"list": ""}, headers=HTMX)
    assert "Just In" in text(news)
    assert "Open the next lead" in text(news)
    assert again(handoff).held_by is None
