"""Looking at pages as a person does: pictures, what sticks out, what the browser complains of.

Where every page is walked, each is looked at in the theme whose turn it is, in both at full size,
and pictures are kept in ``var/screenshots`` at full size or with ``PICTURES=1`` alone: nothing is
found by taking them. Journeys look in both themes, and keep their pictures.
"""

import os
from functools import cache
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

from tests.conftest import FULL
from tests.turns import in_turn

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "var" / "screenshots"  # git ignores it
KEEPS_PICTURES = FULL or os.environ.get("PICTURES") == "1"
AXE = ROOT / "tests" / "vendor" / "axe.min.js"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SIZES = {"1280": DESK, "390": PHONE}
THEMES = ("light", "dark")

STICKING_OUT = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
    && one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 90))"""
AXE_RUN = """async (only) => (await axe.run(document, {resultTypes: ["violations"],
  ...(only.length ? {runOnly: only} : {rules: {"target-size": {enabled: true}}})})).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: `
    + `${node.html.slice(0, 120)} (${node.failureSummary.split("\\n").at(-1).trim()})`))"""
SETTLED = """() => Promise.all([document.fonts.ready,
  ...document.getAnimations().map((one) => one.finished.catch(() => null))])"""


NO_FAULT = ("htmx:sendAbort", "preloaded using link preload but not used")


class Watch:
    """Follows browser contexts and keeps what their console and their answers complain of.

    A refused script, style or image of the content security policy is such a complaint. A request
    that was given up because a newer one, or another page, took its place is none; nor is that a
    font was not used "within a few seconds": so it is where the machine is slow.
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def follow(self, context: BrowserContext) -> BrowserContext:
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("response", self._read)
        return context

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(
            one in message.text for one in NO_FAULT
        ):
            self.complaints.append(f"{message.type} on {message.location['url']}: {message.text}")

    def _read(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} for {response.url}")


def look(
    page: Page, name: str, *, folder: str = "journey", axe: bool = False, by_turns: bool = False
) -> list[str]:
    """Take the page's pictures, wide and narrow, light and dark; return what is wrong with it.

    ``by_turns`` looks in the theme whose turn it is alone, and keeps no picture without being told.

    Wrong is what sticks out of a phone's width and, with ``axe``, what it calls serious or
    critical. The page is left as it was.
    """
    before, wrong = page.viewport_size, []
    for theme in in_turn(name, THEMES) if by_turns else THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, size in SIZES.items():
            page.set_viewport_size(size)
            if KEEPS_PICTURES or not by_turns:
                picture(page, PICTURES / folder / f"{name}-{width}-{theme}.png")
            wrong += [f"{name} {width} sticks out: {one}" for one in sticking_out(page)]
        if axe:
            page.set_viewport_size(DESK)
            wrong += [f"{name} {theme}: {one}" for one in violations(page)]
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)
    return wrong


def sticking_out(page: Page) -> list[str]:
    """Return what reaches past the page's width, once fonts are there and nothing moves."""
    page.evaluate(SETTLED)
    found: list[str] = page.evaluate(STICKING_OUT)
    return found


def picture(page: Page, path: Path, *, full_page: bool = True) -> None:
    """Keep what is seen, once fonts are there and nothing moves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.evaluate(SETTLED)
    # "initial": hiding the caret would write style attributes, which our policy refuses.
    page.screenshot(path=path, full_page=full_page, caret="initial")


@cache
def axe() -> str:
    return AXE.read_text()


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds to be a serious or critical barrier on the page as it stands.

    ``rules`` asks for these alone.
    """
    page.evaluate(SETTLED)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe())
    found: list[str] = page.evaluate(AXE_RUN, list(rules))
    return found
