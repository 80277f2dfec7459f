"""Skipping and snoozing at the desk, with plain forms and with htmx."""

from datetime import timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from leads.handoffs.models import Handoff
from leads.handoffs.skip_models import Skip
from tests.portal.desk.asking import HTMX, again, text, url

pytestmark = pytest.mark.django_db


def test_skipping_goes_on_and_comes_back_last(scene, sofia, client) -> None:
    first, second = scene.handoff(sofia), scene.handoff(sofia)
    answer = client.post(url("skip", first), follow=True)
    assert answer.context["handoff"] == second
    assert [one.pk for one in answer.context["queue"]] == [second.pk, first.pk]
    assert "Skipped today" in text(answer)


@pytest.mark.parametrize("htmx", [{}, HTMX])
def test_the_second_skip_in_a_row_asks_why(scene, sofia, client, htmx) -> None:
    first, second = scene.handoff(sofia), scene.handoff(sofia)
    client.post(url("skip", first))
    assert "Why skip again?" in text(client.get(second.get_absolute_url()))
    answer = client.post(url("skip", second), headers=htmx)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "second skip in a row" in text(answer)
    assert Skip.objects.count() == 1
    long = client.post(url("skip", second), {"words": "x" * 301}, headers=htmx)
    assert long.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "x" * 301 in text(long)
    client.post(url("skip", second), {"words": "Speaks no English"})
    assert Skip.objects.latest("pk").words == "Speaks no English"


def test_snoozing_takes_it_out_of_the_bands(scene, sofia, client) -> None:
    first, second = scene.handoff(sofia, name="Sleepy One"), scene.handoff(sofia)
    data = {"when": "tomorrow", "wakes_on_activity": "on"}
    answer = client.post(url("snooze", first), data, follow=True)
    assert answer.context["handoff"] == second
    assert [one.pk for one in answer.context["queue"]] == [second.pk]
    words = text(answer)
    assert "Snoozed" in words
    assert "Their clocks keep running." in words
    assert "Sleepy One wakes tomorrow 09:00, or when the lead does something." in words
    stored = again(first)
    local = timezone.localtime(stored.snoozed_until, ZoneInfo(sofia.zone))
    assert (local.hour, local.minute, stored.wakes_on_activity) == (9, 0, True)


@pytest.mark.parametrize(
    ("when", "hours"), [("soon", 2), ("time", 5), ("monday", None), ("tomorrow", None)]
)
def test_each_time_is_understood(scene, sofia, client, when, hours) -> None:
    handoff = scene.handoff(sofia)
    local = timezone.localtime(timezone.now() + timedelta(hours=5), ZoneInfo(sofia.zone))
    data = {"when": when, "until": f"{local:%Y-%m-%dT%H:%M}"}
    assert client.post(url("snooze", handoff), data).status_code == HTTPStatus.FOUND
    stored = again(handoff)
    assert not stored.wakes_on_activity
    if hours:
        left = stored.snoozed_until - timezone.now()
        assert abs(left - timedelta(hours=hours)) < timedelta(minutes=2)
    if when == "monday":
        wakes = timezone.localtime(stored.snoozed_until, ZoneInfo(sofia.zone))
        assert (wakes.weekday(), wakes.hour) == (0, 9)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"when": "never"},
        {"when": "time"},
        {"when": "time", "until": "soon"},
        {"when": "time", "until": "2001-01-01T09:00"},
        {"when": "time", "until": "0001-01-01T00:00"},
        {"when": "time", "until": "9999-12-31T23:59"},
    ],
)
def test_a_time_that_cannot_be_is_said_and_kept(scene, sofia, client, data) -> None:
    handoff = scene.handoff(sofia)
    answer = client.post(url("snooze", handoff), data)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.context["asked"].form.errors
    assert data.get("until", "") in text(answer)
    assert again(handoff).snoozed_until is None


def test_a_time_after_the_clock_is_due_is_warned_of(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    scene.soon(handoff)
    play = client.get(handoff.get_absolute_url()).context["play"]
    assert all(preset.is_late for preset in play.presets)
    Handoff.objects.filter(pk=handoff.pk).update(
        due_at=scene.at + timedelta(days=20), warn_at=scene.at + timedelta(days=19)
    )
    play = client.get(handoff.get_absolute_url()).context["play"]
    assert not any(preset.is_late for preset in play.presets)


def test_waking_brings_it_back(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    client.post(url("snooze", handoff), {"when": "tomorrow"})
    page = client.get(handoff.get_absolute_url())
    assert "wakes tomorrow" in text(page)
    assert url("wake", handoff) in text(page)
    answer = client.post(url("wake", handoff), follow=True)
    assert answer.redirect_chain[0][0] == handoff.get_absolute_url()
    assert [one.pk for one in answer.context["queue"]] == [handoff.pk]


def test_what_sleeps_is_found_on_an_otherwise_empty_desk(scene, sofia, client) -> None:
    only = scene.handoff(sofia, name="Sleepy One")
    page = client.post(url("snooze", only), {"when": "tomorrow"}, follow=True)
    assert "What is snoozed comes back by itself." in text(page)
    assert "Sleepy One" in text(page)
