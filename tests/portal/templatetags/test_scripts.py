"""What the three small scripts add: clocks on the server's time, keys where the act is."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from portal.home.sample_data import design_sample

pytestmark = pytest.mark.browser

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
SERVER_NOW = "2026-11-24T09:04:00+00:00"


def show(page: Page, body: str) -> None:
    """Open a page with this body as the server said it, and its scripts."""
    frame = (
        f'<!doctype html><html><head><meta name="server-now" content="{SERVER_NOW}"></head>'
        f'<body data-keys="on">{body}{render_to_string("components/_keys_dialog.html")}'
        f"{render_to_string('components/_toasts.html')}</body></html>"
    )
    page.set_content(frame)
    for name in ("portal", "clocks", "keys"):
        page.add_script_tag(path=SCRIPTS / f"{name}.js")


def clock(*, left: int, due: str, state: str = "on_time", more: str = "") -> str:
    return (
        f'<span class="clock clock-{state}" data-clock data-left="{left}" data-due-at="{due}"'
        f' data-now="{SERVER_NOW}" {more}><span class="clock-words" data-left="{{}} left"'
        ' data-over="{} over">as served</span></span>'
    )


def test_a_clock_follows_the_server_when_the_client_is_hours_wrong(page: Page) -> None:
    page.clock.install(time="2026-11-25T20:00:00Z")
    show(page, clock(left=3390, due="2026-11-24T10:00:30+00:00"))
    page.clock.run_for(2 * 60_000)
    expect(page.locator(".clock-words")).to_have_text("54 min left")


def test_a_clock_stands_still_when_its_calendar_closes(page: Page) -> None:
    page.clock.install(time=SERVER_NOW)
    closes = 'data-open-until="2026-11-24T09:05:00+00:00"'
    show(page, clock(left=3360, due="2026-11-25T10:00:00+00:00", more=closes))
    page.clock.run_for(10 * 60_000)
    expect(page.locator(".clock-words")).to_have_text("55 min left")


def test_a_clock_turns_at_risk_and_then_breached_by_itself(page: Page) -> None:
    page.clock.install(time=SERVER_NOW)
    warn = 'data-warn-at="2026-11-24T09:05:00+00:00"'
    show(page, clock(left=120, due="2026-11-24T09:06:00+00:00", more=warn))
    page.clock.run_for(62_000)
    expect(page.locator(".clock-at_risk")).to_have_count(1)
    page.clock.run_for(120_000)
    expect(page.locator(".clock-breached .clock-words")).to_have_text("1 min over")


def picker() -> str:
    reasons = render_to_string(
        "components/_reason_picker.html", {"reasons": design_sample()["reasons"]}
    )
    return (
        '<button data-key="r" id="open">Reject <kbd>R</kbd></button>'
        f'<form hidden id="panel">{reasons}</form><textarea id="words"></textarea>'
    )


def chosen(page: Page) -> list[str]:
    return [box.get_attribute("value") or "" for box in page.locator("input:checked").all()]


def test_a_key_presses_only_what_is_visible(page: Page) -> None:
    show(page, picker())
    page.keyboard.press("4")
    assert chosen(page) == []
    page.evaluate("panel.hidden = false")
    page.keyboard.press("4")
    assert chosen(page) == ["4"]
    page.keyboard.press("0")
    assert chosen(page) == ["10"]


def test_keys_rest_in_a_field_and_for_those_who_switched_them_off(page: Page) -> None:
    show(page, picker())
    page.evaluate("panel.hidden = false")
    page.locator("#words").press("4")
    assert chosen(page) == []
    assert page.input_value("#words") == "4"
    page.keyboard.press("Escape")
    page.evaluate("document.body.dataset.keys = 'off'")
    page.keyboard.press("4")
    assert chosen(page) == []


def test_the_overlay_lists_the_keys_of_this_page_and_holds_the_others_back(page: Page) -> None:
    help_button = '<button data-key="?" data-opens="keys" aria-label="Show the keys">?</button>'
    show(page, picker() + help_button)
    page.evaluate("panel.hidden = false")
    page.keyboard.press("?")
    lines = page.locator("#keys dd").all_inner_texts()
    assert lines[0] == "Reject"
    assert "Bad timing" in lines
    page.keyboard.press("4")
    assert chosen(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    assert chosen(page) == ["4"]


def test_an_undo_leaves_with_its_ten_seconds(page: Page) -> None:
    page.clock.install(time=SERVER_NOW)
    toast = render_to_string("components/_toast.html", {"text": "Rejected", "undo_url": "/undo/"})
    show(page, toast)
    page.clock.run_for(9_000)
    expect(page.locator("[data-toast]")).to_have_count(1)
    page.clock.run_for(1_200)
    expect(page.locator("[data-toast]")).to_have_count(0)


def test_a_key_of_the_page_goes_before_the_same_key_of_the_frame(page: Page) -> None:
    frame = '<header data-frame><button data-key="/" id="everywhere">Find</button></header>'
    show(page, frame + '<input data-key="/" id="here">')
    page.keyboard.press("/")
    expect(page.locator("#here")).to_be_focused()


def test_own_keys_take_the_place_of_the_usual_ones(page: Page) -> None:
    show(page, picker())
    page.evaluate("panel.hidden = false")
    page.evaluate("document.body.dataset.keymap = JSON.stringify({r: 'w'})")
    page.evaluate("() => { document.getElementById('open').onclick = () => { pressed = 1; }; }")
    page.evaluate("window.pressed = 0")
    page.keyboard.press("r")
    assert page.evaluate("pressed") == 0
    page.keyboard.press("w")
    assert page.evaluate("pressed") == 1
    page.keyboard.press("4")  # digits stay
    assert chosen(page) == ["4"]
