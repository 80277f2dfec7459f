"""Two leads become one in the browser: by keyboard, from the desk, and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from leads.database.models import Lead
from leads.dispositions.models import Disposition, Merge
from tests.browser.test_desk import sign_in
from tests.browser.watch import SIZES, STICKING_OUT, Watch, look
from tests.factories import make_activity, make_lead, make_user
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(live_server) -> Scene:
    return Scene()


@pytest.fixture
def pair(scene) -> tuple[Lead, Lead]:
    """One of marketing's, and the same person by another address."""
    gone = make_lead(name="Marta Lindqvist", email="marta@mail.test", phone="+46 8 123")
    kept = make_lead(name="Marta Lindqvist", email="marta@fjord.test")
    make_activity(gone, kind="content_download")
    return kept, gone


def test_marketing_finds_compares_merges_and_takes_it_back(
    page: Page, live_server, client, pair
) -> None:
    kept, gone = pair
    watch = Watch()
    watch.follow(page.context)
    sign_in(page, live_server, client, make_user(role="marketing_lead", name="Priya Raman"))
    page.goto(f"{live_server.url}/leads/{gone.public_id}/")
    page.keyboard.press("m")
    expect(page.locator("h1")).to_have_text("Merge Marta Lindqvist")
    wrong = look(page, "merge-pick", axe=True)
    page.get_by_role("link", name="Compare with Marta Lindqvist").first.click()
    expect(page.locator("h1")).to_have_text("Two leads, one person")
    wrong += look(page, "merge", axe=True)
    page.keyboard.press("x")
    expect(page.locator(".merge-head.is-kept")).to_contain_text("marta@mail.test")
    page.keyboard.press("x")
    expect(page.locator(".merge-head.is-kept")).to_contain_text("marta@fjord.test")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("Marta Lindqvist")
    expect(page.get_by_text("Marta Lindqvist is part of Marta Lindqvist now.")).to_be_visible()
    assert Lead.objects.get(pk=kept.pk).phone == "+46 8 123"
    page.goto(f"{live_server.url}/leads/{gone.public_id}/")
    expect(page.get_by_text("This is the one that stays.")).to_be_visible()
    wrong += look(page, "merged", axe=True)
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("is a lead of its own again")).to_be_visible()
    assert Merge.objects.get().undone_at is not None
    assert wrong + watch.complaints == []


def test_an_sdr_compares_from_the_desk_and_rejects_as_a_duplicate(
    page: Page, live_server, client, scene
) -> None:
    first = scene.handoff(scene.sofia, name="Marta Lindqvist")
    second = scene.handoff(scene.sofia, name="Marta Lindqvist")
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, live_server, client, scene.sofia)
    page.goto(live_server.url + second.get_absolute_url())
    page.keyboard.press("r")
    page.keyboard.press("0")
    page.locator(".reason", has_text="Duplicate").first.click()
    page.get_by_role("link", name="Compare with Marta Lindqvist").click()
    expect(page.locator("h1")).to_have_text("Two leads, one person")
    expect(page.get_by_text("is rejected as a duplicate; its clocks stop")).to_be_visible()
    page.fill("#merge-note", "Same person, two addresses.")
    page.get_by_role("button", name="Reject as a duplicate and merge").click()
    expect(page.get_by_text("is part of Marta Lindqvist now.")).to_be_visible()
    made = Disposition.objects.get()
    assert (made.reason_id, made.duplicate_of_id) == ("duplicate", first.lead_id)
    second.refresh_from_db()
    assert second.lead_id == first.lead_id


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_it_works_without_scripts(browser, live_server, client, pair, size) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=size)
    page = context.new_page()
    sign_in(page, live_server, client, make_user(role="marketing"))
    page.goto(f"{live_server.url}/leads/{pair[1].public_id}/merge/?q=marta")
    assert page.evaluate(STICKING_OUT) == []
    page.get_by_role("link", name="Compare with Marta Lindqvist").first.click()
    assert page.evaluate(STICKING_OUT) == []
    page.get_by_role("button", name="Merge the two").click()
    expect(page.get_by_text("is part of Marta Lindqvist now.")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    assert Merge.objects.get().undone_at is not None
    context.close()
