"""A clock chip tells the server's time, whatever the computer in front of the reader believes."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sla.breaches.services import follow_handoffs
from sla.clocks.models import Clock
from tests.browser.test_desk import sign_in
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WRONG = """(() => {
  const Right = Date, shift = HOURS * 3600000;
  window.Date = class extends Right {
    constructor(...given) { given.length ? super(...given) : super(Right.now() + shift); }
    static now() { return Right.now() + shift; }
  };
})()"""
AMOUNT = 86_400  # seconds, on the calendar that is always open


@pytest.mark.parametrize("hours", [-7, 5])
def test_a_chip_ticks_by_the_servers_time_on_a_computer_that_is_hours_off(
    page, live_server, client, hours
) -> None:
    scene = Scene()
    handoff = scene.handoff(scene.sofia, name="Marta Lindqvist")
    follow_handoffs([handoff.pk], at=timezone.now())
    page.add_init_script(WRONG.replace("HOURS", str(hours)))
    sign_in(page, live_server, client, scene.sofia)
    clock = Clock.objects.get(handoff=handoff, kind="disposition")
    address = f"{live_server.url}/sla/clocks/{clock.pk}/"
    page.goto(address)  # the first visit is the slow one
    due = timezone.now() + timedelta(seconds=70)
    began = due - timedelta(seconds=AMOUNT)
    Clock.objects.filter(pk=clock.pk).update(
        amount=AMOUNT, started_at=began, moved_at=began, used=0, due_at=due,
        warn_at=due - timedelta(minutes=10),
    )  # fmt: skip
    page.goto(address)
    off = page.evaluate("Date.now()") / 1000 - timezone.now().timestamp()
    assert abs(off - hours * 3600) < 60  # the computer is wrong indeed
    words = page.locator("[data-clock] .clock-words").first
    expect(words).to_have_text(re.compile(r"^\d+\ss left$"), timeout=60_000)  # it ticks to seconds
    for _look in range(2):
        before = (due - timezone.now()).total_seconds()
        told = int(re.findall(r"\d+", words.inner_text())[0])
        after = (due - timezone.now()).total_seconds()
        assert after - 3 < told < before + 2, f"the chip says {told} s, the server {after:.0f} s"
        page.wait_for_timeout(1500)
    expect(page.locator(".clock-at_risk").first).to_be_visible()
