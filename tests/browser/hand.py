"""A person at the desk with a keyboard: what journeys of the desk share."""

import pytest
from playwright.sync_api import Page

from leads.handoffs.models import Handoff
from tests.browser.test_desk import name_shown, sign_in
from tests.cleared import kept
from tests.portal.scene import Scene

NAMES = ("Marta Lindqvist", "Daniel Okafor", "Elena Petrova")


class Hand:
    """A person at the keyboard, who counts what they press. They touch no mouse."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def count(self) -> int:
        """Return the presses since it was last asked."""
        presses, self.presses = self.presses, 0
        return presses


def at_work() -> tuple[Scene, list[Handoff]]:
    scene = Scene()
    return scene, [scene.handoff(scene.sofia, name=name) for name in NAMES]


begun = kept(at_work)


@pytest.fixture
def desk(page, live_server, client, scene, handoffs) -> Page:
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/desk/")
    name_shown(page, NAMES[0])
    return page


@pytest.fixture
def hand(desk) -> Hand:
    return Hand(desk)
