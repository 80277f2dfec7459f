"""Booking from the desk by keys, changing, calling off, saying that it took place."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leads.handoffs.models import Handoff
from leads.meetings.models import Meeting
from leads.meetings.services import book
from tests.browser.test_desk import sign_in
from tests.browser.watch import PHONE, STICKING_OUT
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at_work() -> tuple[Scene, Handoff]:
    scene = Scene()
    return scene, scene.handoff(scene.sofia, name="Marta Lindqvist")


begun = kept(at_work)


@pytest.fixture
def handoff(begun) -> Handoff:
    return begun[1]


@pytest.fixture
def sofia(page, live_server, client, scene, handoff) -> Page:
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, live_server, client, scene.sofia)
    return page


def booked(scene: Scene, handoff: Handoff, **given) -> Meeting:
    usual = {"host": scene.sofia, "starts_at": scene.at + timedelta(days=1), "minutes": 30}
    return book(
        lead=handoff.lead, handoff=handoff, subject="First conversation", by=scene.sofia,
        at=scene.at, **usual | given,
    )  # fmt: skip


def test_b_books_from_the_desk_and_comes_back(sofia, live_server, scene, handoff) -> None:
    sofia.goto(f"{live_server.url}/desk/")
    sofia.keyboard.press("b")
    expect(sofia.locator("h1")).to_have_text("Book a meeting")
    sofia.wait_for_load_state()  # keys answer once the page's scripts have run
    sofia.keyboard.press("2")
    second = sofia.locator(".slot input").nth(1)
    expect(second).to_be_checked()
    sofia.keyboard.press("Enter")
    expect(sofia.locator(".case h1")).to_have_text("Marta Lindqvist")
    expect(sofia.locator("#toasts")).to_contain_text("Booked with Marta Lindqvist")
    made = Meeting.objects.get()
    assert (made.host, made.lead, made.handoff) == (scene.sofia, handoff.lead, handoff)


def test_another_host_shows_their_free_times_and_keeps_what_was_typed(
    sofia, live_server, scene, handoff
) -> None:
    sofia.goto(f"{live_server.url}/leads/{handoff.lead.public_id}/meetings/new/")
    first = sofia.locator(".slot input").first.get_attribute("value")
    booked(scene, handoff, host=scene.jan, starts_at=_instant(first))
    sofia.locator("#meeting-subject").fill("Typed before")
    sofia.locator("#meeting-host").select_option(label="Jan")
    expect(sofia.locator("#slots legend")).to_have_text("When, Jan is free")
    offered = [one.get_attribute("value") for one in sofia.locator(".slot input").all()]
    assert first not in offered
    expect(sofia.locator("#meeting-subject")).to_have_value("Typed before")
    sofia.keyboard.press("Escape")
    sofia.locator("h1").click()
    sofia.keyboard.press("0")
    expect(sofia.locator("#meeting-starts")).to_be_visible()


def _instant(text: str):
    from datetime import datetime  # noqa: PLC0415

    return datetime.fromisoformat(text)


def test_a_collision_is_said_and_booked_when_asked_again(
    sofia, live_server, scene, handoff
) -> None:
    page_url = f"{live_server.url}/leads/{handoff.lead.public_id}/meetings/new/"
    sofia.goto(page_url)
    first = sofia.locator(".slot input").first
    booked(scene, handoff, starts_at=_instant(first.get_attribute("value")))
    first.check(force=True)
    sofia.locator("#meeting-place").fill("Room 1")
    sofia.locator(".form-acts button").click()
    expect(sofia.locator("[role=alert]")).to_contain_text("Sofia has another meeting")
    expect(sofia.locator("#meeting-place")).to_have_value("Room 1")
    sofia.locator("[name=overlaps]").check()
    sofia.locator(".form-acts button").click()
    expect(sofia.locator("#toasts")).to_contain_text("Booked")
    assert Meeting.objects.count() == 2


def test_it_is_changed_and_called_off(sofia, live_server, scene, handoff) -> None:
    made = booked(scene, handoff)
    sofia.goto(f"{live_server.url}{made.get_absolute_url()}")
    sofia.keyboard.press("e")
    sofia.locator("#meeting-place").fill("Room 2")
    sofia.keyboard.press("Control+Enter")
    expect(sofia.locator("main")).to_contain_text("Room 2")
    sofia.get_by_role("button", name="Call the meeting off").click()
    expect(sofia.locator("#toasts")).to_contain_text("Called off")
    made.refresh_from_db()
    assert made.cancelled_at is not None


def test_h_says_that_it_took_place(sofia, live_server, scene, handoff) -> None:
    made = booked(scene, handoff)
    Meeting.objects.filter(pk=made.pk).update(starts_at=scene.at - timedelta(minutes=45))
    sofia.goto(f"{live_server.url}/meetings/")
    sofia.keyboard.press("h")
    expect(sofia.locator("#toasts")).to_contain_text("you met Marta Lindqvist")
    assert Handoff.objects.get(pk=handoff.pk).first_touch_at


def test_the_file_is_downloaded(sofia, live_server, scene, handoff) -> None:
    made = booked(scene, handoff)
    sofia.goto(f"{live_server.url}{made.get_absolute_url()}")
    with sofia.expect_download() as download:
        sofia.get_by_role("link", name="Calendar file").click()
    assert download.value.suggested_filename == "meeting.ics"


def test_without_javascript(browser, live_server, client, scene, handoff) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/leads/{handoff.lead.public_id}/meetings/new/")
    page.locator("#meeting-host").select_option(label="Jan")
    page.locator("#meeting-subject").fill("Typed before")
    page.get_by_role("button", name="Show free times").click()
    expect(page.locator("#slots legend")).to_have_text("When, Jan is free")
    expect(page.locator("#meeting-subject")).to_have_value("Typed before")
    page.get_by_role("button", name="Book the meeting").click()
    expect(page.locator("h1")).to_contain_text("Marta Lindqvist")
    assert Meeting.objects.get().host == scene.jan
    context.close()


@pytest.mark.parametrize("where", ["new", "move", "one", "list"])
def test_nothing_sticks_out_on_a_phone(sofia, live_server, scene, handoff, where) -> None:
    made = booked(scene, handoff, place="https://meet.example/" + "x" * 200)
    paths = {
        "new": f"/leads/{handoff.lead.public_id}/meetings/new/",
        "move": f"{made.get_absolute_url()}move/",
        "one": made.get_absolute_url(),
        "list": "/meetings/",
    }
    sofia.set_viewport_size(PHONE)
    sofia.goto(live_server.url + paths[where])
    assert sofia.evaluate(STICKING_OUT) == []
