"""Many handoffs at once in the browser: by keyboard, on a phone, and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from tests.browser.test_desk import sign_in
from tests.browser.watch import PHONE, Watch, look
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = ("Marta Lindqvist", "Daniel Okafor", "Elena Petrova", "Ida Holm")


def at_work() -> tuple[Scene, list[Handoff]]:
    scene = Scene()
    return scene, [scene.handoff(scene.sofia, name=name) for name in NAMES]


begun = kept(at_work)


def choose(page: Page, outcome: str) -> None:
    page.locator(f"label:has(> input[name=outcome][value={outcome}])").click()


def test_from_the_desk_by_x_previewed_decided_and_undone(
    page: Page, live_server, client, scene, handoffs
) -> None:
    watch = Watch()
    watch.follow(page.context)
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, live_server, client, scene.sofia)
    page.goto(live_server.url + handoffs[0].get_absolute_url())
    page.keyboard.press("x")
    expect(page.locator("h1")).to_have_text("Several at once")
    expect(page.locator("input[name=handoff]:checked")).to_have_count(1)
    page.get_by_role("checkbox", name="Daniel Okafor").press("Space")
    page.keyboard.press("r")
    wrong = look(page, "bulk", axe=True)
    page.select_option("#bulk-reason", "no_budget")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("Reject 2, no budget")
    expect(page.get_by_role("button", name="Reject 2, no budget")).to_be_focused()
    wrong += look(page, "bulk-preview", axe=True)
    page.keyboard.press("Enter")
    expect(page.locator(".notice-undo")).to_contain_text("2 rejected, no budget")
    assert Disposition.objects.standing().count() == 2
    page.keyboard.press("u")
    expect(page.get_by_text("2 decisions taken back.")).to_be_visible()
    assert not Disposition.objects.standing().exists()
    assert Handoff.objects.open().count() == len(NAMES)
    assert wrong + watch.complaints == []


def test_all_that_fit_on_a_phone(page: Page, live_server, client, scene, handoffs) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/desk/bulk/")
    page.get_by_text("All 4 that fit").click()
    choose(page, "accepted")
    page.get_by_role("button", name="See what it does").click()
    expect(page.locator("h1")).to_have_text("Accept 4 as SQLs")
    page.get_by_role("button", name="Accept 4 as SQLs").click()
    expect(page.locator(".bulk-earlier")).to_contain_text("4 accepted")
    assert Disposition.objects.standing().filter(outcome="accepted").count() == len(NAMES)


def test_it_works_without_scripts(browser, live_server, client, scene, handoffs) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/desk/bulk/")
    page.get_by_role("checkbox", name="Elena Petrova").check()
    choose(page, "rejected")
    page.get_by_role("button", name="See what it does").click()
    expect(page.get_by_text("Choose a reason: a rejection without one")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Elena Petrova")).to_be_checked()
    page.select_option("#bulk-reason", "spam")
    page.get_by_role("button", name="See what it does").click()
    page.locator("button[name=sure]").click()
    page.get_by_role("button", name="Undo all").click()
    expect(page.get_by_text("1 decision taken back.")).to_be_visible()
    assert Handoff.objects.open().count() == len(NAMES)
    context.close()
