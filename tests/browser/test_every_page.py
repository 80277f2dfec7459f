"""Every address of the role table that is opened by a browser: WCAG 2.2 AA, zoom and narrow reflow.

``test_pages.py`` looks at the pages that people work on, full of a company's data; here each page
stands once, also those one seldom sees, as the role and in the theme whose turn it is. Two workers
share them in halves; what axe looks at in that file it need not see here as well.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import resolve, reverse
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from portal.accounts.models import User
from tests.architecture.access import PAGES
from tests.architecture.world import ANONYMOUS, World
from tests.browser import test_pages
from tests.browser.watch import (
    DESK,
    KEEPS_PICTURES,
    PICTURES,
    THEMES,
    Watch,
    picture,
    sticking_out,
    violations,
)
from tests.conftest import FULL
from tests.turns import in_turn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ZOOMED = {"width": 640, "height": 400}  # 1280 x 800 at 200 %
NARROW = {"width": 320, "height": 640}  # 1280 at 400 %
# Answers that are no page of ours: a file, a redirect, the API's own reader, a part by htmx.
NO_PAGES = {"home", "api-schema", "api-docs", "import-rejected", "import-progress"}
ONLY = os.environ.get("PAGE", "")
WITH_MORE = {
    resolve(address).url_name for pages in test_pages.PAGES.values() for _name, address in pages
}

# What a page must be, whatever stands on it.
IS_SOUND = """() => {
  const wrong = [];
  const said = (text) => wrong.push(text);
  const heads = document.querySelectorAll("h1").length;
  if (heads !== 1) said(`${heads} h1`);
  if (!/^\\S.* · /.test(document.title)) said(`title: ${document.title}`);
  if (!document.querySelector("main")) said("no main");
  if (/-{4,}/.test(document.body.textContent)) said("a choice named ----");
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  if (twice.length) said(`ids twice: ${[...new Set(twice)].join(" ")}`);
  return wrong;
}"""


@dataclass
class Visit:
    name: str
    role: str
    address: str


def visits(world: World) -> Iterator[Visit]:
    """Yield each page once, as the roles that are let in take turns."""
    for turn, (name, page) in enumerate(PAGES.items()):
        roles = sorted(page.get - {ANONYMOUS}) or sorted(page.get)
        if not roles or name in NO_PAGES or (ONLY and name != ONLY):
            continue
        role = ANONYMOUS if ANONYMOUS in page.get and name != "find" else roles[turn % len(roles)]
        yield Visit(name, role, reverse(name, kwargs=page.at(world)))


def browser_of(browser: Browser, options: dict, watch: Watch, user: User | None, url: str) -> Page:
    context: BrowserContext = watch.follow(browser.new_context(**options))
    if user:
        client = Client()
        client.force_login(user)
        value = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": value, "url": url}])
    return context.new_page()


@pytest.mark.parametrize("half", [0, 1], ids=["one half", "other half"])
def test_every_page_of_the_role_table_is_accessible(
    live_server, browser, browser_context_args, half
) -> None:
    world, watch, wrong = World(), Watch(), []
    world.hand_over(3)
    options = {**browser_context_args, "base_url": live_server.url, "viewport": DESK}
    pages: dict[str, Page] = {}
    for visit in list(visits(world))[half::2]:
        if visit.role not in pages:
            user = world.people.get(visit.role)
            pages[visit.role] = browser_of(browser, options, watch, user, live_server.url)
        page = pages[visit.role]
        try:
            answer = page.goto(visit.address)
        except PlaywrightError as refusal:
            if "Download is starting" in str(refusal):
                continue  # a file, not a page
            raise
        came = answer and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        found = faults(page, visit.name) if came else ["no page came"]
        wrong += [f"{visit.name} as {visit.role}: {one}" for one in found]
    for page in pages.values():
        page.context.close()
    assert not wrong, "\n".join(wrong)
    refused = "status of 409"  # a signature that nobody proposed is refused by a page of ours
    assert [one for one in watch.complaints if refused not in one and "409 for" not in one] == []


def faults(page: Page, name: str) -> list[str]:
    found: list[str] = page.evaluate(IS_SOUND)
    for number, theme in enumerate(in_turn(name, THEMES)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        rules = ("color-contrast",) if number else ()  # all else is the same
        if FULL or ONLY or name not in WITH_MORE:
            found += [f"{theme}: {one}" for one in violations(page, *rules)]
    if KEEPS_PICTURES:
        picture(page, PICTURES / "every" / f"{name}-{theme}.png")
    for words, size in (("200 %", ZOOMED), ("320 px", NARROW)):
        page.set_viewport_size(size)
        found += [f"{words} sticks out: {one}" for one in sticking_out(page)]
    if KEEPS_PICTURES:
        picture(page, PICTURES / "every" / f"{name}-320.png")
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found
