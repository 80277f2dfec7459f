"""A sales lead's morning: passing on by drag, keyboard and ticks, on a phone, without scripts."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leads.handoffs.models import Handoff
from portal.accounts.models import Membership
from tests.browser.test_desk import sign_in
from tests.browser.watch import PHONE, STICKING_OUT, Watch, look
from tests.cleared import kept
from tests.factories import make_user
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at_work() -> tuple[Scene, list[Handoff]]:
    """Return three of Sofia's that are late, in the order of the board, and one nobody has."""
    scene = Scene()
    for name in ("Ben Ode", "Bea Lund", "Clara Rossi"):
        scene.people[name.split()[0].lower()] = make_user(name=name, team=scene.team)
    names = ("Marta Lindqvist", "Daniel Okafor", "Elena Petrova")
    made = [
        scene.handoff(scene.sofia, name=name, age=timedelta(days=days))
        for days, name in zip((5, 4, 3), names, strict=True)
    ]
    return scene, [*made, scene.handoff(None, name="Nadia Rahimi")]


begun = kept(at_work)


@pytest.fixture
def board(page, live_server, client, scene, handoffs) -> Page:
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, live_server, client, scene.tom)
    page.goto(f"{live_server.url}/team/")
    return page


def row(page: Page, name: str):
    return page.locator(f'.tb-row[data-name="{name}"]')


def person(page: Page, name: str):
    return page.locator(f'.tb-person[data-name="{name}"]')


def toast(page: Page, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


def owner(handoff: Handoff) -> str:
    return str(Handoff.objects.get(pk=handoff.pk).owner)


def test_a_handoff_is_dragged_onto_a_person(board, handoffs) -> None:
    row(board, "Nadia Rahimi").drag_to(person(board, "Clara Rossi"))
    toast(board, "Nadia Rahimi is with Clara Rossi now.")
    assert owner(handoffs[3]) == "Clara Rossi"
    expect(board.locator("#tb-waiting")).to_contain_text("0")
    expect(person(board, "Clara Rossi")).to_contain_text("1 of 25")
    assert board.url.endswith("/team/")


def test_u_takes_a_slip_of_the_hand_back(board, handoffs) -> None:
    row(board, "Marta Lindqvist").drag_to(person(board, "Clara Rossi"))
    toast(board, "Marta Lindqvist is with Clara Rossi now.")
    board.keyboard.press("u")
    toast(board, "Taken back: Marta Lindqvist.")
    assert owner(handoffs[0]) == "Sofia"


def test_what_is_ticked_is_dragged_together(board, handoffs) -> None:
    for name in ("Marta Lindqvist", "Elena Petrova"):
        row(board, name).locator("input").check()
    expect(board.locator(".tb-ticked")).to_have_text("2 ticked")
    row(board, "Marta Lindqvist").drag_to(person(board, "Ben Ode"))
    toast(board, "2 handoffs are with Ben Ode now.")
    assert [owner(one) for one in handoffs[:3]] == ["Ben Ode", "Sofia", "Ben Ode"]


def test_a_row_that_is_not_ticked_is_dragged_alone(board, handoffs) -> None:
    row(board, "Marta Lindqvist").locator("input").check()
    row(board, "Elena Petrova").drag_to(person(board, "Ben Ode"))
    toast(board, "Elena Petrova is with Ben Ode now.")
    assert [owner(one) for one in handoffs[:3]] == ["Sofia", "Sofia", "Ben Ode"]


def test_dropped_beside_everybody_nothing_happens(board, handoffs) -> None:
    row(board, "Marta Lindqvist").drag_to(board.locator("h1"))
    expect(board.locator(".is-dragged")).to_have_count(0)
    assert owner(handoffs[0]) == "Sofia"


def test_picked_up_with_enter_and_set_down_by_arrows(board, handoffs) -> None:
    board.locator(".tb-grip").first.focus()
    board.keyboard.press("ArrowDown")
    expect(row(board, "Marta Lindqvist").locator(".tb-grip")).to_be_focused()
    board.keyboard.press("Enter")
    expect(board.locator("#tb-said")).to_contain_text("Picked up Marta Lindqvist.")
    expect(person(board, "Anna").locator("[data-take]")).to_be_focused()
    board.keyboard.press("ArrowDown")
    expect(board.locator("#tb-said")).to_have_text("Bea Lund, 0 of 25")
    board.keyboard.press("Enter")
    toast(board, "Marta Lindqvist is with Bea Lund now.")
    assert owner(handoffs[0]) == "Bea Lund"
    expect(row(board, "Daniel Okafor").locator(".tb-grip")).to_be_focused()


def test_m_picks_up_and_letters_find_a_person(board, handoffs) -> None:
    row(board, "Daniel Okafor").locator(".tb-grip").focus()
    board.keyboard.press("m")
    expect(board.locator("#tb-said")).to_contain_text("Picked up Daniel Okafor.")
    board.keyboard.press("b")
    expect(person(board, "Bea Lund").locator("[data-take]")).to_be_focused()
    board.keyboard.type("en")  # together with the b: Ben
    expect(person(board, "Ben Ode").locator("[data-take]")).to_be_focused()
    board.keyboard.press("Space")
    toast(board, "Daniel Okafor is with Ben Ode now.")
    assert owner(handoffs[1]) == "Ben Ode"


def test_escape_puts_it_back(board, handoffs) -> None:
    grip = row(board, "Marta Lindqvist").locator(".tb-grip")
    grip.focus()
    board.keyboard.press("Space")
    expect(board.locator(".is-carried")).to_have_count(1)
    board.keyboard.press("Escape")
    expect(grip).to_be_focused()
    expect(board.locator("#tb-said")).to_have_text("Put back.")
    expect(board.locator(".is-carried")).to_have_count(0)
    expect(person(board, "Anna").locator("[data-take]")).to_be_hidden()
    assert owner(handoffs[0]) == "Sofia"


def test_several_are_picked_up_by_keyboard(board, handoffs) -> None:
    row(board, "Marta Lindqvist").locator(".tb-grip").focus()
    board.keyboard.press("x")
    board.keyboard.press("ArrowDown")
    board.keyboard.press("x")
    board.keyboard.press("m")
    expect(board.locator("#tb-said")).to_contain_text("Picked up 2 handoffs.")
    for key in ("c", "Enter"):
        board.keyboard.press(key)
    toast(board, "2 handoffs are with Clara Rossi now.")
    assert [owner(one) for one in handoffs[:3]] == ["Clara Rossi", "Clara Rossi", "Sofia"]


def test_a_full_person_says_no_and_takes_it_anyway(board, handoffs) -> None:
    Membership.objects.filter(user__name="Ben Ode").update(cap=0)
    row(board, "Nadia Rahimi").drag_to(person(board, "Ben Ode"))
    refusal = board.locator(".tb-refused")
    expect(refusal).to_contain_text("Ben Ode is full: 0 of at most 0 open handoffs.")
    expect(refusal).to_be_focused()
    expect(row(board, "Nadia Rahimi").locator("input")).to_be_checked()
    refusal.get_by_role("button").click()
    toast(board, "Nadia Rahimi is with Ben Ode now.")
    expect(board.locator(".tb-refused")).to_have_count(0)
    assert owner(handoffs[3]) == "Ben Ode"


def test_who_is_slower_is_shown_who_has_it(board, scene, handoffs) -> None:
    Handoff.objects.filter(pk=handoffs[0].pk).update(owner=scene.anna, routed_at=scene.at)
    row(board, "Marta Lindqvist").drag_to(person(board, "Ben Ode"))
    expect(board.locator(".tb-refused")).to_contain_text("Marta Lindqvist went to Anna")
    assert owner(handoffs[0]) == "Anna"


def test_views_and_people_are_looked_at_in_place(board) -> None:
    board.locator(".tb-tabs").get_by_text("Breached").click()
    expect(board.locator(".tb-row")).to_have_count(3)
    expect(board).to_have_url(re.compile(r"\?list=late$"))
    person(board, "Sofia").get_by_role("link", name="Sofia", exact=True).click()
    expect(board.locator(".tb-who h2")).to_have_text("Sofia")
    expect(board).to_have_url(re.compile("person="))
    board.go_back()
    expect(board.locator('.tb-tabs [aria-current="page"]')).to_contain_text("Breached")
    assert board.locator("#main").count() == 1


def test_on_a_phone_a_tap_picks_up_and_a_tap_sets_down(board, handoffs) -> None:
    board.set_viewport_size(PHONE)
    row(board, "Marta Lindqvist").locator(".tb-grip").click()
    person(board, "Ben Ode").locator("[data-take]").click()
    toast(board, "Marta Lindqvist is with Ben Ode now.")
    row(board, "Daniel Okafor").locator("input").check()
    board.locator("#tb-to").select_option(label="Ben Ode, 1 of 25")
    board.locator(".tb-bar").get_by_role("button", name="Pass on").click()
    toast(board, "Daniel Okafor is with Ben Ode now.")
    assert board.evaluate(STICKING_OUT) == []


@pytest.fixture
def plain(browser, browser_context_args, live_server, client, scene, handoffs):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, client, scene.tom)
    page.goto(f"{live_server.url}/team/")
    yield page
    context.close()


def test_everything_works_without_javascript(plain, scene, handoffs) -> None:
    for name in ("Marta Lindqvist", "Nadia Rahimi"):
        row(plain, name).locator("input").check()
    plain.locator("#tb-to").select_option(label="Ben Ode, 0 of 25")
    plain.locator(".tb-bar").get_by_role("button", name="Pass on").click()
    toast(plain, "2 handoffs are with Ben Ode now.")
    assert [owner(handoffs[0]), owner(handoffs[3])] == ["Ben Ode", "Ben Ode"]
    plain.get_by_role("link", name="Caps, weights, rota").click()
    plain.get_by_label("Weight of Ben Ode in per cent").fill("50")
    plain.get_by_label("Ben Ode, Friday").uncheck()
    plain.get_by_role("button", name="Save").click()
    toast(plain, "Saved for 1 person.")
    place = Membership.objects.get(user__name="Ben Ode")
    assert (place.weight, place.is_on_rota(4)) == (50, False)
    plain.locator("tr", has_text="Ben Ode").get_by_role("link", name="plan").click()
    plain.get_by_label("Back on").fill(str((scene.at + timedelta(days=3)).date()))
    plain.get_by_role("button", name="Save the absence").click()
    toast(plain, "Ben Ode is away. 2 handoffs went to colleagues.")
    assert "Ben Ode" not in {owner(one) for one in handoffs}


def test_every_page_of_a_team_is_sound_in_both_themes_and_on_a_phone(board, scene) -> None:
    """Nothing sticks out, axe-core finds no serious barrier, the console stays silent."""
    watch = Watch()
    watch.follow(board.context)
    away = Membership.objects.get(user=scene.ben)
    team = f"/team/{scene.team.pk}"
    home = board.url.removesuffix("/team/")
    wrong = []
    for name, address in {
        "team-open": f"{team}/?list=open",
        "team-person": f"{team}/?person={scene.sofia.pk}",
        "team-members": f"{team}/members/",
        "team-away": f"{team}/away/{away.pk}/",
        "team-left": f"{team}/left/",
    }.items():
        board.goto(home + address)
        wrong += look(board, name, folder="team", axe=True)
    board.goto(f"{home}/team/")
    board.locator(".tb-grip").first.click()
    wrong += look(board, "team-carrying", folder="team", axe=True)
    assert wrong == []
    assert watch.complaints == []
