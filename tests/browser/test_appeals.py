"""An appeal from both sides: contested, answered by keyboard, on a phone, without script."""

import pytest
from playwright.sync_api import Page, Route, expect

from leads.dispositions.appeals import contest
from leads.dispositions.models import Appeal, Disposition, Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Cause, Handoff
from tests.browser.test_desk import sign_in
from tests.browser.watch import PHONE, STICKING_OUT
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = "They asked for prices again."


def at_work() -> tuple[Scene, Disposition]:
    scene = Scene()
    handoff = scene.handoff(scene.sofia, name="Marta Lindqvist")
    reason = Reason.objects.get(code="just_exploring")
    return scene, reject(handoff=handoff, reason=reason, by=scene.sofia, at=scene.at)


begun = kept(at_work)


@pytest.fixture
def rejection(begun) -> Disposition:
    return begun[1]


def lead_page(page: Page, live_server, rejection: Disposition) -> None:
    page.goto(f"{live_server.url}{rejection.handoff.lead.get_absolute_url()}")
    page.locator("details.passing summary").click()


def test_marketing_contests_from_the_lead_and_sales_grants_by_keyboard(
    page, live_server, client, scene, rejection
) -> None:
    sign_in(page, live_server, client, scene.priya)
    lead_page(page, live_server, rejection)
    page.get_by_role("link", name="Contest the rejection").click()
    expect(page.locator("#contest-words")).to_be_focused()
    page.keyboard.type(WHY)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Contested the rejection of Marta Lindqvist")
    assert Appeal.objects.get().words == WHY
    page.locator("details.passing summary").click()
    expect(page.locator(".passing-body")).to_contain_text("contested")

    sign_in(page, live_server, client, scene.tom)
    page.goto(f"{live_server.url}/appeals/")
    expect(page.locator(".nav .nav-item[aria-current] .nav-count")).to_have_text("1")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Marta Lindqvist")
    page.keyboard.press("2")
    expect(page.locator(".form-acts button")).to_contain_text("Grant the appeal")
    page.keyboard.press("w")
    page.keyboard.type("Fair, call them.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Granted the appeal")
    expect(page.locator("main")).to_contain_text("No appeal waits for you.")
    expect(page.locator("main")).to_contain_text("appeal granted")
    again = Handoff.objects.open().get(lead=rejection.handoff.lead)
    assert again.cause == Cause.APPEAL
    page.goto(f"{live_server.url}{again.get_absolute_url()}")
    expect(page.locator(".case h1")).to_have_text("Marta Lindqvist")


def test_words_typed_before_the_scripts_are_there_are_written_in_the_field_a_key_opens(
    page, live_server, client, scene, rejection
) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route("**/keys*.js", hold)
    sign_in(page, live_server, client, scene.tom)
    with page.expect_request("**/keys*.js"):
        page.goto(f"{live_server.url}{made.get_absolute_url()}", wait_until="commit")
    expect(page.locator(".form-acts")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("w")
    page.keyboard.type("Fair, call them.")
    late[0].continue_()
    expect(page.locator("#answer-words")).to_have_value("Fair, call them.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Granted the appeal")


def test_who_answers_second_is_told_and_keeps_the_words(
    page, live_server, client, scene, rejection
) -> None:
    from leads.dispositions.appeals import answer  # noqa: PLC0415 - somebody else's act

    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    sign_in(page, live_server, client, scene.tom)
    page.goto(f"{live_server.url}{made.get_absolute_url()}")
    answer(appeal=made, by=scene.admin, at=scene.at, is_granted=False, words="No.")
    page.keyboard.press("2")
    page.keyboard.press("w")
    page.keyboard.type("My own words")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[role=alert]")).to_contain_text("Admin upheld the rejection")
    expect(page.locator("#kept")).to_have_value("My own words")


def test_without_javascript_and_on_a_phone(browser, live_server, client, scene, rejection) -> None:
    made = contest(disposition=rejection, by=scene.priya, words=WHY, at=scene.at)
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    sign_in(page, live_server, client, scene.tom)
    page.goto(f"{live_server.url}/appeals/")
    page.get_by_role("link", name="Answer").first.click()
    page.get_by_label("Uphold the rejection").check()
    page.locator("#answer-words").fill("We called twice.")
    page.locator(".form-acts button").click()
    expect(page.locator("main")).to_contain_text("rejection upheld")
    made.refresh_from_db()
    assert made.is_granted is False
    context.close()


@pytest.mark.parametrize("where", ["/appeals/", "appeal", "contest"])
def test_nothing_sticks_out_on_a_phone(page, live_server, client, scene, rejection, where) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, live_server, client, scene.priya)
    if where == "contest":
        page.goto(f"{live_server.url}/decisions/{rejection.pk}/contest/")
    else:
        made = contest(
            disposition=rejection,
            by=scene.priya,
            words="Prices, again. " * 60,
            at=scene.at,
        )
        page.goto(live_server.url + (where if where != "appeal" else made.get_absolute_url()))
    assert page.evaluate(STICKING_OUT) == []
