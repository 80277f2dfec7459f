"""Two people write one draft, each in a browser of their own."""

import threading

import pytest
from playwright.sync_api import Page, Route, expect

from portal.agreements.services import save_clause
from tests.browser.test_desk import sign_in
from tests.factories import make_definition, make_user
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(live_server):
    Scene()
    return make_definition(signed=False)


@pytest.mark.parametrize("what", ["rule", "talk"])
def test_a_click_is_not_lost_while_the_text_is_redrawn(
    page: Page, live_server, client, draft, now, what
) -> None:
    sales = make_user(role="sales_lead", name="Jonas Weber")
    sign_in(page, live_server, client, draft.created_by)
    page.goto(f"{live_server.url}/definitions/{draft.number}/")
    rules = draft.clauses.filter(kind="rule").order_by("position")
    mine, theirs = rules[0], rules[1]
    redrawn = threading.Event()
    line = page.locator(f"[id='clause-{mine.key}']")
    link = line.locator(".rule-link" if what == "rule" else ".said")

    def hold_back(route: Route) -> None:
        """Answer only when the whole text was drawn anew in between."""
        page.evaluate("""() => { document.addEventListener("htmx:oobAfterSwap", () => {
          document.body.dataset.redrawn = "yes"; }); htmx.trigger(document.body, "follow"); }""")
        page.wait_for_selector("body[data-redrawn]")
        redrawn.set()
        route.continue_()

    page.route(f"**{link.get_attribute('hx-get')}", hold_back)
    body = theirs.body | {"points": "7"}
    save_clause(version=draft, key=theirs.key, kind=theirs.kind, body=body, rationale="",
                position=theirs.position, revision=theirs.revision, by=sales, at=now)  # fmt: skip
    link.click()
    opens = line if what == "rule" else page.locator(f"[id='thread-{mine.key}']")
    expect(opens.locator("textarea, input:not([type=hidden])").first).to_be_visible()
    expect(page.locator(f"[id='clause-{theirs.key}']")).to_contain_text("7")
    assert redrawn.is_set()
