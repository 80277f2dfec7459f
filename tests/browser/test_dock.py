"""Deciding by keyboard alone: presses are counted, the focus is where the next key is wanted."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from leads.activities.models import Activity
from leads.database.models import Note
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Handoff
from tests.browser.hand import NAMES, begun, desk, hand
from tests.browser.test_desk import decision, name_shown, sign_in
from tests.browser.watch import PHONE, STICKING_OUT

__all__ = ["begun", "desk", "hand"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOW = """(place) => [...document.querySelectorAll(".btn, .reason, .segment, .more-reasons summary")]
  .filter((one) => one.closest(`${place}, .decide-bar`) && one.checkVisibility()
    && !one.matches(".visually-hidden") && one.getBoundingClientRect().height < 44)
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.fixture
def plain(browser, browser_context_args, live_server, client, scene, handoffs) -> Iterator[Page]:
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, client, scene.sofia)
    page.goto(f"{live_server.url}/desk/")
    yield page
    context.close()


def test_a_median_decision_is_two_presses(desk, hand, handoffs) -> None:
    presses = []
    hand.press("a")
    expect(desk.locator(".dock-accept .dock-act button")).to_be_focused()
    hand.press("Enter")
    name_shown(desk, NAMES[1])
    presses.append(hand.count())
    hand.press("1")  # a digit chooses the reason from anywhere on the desk
    expect(desk.locator(".dock-reject .dock-act button")).to_be_focused()
    hand.press("Enter")
    name_shown(desk, NAMES[2])
    presses.append(hand.count())
    hand.press("r", "5")
    expect(desk.locator(".dock-reject .dock-act button")).to_be_focused()
    hand.press("Enter")
    expect(desk.locator("h1")).to_contain_text("Desk")
    presses.append(hand.count())
    assert sorted(presses) == [2, 2, 3]
    assert [decision(one).reason_id for one in handoffs] == [None, "wrong_industry",
                                                             "just_exploring"]  # fmt: skip


def test_one_key_alone_decides_nothing(desk, hand) -> None:
    for key in "ar1234567890":
        hand.press(key)
        desk.wait_for_timeout(20)
        hand.press("Escape")
    hand.press("7", "Enter")  # what it needs is missing: it is refused, and no attempt is logged
    expect(desk.locator(".dock-reject [role=alert]")).to_contain_text("2 logged attempts")
    assert not Activity.objects.filter(actor__isnull=False).exists()
    assert not Disposition.objects.exists()


def test_arrows_walk_through_the_reasons(desk, hand, handoffs) -> None:
    hand.press("r", "ArrowDown", "ArrowDown")
    expect(desk.locator("input[value=not_a_decision_maker]")).to_be_focused()
    hand.press("Enter")
    name_shown(desk, NAMES[1])
    assert decision(handoffs[0]).reason_id == "not_a_decision_maker"


def test_the_focus_goes_to_what_the_reason_needs(desk, hand, handoffs) -> None:
    hand.press("4")
    expect(desk.locator("#recycle-on")).to_be_focused()
    sentence = desk.locator(".dock-reject .outcome:visible")
    expect(sentence).to_contain_text("until the date you choose")
    hand.press(*"03032030")
    expect(sentence).to_contain_text("Recycle Marta Lindqvist until 3 March 2030, then back")
    hand.press("Escape", "7")
    expect(desk.locator(".attempts:visible")).to_be_focused()
    hand.press("r")
    expect(desk.locator("input[name=reason]:checked")).to_be_focused()
    hand.press("4", "Enter")
    name_shown(desk, NAMES[1])
    assert str(decision(handoffs[0]).recycle_on) == "2030-03-03"
    expect(desk.locator(".case h1")).to_be_focused()


def test_other_words_are_asked_for(desk, hand, handoffs) -> None:
    hand.press("0")
    expect(desk.locator(".more-reasons input:focus")).to_have_count(1)
    desk.locator("input[value=other]").focus()
    hand.press("Space")
    expect(desk.locator("#reject-note")).to_be_focused()
    desk.keyboard.type("They moved to the moon")
    hand.press("Control+Enter")
    name_shown(desk, NAMES[1])
    assert decision(handoffs[0]).note == "They moved to the moon"


def test_attempts_are_logged_right_where_they_are_needed(desk, hand, handoffs) -> None:
    hand.press("7")
    line = desk.locator(".attempts:visible")
    expect(line).to_contain_text("0 of 2 attempts logged")
    for words in ("1 of 2 attempts logged", "2 attempts logged, 2 needed"):
        hand.press("Tab")
        expect(line.get_by_role("button", name="Call, no answer")).to_be_focused()
        hand.press("Enter")
        expect(line).to_contain_text(words)
        expect(desk.locator("input[value=unresponsive]")).to_be_checked()
    expect(desk.locator(".dock-reject .dock-act button")).to_be_focused()
    hand.press("Enter")
    name_shown(desk, NAMES[1])
    assert decision(handoffs[0]).reason_id == "unresponsive"


@pytest.mark.parametrize(
    ("keys", "kind", "outcome"),
    [
        ("tc2", "call_outbound", "no_answer"),
        ("tm6", "email_outbound", "sent"),
        ("tl6", "linkedin_outbound", "sent"),
        ("tv1", "meeting_held", "reached"),
    ],
)
def test_a_touch_is_three_presses(desk, hand, handoffs, keys, kind, outcome) -> None:
    hand.press(keys[0])
    expect(desk.locator("#touch input[name=kind]:checked")).to_be_focused()
    hand.press(*keys[1:])
    expect(desk.locator("#toasts")).to_contain_text("Logged for Marta Lindqvist")
    assert hand.count() == 3
    (touch,) = Activity.objects.filter(actor__isnull=False)
    assert (touch.registered.name, touch.properties) == (kind, {"outcome": outcome})
    name_shown(desk, NAMES[0])
    expect(desk.locator("dialog[open]")).to_have_count(0)


def test_a_note_is_written_and_saved_by_keys(desk, hand, handoffs) -> None:
    hand.press("n")
    expect(desk.locator("#note textarea")).to_be_focused()
    desk.keyboard.type("jar of kittens")  # keys rest while one writes
    hand.press("Control+Enter")
    expect(desk.locator(".notes")).to_contain_text("jar of kittens")
    assert Note.objects.get().lead_id == handoffs[0].lead_id


def test_who_gets_the_lead_is_said_as_it_is_chosen(desk, hand, scene, handoffs) -> None:
    hand.press("a")
    effects = desk.locator(".dock-accept .effects")
    expect(effects).to_contain_text("Pass Marta Lindqvist to Jan")
    desk.locator("#accept-owner").focus()
    hand.press("ArrowDown")
    expect(effects).to_contain_text("Pass Marta Lindqvist to Lena")
    expect(effects).to_contain_text("Give Lena a follow-up")
    hand.press("Control+Enter")
    name_shown(desk, NAMES[1])
    handoffs[0].lead.refresh_from_db()
    assert handoffs[0].lead.owner == scene.lena


def test_who_is_late_keeps_all_they_typed(desk, hand, scene, handoffs) -> None:
    hand.press("e")
    desk.keyboard.type("Retyped orders")
    hand.press("Escape", "4", *"03032030")
    Handoff.objects.update(held_by=None, held_since=None, held_until=None)  # the lease ran out
    reject(handoff=handoffs[0], reason=Reason.objects.get(pk="spam"), by=scene.tom, at=scene.at)
    hand.press("Enter")
    expect(desk.locator(".taken h1")).to_contain_text("Tom rejected this")
    expect(desk.locator(".taken h1")).to_contain_text("spam or test")
    kept = desk.locator("#kept")
    for words in ("Reason: Bad timing", "Come back on: 3 March 2030", "Pain: Retyped orders"):
        expect(kept).to_have_value(re.compile(words))


def test_undo_is_one_press_for_ten_seconds_and_all_day(desk, hand, handoffs) -> None:
    hand.press("9", "Enter")
    name_shown(desk, NAMES[1])
    expect(desk.locator(".notice-undo .undo-ring")).to_be_visible()
    hand.count()
    hand.press("u")
    name_shown(desk, NAMES[0])
    assert hand.count() == 1
    hand.press("9", "Enter")
    name_shown(desk, NAMES[1])
    expect(desk.locator(".notice-undo")).to_have_count(0, timeout=15_000)
    hand.press("j")
    name_shown(desk, NAMES[2])
    desk.locator(".decided summary").press("Enter")
    expect(desk.locator(".decisions")).to_contain_text("Marta Lindqvist rejected, spam or test")
    hand.press("u")
    name_shown(desk, NAMES[0])
    assert not Disposition.objects.standing().exists()


def test_keys_that_are_faster_than_the_scripts_wait_for_them(desk, hand, handoffs) -> None:
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    desk.route("**/keys*.js", hold)
    with desk.expect_request("**/keys*.js"):
        desk.reload(wait_until="commit")
    name_shown(desk, NAMES[0])
    hand.press("9", "Enter")
    assert not Disposition.objects.standing().exists()
    late[0].continue_()
    name_shown(desk, NAMES[1])
    assert decision(handoffs[0]).reason_id


@pytest.mark.parametrize("height", [760, 720, 640])
def test_on_a_low_screen_the_button_and_the_switch_stay_in_sight(desk, hand, height) -> None:
    desk.set_viewport_size({"width": 1280, "height": height})
    places = set()
    for key, panel in (("a", "accept"), ("r", "reject"), ("4", "reject"), ("7", "reject")):
        hand.press(key)
        switch = desk.locator(".dock .segments").bounding_box()
        places.add(round(switch["y"]))
        if key != "r":
            box = desk.locator(f".dock-{panel} .dock-act button").bounding_box()
            assert box["y"] + box["height"] <= height
        hand.press("Escape")
    assert len(places) == 1  # the hand learns it
    assert desk.evaluate("document.querySelector('.sheet').clientHeight") >= 150


def test_on_a_phone_the_sheet_has_large_buttons(desk, handoffs) -> None:
    desk.set_viewport_size(PHONE)
    desk.locator(".decide-bar").get_by_text("Reject").click()
    expect(desk.locator("#decide")).to_be_visible()
    desk.locator("input[value=unresponsive]").check()
    assert desk.evaluate(LOW, "#decide") == []
    assert desk.evaluate(STICKING_OUT) == []
    desk.locator(".dock-close a").click()
    expect(desk.locator("#decide")).to_be_hidden()
    desk.locator(".decide-bar a[href='#touch']").click()
    assert desk.evaluate(LOW, "#touch") == []
    desk.locator("#touch").get_by_role("button", name="No answer").click()
    expect(desk.locator("#toasts")).to_contain_text("Logged for Marta Lindqvist")


def test_on_a_phone_a_refusal_keeps_the_sheet_open(desk, handoffs) -> None:
    desk.set_viewport_size(PHONE)
    desk.locator(".decide-bar").get_by_text("Reject").click()
    desk.locator("input[value=bad_timing]").check()
    desk.locator(".dock-reject .dock-act button").click()
    expect(desk.locator(".dock-reject [role=alert]")).to_contain_text("needs a date")
    desk.locator("input[value=unresponsive]").check()
    desk.locator(".attempts:visible").get_by_role("button", name="Mail").click()
    expect(desk.locator(".attempts:visible")).to_contain_text("1 of 2 attempts logged")
    desk.locator(".dock-close a").click()
    expect(desk.locator("#decide")).to_be_hidden()
    name_shown(desk, NAMES[0])


def test_without_javascript_the_same_is_done_by_buttons(plain, handoffs) -> None:
    name_shown(plain, NAMES[0])
    plain.locator("#answer-pain").fill("Retyped orders")
    plain.locator("#call-sheet").get_by_role("button", name="Save").click()
    expect(plain.locator("#answer-pain")).to_have_value("Retyped orders")
    expect(plain.locator("#sheet-state")).to_contain_text("saved")
    plain.locator("a[href='#touch']").first.click()
    plain.locator("#touch").get_by_role("button", name="No answer").click()
    plain.locator(
        "input[value=unresponsive]"
    ).check()  # the reasons stand open, nothing is asked first
    plain.locator("#reject-note").evaluate("one => one.closest('details').open = true")
    plain.locator("#reject-note").fill("Twice")
    plain.locator(".attempts:visible").get_by_role("button", name="Mail").click()
    expect(plain.locator(".attempts:visible")).to_contain_text("2 attempts logged, 2 needed")
    expect(plain.locator("#reject-note")).to_have_value("Twice")
    plain.locator(".dock-reject .dock-act button").click()
    name_shown(plain, NAMES[1])
    assert (decision(handoffs[0]).reason_id, decision(handoffs[0]).note) == (
        "unresponsive",
        "Twice",
    )
