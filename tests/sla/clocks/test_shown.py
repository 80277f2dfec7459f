"""What a clock says of itself: what is left, in words, and the sum behind it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.handoffs.models import Handoff
from sla.clocks.models import Clock
from sla.clocks.pausing import pause_clock
from sla.clocks.services import sync_clocks
from sla.clocks.shown import clocks_for
from tests.factories import make_activity, make_handoff, make_terms, make_user

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY, MONDAY = 6, 9


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
def handoff():
    make_terms(at=datetime(2026, 1, 1, tzinfo=UTC))
    handoff = make_handoff(at=local(FRIDAY, 16, 30))
    sync_clocks([handoff.pk], at=local(FRIDAY, 16, 30))
    return handoff


def shown(handoff, at, kind="first_touch"):
    (view,) = [
        each for each in clocks_for([handoff.pk], at=at)[handoff.pk] if each.clock.kind == kind
    ]
    return view


@pytest.mark.parametrize(
    ("at", "state", "words", "left"),
    [
        (local(FRIDAY, 16, 45), "on_time", "3 h 45 left", 13_500),
        (local(7, 12), "on_time", "3 h 30 left", 12_600),
        (local(MONDAY, 11, 34), "at_risk", "56 min left", 3360),
        (local(MONDAY, 12, 30), "at_risk", "0 s left", 0),
        (local(MONDAY, 13, 8), "breached", "38 min over", -2280),
        (local(MONDAY, 18), "breached", "4 h 30 over", -16_200),
    ],
)
def test_a_running_clock_says_what_is_left_of_working_time(handoff, at, state, words, left) -> None:
    view = shown(handoff, at)
    assert (view.state, view.words.replace("\xa0", " "), view.left) == (state, words, left)
    assert view.share == max(left, 0) / 14_400


def test_it_says_when_its_hours_close(handoff) -> None:
    assert shown(handoff, local(FRIDAY, 16, 45)).open_until == local(FRIDAY, 17)
    assert shown(handoff, local(7, 12)).open_until == local(7, 12)
    assert shown(handoff, local(7, 12), "disposition").open_until is None


def test_a_stopped_clock_says_how_long_it_took(handoff) -> None:
    make_activity(handoff.lead, kind="call_outbound", at=local(MONDAY, 9, 7))
    sync_clocks([handoff.pk], at=local(MONDAY, 10))
    view = shown(handoff, local(MONDAY, 12))
    assert (view.state, view.words) == ("met", "met in 37\xa0min of 4\xa0h")
    late = make_handoff(at=local(FRIDAY, 16, 30))
    make_activity(late.lead, kind="call_outbound", at=local(MONDAY, 14, 17))
    sync_clocks([late.pk], at=local(MONDAY, 15))
    assert shown(late, local(MONDAY, 15)).words == "met 1\xa0h\xa047 late"


def test_a_paused_clock_is_due_later_by_what_it_has_stood_still(handoff) -> None:
    clock = shown(handoff, local(MONDAY, 9)).clock
    pause_clock(
        clock=clock, reason="away", by=None, at=local(MONDAY, 9), limit_at=local(MONDAY, 11)
    )
    assert shown(handoff, local(MONDAY, 9)).due == local(MONDAY, 12, 30)
    assert shown(handoff, local(MONDAY, 10)).due == local(MONDAY, 13, 30)
    assert shown(handoff, local(MONDAY, 15)).due == local(MONDAY, 14, 30)  # its limit was 11:00
    view = shown(handoff, local(MONDAY, 10))
    assert [(span.kind, span.used) for span in view.arithmetic() if span.opens] == [
        ("used", timedelta(minutes=30)),
        ("paused", timedelta(0)),
        ("used", timedelta(hours=3, minutes=30)),
    ]


def test_a_clock_that_ended_untouched_and_a_paused_one_say_so(handoff) -> None:
    clock = Clock.objects.get(handoff=handoff, kind="first_touch")
    pause_clock(clock=clock, reason="wrong number", by=None, at=local(MONDAY, 9))
    view = shown(handoff, local(MONDAY, 15))
    assert (view.state, view.words, view.detail) == (
        "paused",
        "paused, 3\xa0h\xa030 left",
        "wrong number",
    )
    Clock.objects.filter(pk=clock.pk).update(paused_at=None)
    Handoff.objects.filter(pk=handoff.pk).update(is_decided=True, decided_at=local(MONDAY, 9))
    sync_clocks([handoff.pk], at=local(MONDAY, 9))
    assert shown(handoff, local(MONDAY, 15)).words == "ended without a touch"


def test_the_arithmetic_adds_up_to_the_amount(handoff) -> None:
    spans = shown(handoff, local(MONDAY, 9)).arithmetic()
    assert [(span.day.day, span.kind, span.used) for span in spans] == [
        (6, "used", timedelta(minutes=30)),
        (7, "closed", timedelta(0)),
        (8, "closed", timedelta(0)),
        (9, "used", timedelta(hours=3, minutes=30)),
    ]


def test_the_chip_is_drawn_with_what_the_browser_needs_to_tick(handoff) -> None:
    view = shown(handoff, local(MONDAY, 11, 34))
    html = render_to_string("sla/clocks/_chip.html", {"view": view})
    assert 'class="clock clock-at_risk"' in html
    assert 'data-left="3360"' in html
    assert "56\xa0min left" in html
    assert "First touch" in render_to_string("sla/clocks/_chip.html", {"view": view, "size": "lg"})


@pytest.mark.parametrize(
    ("zone", "due"), [("Europe/Berlin", "12:30"), ("America/New_York", "07:30")]
)
def test_the_due_moment_is_told_in_the_readers_zone(client, handoff, zone, due) -> None:
    client.force_login(make_user(role="marketing", zone=zone))
    clock = handoff.clocks.get(kind="first_touch")
    page = client.get(reverse("clock", args=[clock.pk])).content.decode()
    told = page.partition('<span class="clock-due">')[2].partition("</span>")[0]
    assert told.startswith("due ")
    assert f", {due} " in told


def test_forty_handoffs_are_shown_for_the_statements_of_one(handoff) -> None:
    costs = []
    for count in (1, 40):
        ids = [make_handoff(at=local(FRIDAY, 10)).pk for _ in range(count)]
        sync_clocks(ids, at=local(FRIDAY, 10))
        with CaptureQueriesContext(connection) as asked:
            assert len(clocks_for(ids, at=local(FRIDAY, 11))) == count
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 6
