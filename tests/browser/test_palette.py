"""Find or do, the keys and one's own settings: by keyboard alone, and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from leads.handoffs.models import Handoff
from portal.accounts.models import User
from tests.browser.test_desk import name_shown, sign_in
from tests.browser.watch import DESK, PHONE, STICKING_OUT, Watch, violations
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = ("Marta Lindqvist", "Daniel Okafor", "Elena Petrova")


def at_work() -> tuple[Scene, list[Handoff]]:
    scene = Scene()
    return scene, [scene.handoff(scene.sofia, name=name) for name in NAMES]


begun = kept(at_work)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def desk(page, live_server, client, scene, handoffs, watch) -> Page:
    watch.follow(page.context)
    page.set_viewport_size(DESK)
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/desk/")
    name_shown(page, NAMES[0])
    return page


def chosen(page: Page) -> str:
    """Return the option that a screen reader hears of: the field's active descendant."""
    field = page.locator("#palette input")
    expect(field).to_be_focused()
    option = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    expect(option).to_have_attribute("aria-selected", "true")
    return option.locator(".palette-name").inner_text()


def test_a_lead_is_opened_by_keyboard_alone(desk, handoffs, watch) -> None:
    desk.keyboard.press("Control+k")
    desk.keyboard.type("daniel ok")
    option = desk.locator("#palette [role=option]").first
    expect(option).to_contain_text("Daniel Okafor")
    assert chosen(desk) == "Daniel Okafor"
    assert violations(desk) == []
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**{handoffs[1].lead.get_absolute_url()}")
    assert watch.complaints == []


def test_an_act_of_this_page_is_done_and_its_key_is_taught(desk) -> None:
    desk.keyboard.press("Control+k")
    expect(desk.locator("#palette-acts [role=option]").first).to_be_visible()
    desk.keyboard.type("next le")
    option = desk.locator("#palette-acts [role=option]")
    expect(option).to_have_count(1)
    expect(option.locator("kbd")).to_have_text("J")
    desk.keyboard.press("Enter")
    expect(desk.locator("#palette")).to_be_hidden()
    name_shown(desk, NAMES[1])


def test_arrows_go_round_and_esc_gives_the_page_back(desk) -> None:
    desk.keyboard.press("/")
    expect(desk.locator("#found-page-1")).to_be_visible()
    first = chosen(desk)
    desk.keyboard.press("ArrowUp")
    last = chosen(desk)
    desk.keyboard.press("ArrowDown")
    assert chosen(desk) == first != last
    desk.keyboard.press("Escape")
    expect(desk.locator("#palette")).to_be_hidden()
    desk.keyboard.press("j")
    name_shown(desk, NAMES[1])


def test_a_key_right_after_esc_is_not_written_into_the_field_that_closed(desk) -> None:
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("/")
    expect(desk.locator("#palette input")).to_be_focused()
    desk.evaluate("""() => { document.getElementById("palette").close();
      document.querySelector("#palette input").dispatchEvent(
        new KeyboardEvent("keydown", { key: "j", bubbles: true, cancelable: true })); }""")
    name_shown(desk, NAMES[1])


def test_nothing_found_is_said_and_heard(desk) -> None:
    desk.keyboard.press("Control+k")
    desk.keyboard.type("zzzz")
    expect(desk.locator("[data-nothing]")).to_contain_text("No lead and no page for “zzzz”")
    expect(desk.locator("#palette [role=status]")).to_have_text("Nothing found")


def test_g_and_a_letter_go_to_a_page(desk) -> None:
    desk.keyboard.press("g")
    expect(desk.locator(".nav .go-key").first).to_be_attached()
    desk.keyboard.press("l")
    desk.wait_for_url("**/leads/")
    desk.keyboard.press("g")
    expect(desk.locator(".nav [data-go=d] .go-key")).to_be_visible()
    desk.keyboard.press("d")
    name_shown(desk, NAMES[0])


def test_on_a_phone_the_palette_fills_the_page_and_nothing_sticks_out(desk) -> None:
    desk.set_viewport_size(PHONE)
    desk.locator(".bar-end > [data-opens=palette]").click()
    expect(desk.locator("#found-page-1")).to_be_visible()
    assert desk.evaluate(STICKING_OUT) == []
    desk.locator("#found-page-2").click()
    expect(desk.locator("#palette")).to_be_hidden()


def test_own_keys_are_set_by_keyboard_shown_and_pressed(desk, live_server, scene) -> None:
    desk.goto(f"{live_server.url}/preferences/")
    accept = desk.get_by_label("Accept as SQL")
    accept.focus()
    desk.keyboard.type("r")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("[role=alert]")).to_be_focused()
    expect(desk.locator(".prefs .invalid-feedback")).to_contain_text("is taken: Accept as SQL")
    desk.get_by_label("Reject, then a digit").fill("q")
    desk.get_by_label("Compact").check()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#toasts")).to_contain_text("Saved.")
    expect(desk.locator("html")).to_have_attribute("data-density", "compact")
    assert User.objects.get(pk=scene.sofia.pk).keymap == {"a": "r", "r": "q"}

    desk.goto(f"{live_server.url}/desk/")
    expect(desk.locator(".dock [data-key~=a] kbd").first).to_have_text("R")
    desk.keyboard.press("r")
    expect(desk.locator(".dock-accept")).to_be_visible()
    desk.keyboard.press("a")  # means nothing any more
    expect(desk.locator(".dock-accept")).to_be_visible()
    desk.keyboard.press("?")
    expect(desk.locator("#keys [data-keys-of=page]")).to_contain_text("Q")


def test_switched_off_keys_rest_and_leave_no_hint(desk, live_server, scene) -> None:
    User.objects.filter(pk=scene.sofia.pk).update(has_keys=False)
    desk.reload()
    name_shown(desk, NAMES[0])
    desk.keyboard.press("j")
    name_shown(desk, NAMES[0])
    assert desk.locator(".dock kbd:visible").all_inner_texts() in ([], ["Enter"])
    desk.keyboard.press("Control+k")  # no single key: it stays
    expect(desk.locator("#palette")).to_be_visible()


def test_without_javascript_it_is_a_page_that_finds(
    browser, browser_context_args, live_server, client, scene, handoffs
) -> None:
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/leads/")
    page.locator(".nav > .nav-find").click()
    page.locator("#find-q").fill("elena")
    page.locator("#find-q").press("Enter")
    page.get_by_role("link", name="Elena Petrova").click()
    expect(page.locator("h1")).to_contain_text("Elena Petrova")
    context.close()
