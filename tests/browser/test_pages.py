"""Every page a person opens, with a company's data on it, wide and narrow, in both themes by turns.

Nothing sticks out of a phone, axe-core finds no serious barrier, the console stays silent and the
content security policy refuses nothing. ``PICTURES=1`` keeps what is seen in ``var/screenshots``;
``GUIDE=1`` takes those of the README anew, with more data on them.
"""

import os
from collections.abc import Iterator

import pytest
from django.db.models import Count, Q
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from portal.accounts.models import User
from portal.demo.people import DOMAIN
from portal.demo.services import make_demo
from tests.browser.watch import DESK, PHONE, ROOT, Watch, look, picture

# Addresses below name the demo's first records, whatever ran before in this database.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, reset_sequences=True),
]

GUIDE = os.environ.get("GUIDE") == "1"
LEADS = 1800 if GUIDE else 150
PAGES = {
    "sdr": [("desk", "/desk/"), ("follow-ups", "/follow-ups/")],
    "hugo": [("my-sqls", "/my-sqls/"), ("meetings", "/meetings/")],
    "lukas": [
        ("appeals", "/appeals/"),
        ("appeal", "/appeals/1/"),
        ("team", "/team/"),
        ("releases", "/releases/"),
        ("bell", "/notifications/"),
    ],
    "jonas": [
        ("rejections", "/rejections/"),
        ("rejected-leads", "/rejections/leads/"),
        ("nurture", "/nurture/"),
        ("sources", "/sources/"),
        ("imports", "/leads/import/"),
        ("definitions", "/definitions/"),
        ("draft", "/definitions/3/"),
    ],
    "priya": [
        ("scoreboard", "/sla/"),
        ("clocks", "/sla/clocks/"),
        ("leads", "/leads/"),
        ("lead-new", "/leads/new/"),
        ("definition", "/definitions/2/"),
        ("terms", "/sla/terms/"),
        ("terms-version", "/sla/terms/1/"),
        ("preferences", "/preferences/"),
        ("design", "/design/"),
    ],
    "": [("sign-in", "/accounts/login/"), ("form", "/f/demo/"), ("thanks", "/f/demo/thanks/")],
}
# The pictures of the README, with their heights.
IN_GUIDE = {
    "desk": 800, "lead": 800, "rejections": 1060, "draft": 800, "scoreboard": 800, "team": 800,
    "clocks": 800, "preferences": 800, "design": 800,
}  # fmt: skip
LEFT_OF_NEWEST = """() => [...document.querySelectorAll("[data-newest]")]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => Math.round(one.scrollWidth - one.clientWidth - one.scrollLeft))"""
GUIDE_FOLDER = ROOT / "docs" / "guide"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def at_work(live_server, browser, browser_context_args, watch) -> Iterator[dict[str, Page]]:
    """One browser for each of the people, signed in; "" is a stranger's."""
    make_demo(until=timezone.now(), leads=LEADS, say=str)
    options = {**browser_context_args, "base_url": live_server.url, "viewport": DESK}
    contexts = {who: watch.follow(browser.new_context(**options)) for who in PAGES}
    for who, context in contexts.items():
        if who:
            sign_in(context, who, live_server.url)
    yield {who: context.new_page() for who, context in contexts.items()}
    for context in contexts.values():
        context.close()


def sign_in(context: BrowserContext, who: str, address: str) -> None:
    """Give the browser a session; signing in by the page is part of the journey."""
    client = Client()
    client.force_login(person(who))
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": address}])


def person(who: str) -> User:
    """Return one of the demo's people by first name; "sdr" is the one with most to decide."""
    if who != "sdr":
        return User.objects.get(email=f"{who}@{DOMAIN}")
    undecided = Count("handoffs", filter=Q(handoffs__is_decided=False))
    sdrs = User.objects.filter(role=User.Role.SDR).annotate(n=undecided)
    return sdrs.order_by("-n", "pk")[0]


def test_every_page_is_sound_wide_and_on_a_phone(at_work, watch) -> None:
    wrong = []
    for who, pages in PAGES.items():
        page = at_work[who]
        for name, address in pages:
            page.goto(address)
            wrong += seen(page, name)
    wrong += seen(open_best_lead(at_work["priya"]), "lead")
    wrong += seen(open_rule(at_work["jonas"]), "clause")
    assert wrong == []
    assert watch.complaints == []


def seen(page: Page, name: str) -> list[str]:
    """Look at the page with everything open that a person works with."""
    if name == "desk":
        if page.locator(".queue .hs").count() > 1:
            page.keyboard.press("j")
            expect(page.locator(".pane-head").nth(1)).to_contain_text("2 of")
        page.keyboard.press("r")
        page.keyboard.press("3")
    if name == "rejections":
        page.set_viewport_size(PHONE)
        page.reload()
        assert page.evaluate(LEFT_OF_NEWEST) == [0], "a phone shows the newest weeks first"
        page.set_viewport_size(DESK)
    if name == "clocks":
        page.locator(".clock-opens").first.click()
        expect(page.locator(".table-open .arithmetic")).to_be_visible()
    if GUIDE and name in IN_GUIDE:
        keep_for_the_guide(page, name)
    return look(page, name, folder="pages", axe=True, by_turns=True)


def keep_for_the_guide(page: Page, name: str) -> None:
    """Take the picture of the README; of the desk also the dark one, a phone's and the palette."""
    page.set_viewport_size({"width": 1280, "height": IN_GUIDE[name]})
    picture(page, GUIDE_FOLDER / f"{name}.png", full_page=False)
    if name == "desk":
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        picture(page, GUIDE_FOLDER / "desk-dark.png", full_page=False)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(PHONE)
        picture(page, GUIDE_FOLDER / "desk-phone.png", full_page=False)
        page.set_viewport_size(DESK)
        page.keyboard.press("Control+k")
        page.keyboard.type("no")
        expect(page.locator("#found-lead-1")).to_be_visible()
        picture(page, GUIDE_FOLDER / "palette.png", full_page=False)
        page.keyboard.press("Escape")
    page.set_viewport_size(DESK)


def open_best_lead(page: Page) -> Page:
    page.goto("/leads/?stage=with_sales")
    page.locator("tbody th a").first.click()
    page.wait_for_load_state()
    return page


def open_rule(page: Page) -> Page:
    page.goto("/definitions/3/")
    page.locator("#clause-case_study a.rule-link").click()
    page.locator("form.rule.is-open").wait_for()
    return page


def test_a_barrier_a_refused_script_and_a_page_too_wide_are_found(page, live_server, watch) -> None:
    watch.follow(page.context)
    page.goto(f"{live_server.url}/accounts/login/")
    page.evaluate("document.querySelectorAll('label').forEach((one) => one.remove())")
    page.evaluate("document.querySelector('h1').style.minWidth = '900px'")
    wrong = look(page, "barrier", folder="spoilt", axe=True)
    assert any("label: #id_login" in one for one in wrong)
    assert any("390 sticks out" in one for one in wrong)
    assert watch.complaints == []
    script = "Object.assign(document.createElement('script'), {textContent: 'throw 1'})"
    page.evaluate(f"document.body.append({script})")
    assert "Content Security Policy" in watch.complaints[0]
