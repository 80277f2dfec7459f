"""The desk as a page: panes, focus, layout that stands still, and what it weighs on the wire."""

import pytest
from playwright.sync_api import Page, expect

from leads.handoffs.models import Handoff
from tests.browser.served import served
from tests.browser.watch import PHONE
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LAPTOP = {"width": 1280, "height": 760}
KB = 1000
SHIFTS = """() => { window.shifts = 0; new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.shifts += one.value;
}).observe({type: "layout-shift", buffered: true}); }"""
STILL = 0.002  # of the screen: below what an eye sees; a line of text that jumps is above it


def at_work() -> tuple[Scene, list[Handoff]]:
    """Return a company with a queue that is longer than a laptop's screen."""
    scene = Scene()
    return scene, [scene.handoff(scene.sofia, name=f"Lead {n:02}") for n in range(18)]


begun = kept(at_work)


def sign_in(page: Page, address: str, client, user) -> None:
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": address}])


@pytest.fixture
def desk(page, live_server, client, scene, handoffs) -> Page:
    page.set_viewport_size(LAPTOP)
    sign_in(page, live_server.url, client, scene.sofia)
    page.add_init_script(f"({SHIFTS})()")
    page.goto(f"{live_server.url}/desk/")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    return page


def name_shown(page: Page, name: str) -> None:
    expect(page.locator(".case h1")).to_have_text(name)


def shown_next(page: Page, before: str) -> str:
    heading = page.locator(".case h1")
    expect(heading).not_to_have_text(before)
    return heading.inner_text()


def focused(page: Page) -> str:
    return page.evaluate(
        "() => { const one = document.activeElement;"
        " return one.id || (one.textContent || '').trim().slice(0, 60) || one.tagName; }"
    )


def test_panes_scroll_alone_and_the_dock_never_moves(desk) -> None:
    boxes = {}
    dock, body, queue = (desk.locator(one) for one in (".dock", ".case-body", ".queue-body"))
    boxes["before"] = dock.bounding_box()
    for pane in (body, queue):
        assert pane.evaluate("one => one.scrollHeight > one.clientHeight + 40")
        pane.evaluate("one => { one.scrollTop = 300; }")
    assert dock.bounding_box() == boxes["before"]
    assert desk.evaluate("scrollY") == 0
    assert desk.evaluate("document.documentElement.scrollHeight <= innerHeight")
    bottom = boxes["before"]["y"] + boxes["before"]["height"]
    assert bottom == pytest.approx(LAPTOP["height"], abs=1)


def test_the_button_that_decides_is_in_sight_on_a_laptop(desk) -> None:
    for keys, panel in ((("a",), ".dock-accept"), (("r", "1"), ".dock-reject")):
        for key in keys:
            desk.keyboard.press(key)
        button = desk.locator(f"{panel} .dock-act .btn")
        expect(button).to_be_in_viewport(ratio=1)


def test_the_queue_stays_where_it_was_scrolled_and_shows_the_current_row(desk) -> None:
    queue, first = desk.locator(".queue-body"), desk.locator(".case h1").inner_text()
    queue.evaluate("one => { one.scrollTop = 260; }")
    place = queue.evaluate("one => one.scrollTop")
    assert place > 100
    rows = desk.locator(".queue-body a.hs")
    name = rows.nth(12).locator(".name").inner_text()
    rows.nth(12).click()
    name_shown(desk, name)
    assert name != first
    assert queue.evaluate("one => one.scrollTop") == place
    expect(desk.locator(".hs[aria-current]")).to_be_in_viewport()
    for _step in range(17):  # down to the last one, by key
        name = desk.locator(".case h1").inner_text()
        if not desk.locator("[data-key=j]").count():
            break
        desk.keyboard.press("j")
        shown_next(desk, name)
        expect(desk.locator(".hs[aria-current]")).to_be_in_viewport(ratio=1)
    assert desk.locator(".case-body").evaluate("one => one.scrollTop") == 0


def test_the_focus_lands_on_what_one_reads_or_mends_next(desk) -> None:
    name = desk.locator(".case h1").inner_text()
    desk.keyboard.press("j")
    name = shown_next(desk, name)
    assert focused(desk) == name  # the next lead
    desk.keyboard.press("a")
    desk.keyboard.press("Enter")
    name = shown_next(desk, name)
    assert focused(desk) == name  # after a decision: the lead that follows
    for key in ("r", "4"):  # bad timing, and no day: what is missing takes the focus
        desk.keyboard.press(key)
    field = desk.locator("#recycle-on")
    expect(field).to_be_focused()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".dock-reject [role=alert]")).to_be_visible()
    assert desk.evaluate(
        "() => document.querySelector('.dock-reject').contains(document.activeElement)"
    )
    name_shown(desk, name)


def test_nothing_jumps_on_the_first_load_or_when_the_next_lead_comes(desk) -> None:
    assert desk.evaluate("shifts") <= STILL
    name = desk.locator(".case h1").inner_text()
    desk.keyboard.press("a")
    desk.keyboard.press("Enter")
    name = shown_next(desk, name)
    desk.wait_for_timeout(700)
    assert desk.evaluate("shifts") <= STILL
    desk.keyboard.press("j")
    shown_next(desk, name)
    desk.wait_for_timeout(700)
    assert desk.evaluate("shifts") <= STILL


def test_a_page_that_does_jump_is_found(desk) -> None:
    desk.evaluate("document.querySelector('.case-who').remove()")
    desk.wait_for_timeout(300)
    assert desk.evaluate("shifts") > STILL


def test_on_a_phone_the_decision_opens_as_a_sheet(desk) -> None:
    desk.set_viewport_size(PHONE)
    bar = desk.locator(".decide-bar")
    for name in ("Reject", "Accept"):
        box = bar.get_by_role("link", name=name).bounding_box()
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= PHONE["height"]
    expect(desk.locator("#decide")).to_be_hidden()
    desk.evaluate("location.hash = 'decide'")  # what the link does without any script
    expect(desk.locator("#decide")).to_be_visible()
    desk.locator(".dock-close a").click()
    expect(desk.locator("#decide")).to_be_hidden()
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_at_twice_the_size_all_is_there_and_nothing_sticks_out(desk) -> None:
    desk.set_viewport_size({"width": 640, "height": 400})  # 1280 x 800 at 200 %
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in (".case h1", ".clocks", ".factors", ".timeline"):
        desk.locator(part).first.scroll_into_view_if_needed()
        expect(desk.locator(part).first).to_be_visible()
    expect(desk.locator(".decide-bar")).to_be_visible()


def test_printed_it_is_the_case_and_no_pane_cuts_it(desk) -> None:
    desk.emulate_media(media="print")
    expect(desk.locator(".case h1")).to_be_visible()
    expect(desk.locator(".queue")).to_be_hidden()
    expect(desk.locator(".dock")).to_be_hidden()
    body = desk.locator(".case-body")
    assert body.evaluate("one => one.scrollHeight <= one.clientHeight + 1")


def test_it_is_light_on_the_wire(page, client, scene, handoffs, tmp_path) -> None:
    with served(tmp_path) as address:
        page.set_viewport_size(LAPTOP)
        sign_in(page, address, client, scene.sofia)
        wire = Wire(page)
        page.goto(f"{address}/desk/")
        page.wait_for_load_state("networkidle")
        first = wire.taken()
        assert first.of("font") > 0
        assert first.page < 120 * KB, first
        page.reload()
        page.wait_for_load_state("networkidle")
        assert 0 < wire.taken().page < 25 * KB
        name = page.locator(".case h1").inner_text()
        page.keyboard.press("j")
        shown_next(page, name)
        assert 0 < wire.taken().page < 15 * KB


class Weight(dict[str, int]):
    """Bytes by kind of file."""

    def of(self, kind: str) -> int:
        return self.get(kind, 0)

    @property
    def page(self) -> int:
        """All but the fonts."""
        return sum(size for kind, size in self.items() if kind != "font")


class Wire:
    """What the browser took from the wire, heads included, by the developer tools' protocol."""

    def __init__(self, page: Page) -> None:
        self.kinds: dict[str, str] = {}
        self.weight = Weight()
        self.page = page
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", self._begun)
        session.on("Network.loadingFinished", self._done)

    def _begun(self, event) -> None:
        self.kinds[event["requestId"]] = event["type"].lower()

    def _done(self, event) -> None:
        kind = self.kinds.get(event["requestId"], "other")
        self.weight[kind] = self.weight.of(kind) + int(event["encodedDataLength"])

    def taken(self) -> Weight:
        """Return what was taken since this was last asked."""
        self.page.wait_for_timeout(300)
        taken, self.weight = self.weight, Weight()
        return taken
