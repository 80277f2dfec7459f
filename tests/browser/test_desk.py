"""A morning at the desk by keyboard alone, on a phone, and with JavaScript off."""

import re

import pytest
from playwright.sync_api import Page, expect

from leads.database.models import Lead, Stage
from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from tests.browser.watch import PHONE, STICKING_OUT
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at_work() -> tuple[Scene, list[Handoff]]:
    """Return a company with three handoffs of Sofia's, in the order of her queue."""
    scene, names = Scene(), ("Marta Lindqvist", "Daniel Okafor", "Elena Petrova")
    return scene, [scene.handoff(scene.sofia, name=name) for name in names]


begun = kept(at_work)


def sign_in(page: Page, live_server, client, user) -> None:
    """Give the browser a session; signing in has its own tests."""
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])


@pytest.fixture
def desk(page, live_server, client, scene, handoffs) -> Page:
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/desk/")
    return page


def name_shown(page: Page, name: str) -> None:
    expect(page.locator(".case h1")).to_have_text(name)


def decision(handoff: Handoff) -> Disposition:
    return Disposition.objects.standing().get(handoff=handoff)


def test_two_keys_accept_and_three_reject(desk, handoffs) -> None:
    name_shown(desk, "Marta Lindqvist")
    desk.keyboard.press("a")
    expect(desk.locator(".dock-accept")).to_be_visible()
    desk.keyboard.press("Enter")
    name_shown(desk, "Daniel Okafor")
    assert decision(handoffs[0]).outcome == "accepted"

    for key in ("r", "1", "Enter"):
        desk.keyboard.press(key)
    name_shown(desk, "Elena Petrova")
    assert decision(handoffs[1]).reason_id == "wrong_industry"
    expect(desk).to_have_url(re.compile(f"{handoffs[2].get_absolute_url()}$"))


def test_the_focus_follows_to_the_next_lead(desk) -> None:
    desk.keyboard.press("j")
    name_shown(desk, "Daniel Okafor")
    expect(desk.locator(".case h1")).to_be_focused()
    desk.keyboard.press("k")
    name_shown(desk, "Marta Lindqvist")
    desk.go_back()
    name_shown(desk, "Daniel Okafor")
    assert desk.locator("#main").count() == 1  # the whole page, not its part


def test_u_takes_the_last_decision_back(desk, handoffs) -> None:
    for key in ("r", "9", "Enter"):
        desk.keyboard.press(key)
    expect(desk.locator(".notice-undo")).to_contain_text("Rejected Marta Lindqvist, spam or test")
    desk.keyboard.press("u")
    name_shown(desk, "Marta Lindqvist")
    expect(desk.locator("#toasts")).to_contain_text("Taken back")
    assert not Disposition.objects.standing().exists()


def test_a_reason_asks_at_once_for_what_it_needs(desk, handoffs) -> None:
    desk.keyboard.press("r")
    desk.keyboard.press("4")
    button = desk.locator(".dock-reject .dock-act button")
    expect(button).to_have_text(re.compile("Reject, bad timing"))
    expect(desk.locator("#recycle-on")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator(".dock-reject [role=alert]")).to_contain_text("needs a date")
    desk.locator("#recycle-on").fill("2030-03-03")
    desk.keyboard.press("Enter")
    name_shown(desk, "Daniel Okafor")
    assert str(decision(handoffs[0]).recycle_on) == "2030-03-03"


def test_what_a_reason_does_is_shown_with_it(desk) -> None:
    desk.keyboard.press("r")
    effects = desk.locator(".dock-reject .outcome:visible")
    expect(effects).to_have_count(0)
    desk.keyboard.press("1")
    expect(effects).to_have_count(1)
    expect(effects).to_contain_text("Disqualify Marta Lindqvist")
    desk.keyboard.press("5")
    expect(effects).to_contain_text("Recycle Marta Lindqvist until")
    expect(desk.locator(".wrong input:checked")).to_have_count(0)


def test_the_keys_are_listed(desk) -> None:
    desk.keyboard.press("?")
    listed = desk.locator("#keys [data-keys-list]")
    for words in ("Next lead", "Accept as SQL", "Reject", "Log a touch", "Write a note"):
        expect(listed).to_contain_text(words)


def test_who_is_late_is_told(desk, scene, handoffs) -> None:
    from leads.dispositions.services import accept  # noqa: PLC0415 - somebody else's act

    Handoff.objects.update(held_by=None, held_since=None, held_until=None)  # her lease ran out
    accept(handoff=handoffs[0], by=scene.tom, at=scene.at)
    desk.keyboard.press("r")
    desk.keyboard.press("1")
    desk.locator(".need-note summary").click()
    desk.locator("#reject-note").fill("Wrong trade")
    desk.locator(".dock-reject .dock-act button").click()
    expect(desk.locator(".taken h1")).to_contain_text("Tom accepted this")
    expect(desk.locator("#kept")).to_have_value("Reason: Wrong industry\nWords: Wrong trade")
    desk.keyboard.press("Enter")
    name_shown(desk, "Daniel Okafor")


def test_on_a_phone_the_dock_is_a_sheet(desk, handoffs) -> None:
    desk.set_viewport_size(PHONE)
    expect(desk.locator("#decide")).to_be_hidden()
    desk.locator(".decide-bar").get_by_text("Reject").click()
    expect(desk.locator("#decide")).to_be_visible()
    desk.locator("input[value=just_exploring]").check()
    desk.locator(".dock-reject .dock-act button").click()
    name_shown(desk, "Daniel Okafor")
    expect(desk.locator("#decide")).to_be_hidden()
    assert decision(handoffs[0]).reason_id == "just_exploring"
    assert desk.evaluate(STICKING_OUT) == []
    desk.locator(".bar-place").click()
    expect(desk.locator(".queue .hs")).to_have_count(2)


@pytest.fixture
def plain(browser, browser_context_args, live_server, client, scene, handoffs):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/desk/")
    yield page
    context.close()


def test_everything_works_without_javascript(plain, handoffs) -> None:
    name_shown(plain, "Marta Lindqvist")
    plain.locator("a[href='#touch']").first.click()
    plain.locator("#touch").get_by_role("button", name="Log it").click()
    expect(plain.locator(".timeline").first).to_contain_text("You called")
    plain.locator("#choose-reject").check()
    plain.locator("input[value=bad_timing]").check()
    expect(plain.locator(".dock-reject .dock-act button")).to_contain_text("Reject, bad timing")
    plain.locator("#recycle-on").fill("2030-03-03")
    plain.locator(".dock-reject .dock-act button").click()
    name_shown(plain, "Daniel Okafor")
    plain.locator("#choose-accept").check()
    plain.locator(".dock-accept .dock-act button").click()
    name_shown(plain, "Elena Petrova")
    assert [decision(one).outcome for one in handoffs[:2]] == ["rejected", "accepted"]
    plain.locator(".notice-undo button").click()
    name_shown(plain, "Daniel Okafor")
    assert Lead.objects.get(pk=handoffs[1].lead_id).stage == Stage.WITH_SALES
