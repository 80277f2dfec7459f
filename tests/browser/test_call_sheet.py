"""The call sheet by keyboard: it saves itself, keeps both texts of two people, and is asked for."""

import re

import pytest
from playwright.sync_api import Route, expect

from leads.dispositions.call_sheet import save_sheet
from leads.dispositions.models import CallSheet, Disposition
from leads.handoffs.models import Handoff
from tests.browser.hand import NAMES, begun, desk, hand
from tests.browser.test_desk import decision, name_shown

__all__ = ["begun", "desk", "hand"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_call_sheet_saves_itself_and_leaves_the_caret_alone(desk, hand, handoffs) -> None:
    hand.press("e")
    field = desk.locator("#answer-pain")
    expect(field).to_be_focused()
    desk.keyboard.type("Orders are typed")
    expect(desk.locator("#sheet-state")).to_contain_text("saved")
    desk.keyboard.type(" three times")
    hand.press("Tab")
    desk.keyboard.type("Two people")
    expect(desk.locator("#sheet-state input")).to_have_value(re.compile("[3-9]"))
    expect(desk.locator("#answer-impact")).to_be_focused()
    expect(field).to_have_value("Orders are typed three times")
    sheet = CallSheet.objects.get(handoff=handoffs[0])
    assert (sheet.pain, sheet.impact) == ("Orders are typed three times", "Two people")


def test_two_who_write_on_one_sheet_both_keep_their_words(desk, hand, scene, handoffs) -> None:
    save_sheet(handoff=handoffs[0], by=scene.tom, at=scene.at, revision=0, pain="Late deliveries")
    on_its_way: list[Route] = []
    desk.route("**/call-sheet/", lambda route: on_its_way.append(route))  # noqa: PLW0108 - not a builtin
    hand.press("e")
    desk.keyboard.type("Retyped")
    while not on_its_way:
        desk.wait_for_timeout(50)
    desk.keyboard.type(" orders")  # while the save is on its way
    on_its_way[0].continue_()
    expect(desk.locator(".sheet-stale")).to_contain_text("Tom changed this call sheet")
    expect(desk.locator(".sheet-theirs")).to_contain_text("Late deliveries")
    desk.unroute("**/call-sheet/")
    field = desk.locator("#answer-pain")
    expect(field).to_be_focused()  # the next letter is a letter, and no key of the desk
    desk.keyboard.type(", u9a")
    expect(field).to_have_value("Retyped orders, u9a")
    desk.wait_for_timeout(900)
    assert CallSheet.objects.get().pain == "Late deliveries"  # nothing is saved over it unasked
    desk.get_by_role("button", name="Save what stands here").press("Enter")
    expect(desk.locator(".sheet-theirs")).to_have_count(0)
    assert CallSheet.objects.get().pain == "Retyped orders, u9a"
    assert not Disposition.objects.exists()


def test_accepting_leads_to_what_the_call_sheet_lacks(desk, hand, handoffs) -> None:
    Handoff.objects.update(checklist=["pain", "budget"])
    desk.reload()
    missing = desk.locator(".dock-missing")
    hand.press("a")
    expect(missing).to_contain_text("pain")
    expect(missing).to_contain_text("budget")
    expect(desk.locator("#answer-pain")).to_be_focused()
    desk.keyboard.type("Retyped orders")
    expect(desk.locator("[data-missing=pain]")).to_be_hidden()
    hand.press("Control+Enter")
    expect(desk.locator(".dock-accept [role=alert]")).to_contain_text("call sheet: budget.")
    expect(desk.locator("#answer-budget")).to_be_focused()
    desk.keyboard.type("20 k")
    expect(missing).to_be_hidden()
    hand.press("Control+Enter")  # what was typed goes with the decision, saved or not
    name_shown(desk, NAMES[1])
    assert CallSheet.objects.get().budget == "20 k"
    assert decision(handoffs[0]).outcome == "accepted"
