"""A morning in play mode by keyboard alone: two people, skips, a snooze, a hold that is broken."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from leads.database.models import Presence
from leads.dispositions.models import Disposition
from leads.handoffs.holding import break_hold
from leads.handoffs.models import Handoff
from leads.handoffs.skip_models import Skip
from portal.accounts.models import Membership
from tests.browser.test_desk import name_shown, sign_in
from tests.browser.watch import PHONE, STICKING_OUT
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = ("Marta Lindqvist", "Daniel Okafor", "Elena Petrova", "Hugo Marchetti")


def at_work() -> tuple[Scene, list[Handoff]]:
    """Return a company with four that nobody has yet, in the order of the queue: all are full."""
    scene = Scene()
    Membership.objects.update(cap=0)
    return scene, [scene.handoff(None, name=name) for name in NAMES]


begun = kept(at_work)


@pytest.fixture
def at_desk(browser: Browser, browser_context_args, live_server, handoffs):
    """Return a function that opens the desk for somebody, in a browser of their own."""
    contexts = []

    def open_for(user, *, size=None, scripts: bool = True) -> Page:
        context = browser.new_context(
            **browser_context_args,
            viewport=size or {"width": 1280, "height": 800},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        sign_in(page, live_server, Client(), user)
        page.goto(f"{live_server.url}/desk/")
        return page

    yield open_for
    for context in contexts:
        context.close()


def holder(handoff: Handoff) -> str:
    held = Handoff.objects.select_related("held_by").get(pk=handoff.pk)
    return str(held.held_by) if held.is_held(timezone.now()) else ""


def test_two_people_play_one_queue(at_desk, scene, handoffs) -> None:
    sofia, anna = at_desk(scene.sofia), at_desk(scene.anna)
    name_shown(sofia, "Marta Lindqvist")
    name_shown(anna, "Daniel Okafor")
    expect(anna.locator(".hs.is-held")).to_contain_text("Sofia")
    assert [holder(one) for one in handoffs] == ["Sofia", "Anna", "", ""]

    for key in ("a", "Enter"):
        sofia.keyboard.press(key)
    name_shown(sofia, "Elena Petrova")
    assert Disposition.objects.get().handoff == handoffs[0]
    assert holder(handoffs[2]) == "Sofia"

    anna.keyboard.press("j")  # looks at what Sofia has now
    name_shown(anna, "Elena Petrova")
    expect(anna.locator(".dock-held")).to_contain_text("Sofia has this on the desk until")
    expect(anna.get_by_role("button", name="Break the hold")).to_have_count(0)
    expect(anna.locator("#choose-accept")).to_have_count(0)
    anna.keyboard.press("Enter")
    name_shown(anna, "Daniel Okafor")


def test_who_lost_the_hold_is_told_in_the_place_of_the_decision(at_desk, scene, handoffs) -> None:
    page = at_desk(scene.sofia)
    page.locator("#answer-pain").fill("Leads lie for days")
    now = timezone.now()
    passed_on = {"held_by": scene.anna, "held_since": now, "held_until": now + timedelta(minutes=9)}
    Handoff.objects.filter(pk=handoffs[0].pk).update(**passed_on)
    page.locator(".case h1").focus()
    for key in ("a", "Enter"):
        page.keyboard.press(key)
    dock = page.locator(".dock-held")
    expect(dock).to_contain_text("Anna has this on the desk until")
    expect(dock).to_contain_text("Your decision was not stored.")
    expect(dock.locator(".held-who")).to_be_focused()
    expect(page.locator("#answer-pain")).to_have_value("Leads lie for days")
    assert not Disposition.objects.exists()
    page.keyboard.press("Enter")
    name_shown(page, "Daniel Okafor")
    expect(page.locator(".case h1")).to_be_focused()


def test_s_skips_and_the_second_time_asks_why(at_desk, scene, handoffs) -> None:
    page = at_desk(scene.sofia)
    page.keyboard.press("s")
    name_shown(page, "Daniel Okafor")
    expect(page.locator(".case h1")).to_be_focused()
    expect(page.locator(".queue .hs").last).to_contain_text("Marta Lindqvist")

    page.keyboard.press("s")
    page.keyboard.type("Speaks no language of ours")  # at once: not one letter is a key of the page
    page.keyboard.press("Enter")
    name_shown(page, "Elena Petrova")
    assert Skip.objects.latest("pk").words == "Speaks no language of ours"

    page.keyboard.press("s")
    page.keyboard.press("Escape")  # out of the field
    page.keyboard.press("Escape")
    name_shown(page, "Elena Petrova")
    assert Skip.objects.count() == 2


def test_z_puts_aside_and_says_that_the_clock_runs(at_desk, scene, handoffs) -> None:
    page = at_desk(scene.sofia)
    page.keyboard.press("z")
    panel = page.locator(".aside-panel:visible")
    expect(panel.locator(".aside-time").first).to_be_focused()
    expect(panel).to_contain_text("The clock keeps running: due")
    page.keyboard.press("2")
    name_shown(page, "Daniel Okafor")
    expect(page.locator("#toasts")).to_contain_text("Marta Lindqvist wakes tomorrow")
    expect(page.locator("#toasts")).to_contain_text("The clock keeps running.")
    fold = page.locator(".queue-asleep")
    expect(fold.locator(".hs")).to_be_hidden()
    fold.locator("summary").press("Enter")
    expect(fold.locator(".hs")).to_contain_text("or when the lead does something")
    fold.locator(".hs").press("Enter")
    name_shown(page, "Marta Lindqvist")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Marta Lindqvist is awake.")
    expect(fold).to_have_count(0)


def test_a_time_after_the_clock_is_due_is_warned_of_while_it_is_chosen(
    at_desk, scene, handoffs
) -> None:
    Handoff.objects.filter(pk=handoffs[0].pk).update(
        due_at=scene.at + timedelta(days=3), warn_at=scene.at + timedelta(days=2)
    )
    page = at_desk(scene.sofia)
    name_shown(page, "Marta Lindqvist")
    page.keyboard.press("z")
    field, warning = page.locator("#snooze-until"), page.locator("#snooze-late")
    expect(warning).to_be_hidden()
    field.fill(f"{scene.at + timedelta(days=5):%Y-%m-%dT%H:%M}")
    expect(warning).to_be_visible()
    field.fill(f"{scene.at + timedelta(days=1):%Y-%m-%dT%H:%M}")
    expect(warning).to_be_hidden()


def beat(page: Page) -> None:
    """Let half a minute pass for the page, and press a key that does nothing."""
    page.clock.run_for(40_000)
    page.keyboard.press("Shift")


def test_an_active_page_stays_and_an_idle_one_does_not(at_desk, scene, handoffs) -> None:
    page = at_desk(scene.sofia)
    page.clock.install()
    page.reload()
    name_shown(page, "Marta Lindqvist")
    Presence.objects.update(seen_at=scene.at - timedelta(hours=1))
    with page.expect_response("**/stay/") as answer:
        beat(page)
    assert answer.value.status == 204
    assert Presence.objects.get(user=scene.sofia).seen_at >= scene.at

    asked = []
    page.on("request", lambda one: asked.append(one.url) if "/stay/" in one.url else None)
    page.clock.run_for(10 * 60_000)
    page.wait_for_timeout(500)
    count = len(asked)
    assert count <= 4  # two minutes after the last key it falls silent
    page.clock.run_for(10 * 60_000)
    page.wait_for_timeout(500)
    assert len(asked) == count


def test_whose_hold_is_broken_is_told_and_keeps_what_they_typed(at_desk, scene, handoffs) -> None:
    page = at_desk(scene.sofia)
    page.clock.install()
    page.reload()
    page.keyboard.press("a")
    page.locator("#accept-note").fill("Half a sentence")
    break_hold(handoff=handoffs[0], by=scene.tom, at=timezone.now())
    with page.expect_response("**/stay/"):
        beat(page)
    expect(page.locator("#hold")).to_contain_text("no longer on your desk")
    expect(page.locator("#accept-note")).to_have_value("Half a sentence")
    page.get_by_text("Take it again").click()
    name_shown(page, "Marta Lindqvist")
    assert holder(handoffs[0]) == "Sofia"


def test_a_manager_breaks_a_hold_and_decides(at_desk, scene, handoffs) -> None:
    at_desk(scene.sofia)
    tom = at_desk(scene.tom)
    name_shown(tom, "Daniel Okafor")  # the first that nobody has at hand
    tom.keyboard.press("k")
    name_shown(tom, "Marta Lindqvist")
    tom.get_by_role("button", name="Break the hold").press("Enter")
    expect(tom.locator("#toasts")).to_contain_text("The hold is broken")
    for key in ("a", "Enter"):
        tom.keyboard.press(key)
    name_shown(tom, "Daniel Okafor")
    assert Disposition.objects.get().decided_by == scene.tom


def test_play_mode_on_a_phone(at_desk, scene, handoffs) -> None:
    page = at_desk(scene.sofia, size=PHONE)
    page.locator(".acts summary", has_text="Snooze").click()
    assert page.evaluate(STICKING_OUT) == []
    page.locator(".aside-time[value=tomorrow]").click()
    name_shown(page, "Daniel Okafor")
    page.locator(".acts button", has_text="Skip").click()
    name_shown(page, "Elena Petrova")
    anna = at_desk(scene.anna, size=PHONE)
    anna.goto(page.url)
    expect(anna.locator(".dock-held")).to_be_in_viewport()
    assert anna.evaluate(STICKING_OUT) == []


def test_play_mode_without_javascript(at_desk, scene, handoffs) -> None:
    page = at_desk(scene.sofia, scripts=False)
    page.locator(".acts button", has_text="Skip").click()
    name_shown(page, "Daniel Okafor")
    page.locator(".acts summary", has_text="Skip").click()
    page.locator("#skip-words").fill("On holiday")
    page.locator(".aside-panel button", has_text="Skip").click()
    name_shown(page, "Elena Petrova")
    page.locator(".acts summary", has_text="Snooze").click()
    page.locator(".aside-time").first.click()
    name_shown(page, "Hugo Marchetti")
    page.locator(".queue-asleep summary").click()
    page.locator(".queue-asleep .hs").click()
    name_shown(page, "Elena Petrova")
    page.locator(".acts button", has_text="Wake").click()
    expect(page.locator(".queue-asleep")).to_have_count(0)
    assert [one.words for one in Skip.objects.order_by("pk")] == ["", "On holiday"]
