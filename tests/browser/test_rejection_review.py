"""A rejection review by keyboard, on a projector and a phone; charts as files."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import reject
from scoring.reviewing.models import RejectionReview, Vote
from scoring.reviewing.services import Said, start_review, vote
from tests.browser.test_desk import sign_in
from tests.browser.watch import DESK, PHONE, STICKING_OUT, Watch, violations
from tests.cleared import kept
from tests.portal.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = ("Marta Lindqvist", "Daniel Okafor")
PROJECTOR = {"width": 1920, "height": 1080}


def at_work() -> tuple[Scene, RejectionReview]:
    scene = Scene()
    reason = Reason.objects.get(code="competitor")
    for name in NAMES:
        handoff = scene.handoff(scene.sofia, name=name, age=timedelta(hours=5))
        reject(handoff=handoff, by=scene.sofia, at=scene.at - timedelta(hours=2), reason=reason,
               wrong_rules=None)  # fmt: skip
    rows = Disposition.objects.standing()
    return scene, start_review(
        rows, title="This week", query="", is_apart=False, by=scene.priya, at=scene.at
    )


begun = kept(at_work)


@pytest.fixture
def review(begun) -> RejectionReview:
    return begun[1]


@pytest.fixture
def room(page, live_server, client, scene, review) -> Page:
    page.set_viewport_size(PROJECTOR)
    sign_in(page, live_server, client, scene.priya)
    page.goto(f"{live_server.url}{review.get_absolute_url()}")
    return page


def test_a_review_is_held_by_keyboard_alone(room, review) -> None:
    watch = Watch()
    watch.follow(room.context)
    room.keyboard.press("j")
    expect(room.locator("h1")).to_have_text(NAMES[1])
    assert violations(room) == []
    size = room.locator(".review-said .finding").evaluate("e => getComputedStyle(e).fontSize")
    assert float(size.removesuffix("px")) >= 20  # read from the other end of a room
    for keys in (("2", "3", "s"), ("1", "3", "s")):
        name = room.locator("h1").inner_text()
        for key in keys:
            room.keyboard.press(key)
        expect(room.locator("h1")).not_to_have_text(name)
    # everything has both votes: what follows is the one on which the sides differ
    expect(room.locator("h1")).to_contain_text(NAMES[1])
    expect(room.get_by_text("The sides differ", exact=True)).to_be_visible()
    calls = Vote.objects.values_list("handoff__place", "side", "call").order_by("handoff", "side")
    assert list(calls) == [(1, "marketing", "wrong"), (1, "sales", "right"),
                           (2, "marketing", "right"), (2, "sales", "right")]  # fmt: skip
    room.keyboard.press("m")
    expect(room.get_by_text("they call 1 differently")).to_be_visible()
    assert violations(room) == []
    assert watch.complaints == []


def test_two_people_at_once_overwrite_nothing(room, scene, review) -> None:
    room.keyboard.press("j")
    first = review.handoffs.get(place=1)
    said = [Said("sales", "right", words="They have a contract.")]
    expect(room.locator("h1")).to_have_text(NAMES[1])
    vote(handoff=first, said=said, by=scene.tom, at=scene.at)
    room.keyboard.press("4")
    room.get_by_label("In words").last.fill("Ring again.")
    room.get_by_role("button", name="Save and go on").click()
    alert = room.get_by_role("alert")
    expect(alert).to_contain_text("Tom has voted for Sales since you opened this")
    expect(room.get_by_text("They have a contract.")).to_be_visible()
    expect(room.get_by_label("In words").last).to_have_value("Ring again.")
    assert first.votes.get(side="sales").call == "right"
    room.get_by_role("button", name="Save and go on").click()
    expect(alert).to_have_count(0)
    assert first.votes.get(side="sales").call == "wrong"


def test_a_phone_shows_all_of_it(room, review) -> None:
    room.set_viewport_size(PHONE)
    for url in (review.get_absolute_url(), review.handoffs.get(place=1).get_absolute_url()):
        room.goto(room.url.partition("/scoring/")[0] + url)
        assert room.evaluate(STICKING_OUT) == []


def test_a_chart_is_taken_along_as_picture_and_file(room, tmp_path) -> None:
    room.set_viewport_size(DESK)
    room.goto(room.url.partition("/scoring/")[0] + "/dashboard/?months=3")
    chart = room.locator(".chart").first
    with room.expect_download() as found:
        chart.get_by_role("button", name="PNG").click()
    path = tmp_path / "chart.png"
    found.value.save_as(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 2_000
    with room.expect_download() as found:
        chart.get_by_role("link", name="SVG").click()
    assert found.value.suggested_filename.endswith(".svg")
