"""What one reads before deciding: why, what would change it, what is new, what is folded."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.database.models import StaleCause, Standing
from leads.dispositions.models import Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Handoff
from portal.events.bells import held
from scoring.engine.services import settle
from tests.factories import make_activity, make_facts
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SELECTS = 45  # who reads, the hold, the queue, the case, the dock, the sheet, the frame


def case_of(client, handoff: Handoff):
    return client.get(handoff.get_absolute_url()).context["case"]


def texts(case) -> list[str]:
    return [change.text for change in case.changes]


def again(scene: Scene, lead, **more: object) -> Handoff:
    """Hand a lead over once more, as an appeal or a word of marketing does."""
    given = {"cause": "by_hand", "words": "Again", "total": 90, "rank": 90, "made_at": scene.at}
    return Handoff.objects.create(
        lead=lead, origin="live", owner=scene.sofia, team=scene.team, **given | more
    )


def test_what_would_close_the_gate_is_said_with_its_day_and_its_rule(scene, sofia, client) -> None:
    case = case_of(client, scene.handoff(sofia))
    closing = next(text for text in texts(case) if text.startswith("The fast track closes on"))
    assert "“Asked for a demo” no longer counts" in closing  # 180 days after it was asked for


def test_a_score_that_moved_says_both_numbers_and_what_is_missing_now(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia, age=200 * DAY)
    first, second = texts(case_of(client, handoff))
    assert first == "90 when it was handed over, 30 now."
    assert second == (
        "Not MQL now: 10 points from MQL and one high-intent signal missing; "
        "“Asked for a demo” or “Visited a pricing page” would do it."
    )


def test_nothing_ahead_is_said_of_a_decided_handoff(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    reject(handoff=handoff, reason=Reason.objects.get(pk="spam"), by=sofia, at=scene.at)
    assert case_of(client, handoff).changes == []


def test_a_tick_names_the_way_that_is_open(scene, sofia, client) -> None:
    ticks = case_of(client, scene.handoff(sofia)).explanation.gates
    assert [(tick.label, tick.met) for tick in ticks] == [("ICP", True), ("Asked for a demo", True)]


def rejected(scene: Scene, *, days_ago: int):
    """A lead that was handed over and rejected."""
    handoff = scene.handoff(scene.sofia, age=(days_ago + 1) * DAY)
    reject(
        handoff=handoff,
        reason=Reason.objects.get(pk="just_exploring"),
        by=scene.sofia,
        at=scene.at - days_ago * DAY,
        note="Only looking",
    )
    return handoff.lead


def test_what_is_new_since_the_last_rejection_stands_on_top(scene, sofia, client) -> None:
    lead = rejected(scene, days_ago=20)
    with held():
        make_activity(lead, kind="demo_request", at=scene.at - 2 * DAY)
        make_activity(lead, kind="page_view", at=scene.at - DAY)
        make_activity(lead, kind="email_outbound", at=scene.at - DAY)  # ours
        make_facts(lead, at=scene.at - 3 * DAY, company_size=900, timeline="this quarter")
    page = client.get(again(scene, lead).get_absolute_url())
    new = page.context["case"].returned
    assert (new.rejection.reason_id, new.rejection.note) == ("just_exploring", "Only looking")
    assert [one.text for one in new.done] == ["Asked for a demo"]
    assert new.more == 1  # the page view
    assert {(fact.label, fact.before, fact.value) for fact in new.facts} == {
        ("people in the company", "320", "900"),
        ("timeline", "", "this quarter"),
    }
    assert {fact.at for fact in new.facts} == {scene.at - 3 * DAY}
    text = page.content.decode()
    assert text.index("New since then") < text.index("Why this lead is here")


def test_nothing_new_is_said_and_a_first_handoff_has_no_such_part(scene, sofia, client) -> None:
    lead = rejected(scene, days_ago=20)
    page = client.get(again(scene, lead).get_absolute_url())
    assert page.context["case"].returned.is_nothing
    assert "Nothing that the lead did or that we learned." in page.content.decode()
    assert case_of(client, scene.handoff(sofia)).returned is None


def test_a_rejection_after_the_handoff_is_not_what_it_came_back_from(scene, sofia, client) -> None:
    lead = rejected(scene, days_ago=20)
    earlier = again(scene, lead, made_at=scene.at - 40 * DAY)
    assert case_of(client, earlier).returned is None


def test_opening_a_lead_costs_at_most_so_many_statements(scene, sofia, client) -> None:
    first, second = scene.handoff(sofia), scene.handoff(sofia)
    client.get(first.get_absolute_url())
    with CaptureQueriesContext(connection) as asked:
        client.get(second.get_absolute_url())
    said = [one["sql"] for one in asked if one["sql"].startswith("SELECT")]
    assert len(said) <= SELECTS, "\n".join(said)
    assert sum("portal_organisation" in sql for sql in said) == 1


def test_noise_is_folded_counted_named_and_openable(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    with held():
        for n in range(5):
            about = {"object_kind": "page", "object_key": f"/p{n}", "object_title": f"Page {n}"}
            make_activity(handoff.lead, at=scene.at - timedelta(minutes=n), **about)
        make_activity(handoff.lead, kind="email_opened", at=scene.at)
    page = client.get(handoff.get_absolute_url())
    quiet = [one.text for one in page.context["case"].folded_story]
    assert "Visited: Page 3" in quiet
    assert "Visited: Pricing" not in quiet  # it counts
    folded = page.context["folded"]
    assert folded.startswith(f"{len(page.context['case'].story.quiet)} quieter things: page views")
    text = page.content.decode()
    assert folded in text
    assert "Visited: Page 3" in text


def test_a_settled_lead_is_the_same_as_what_its_outlook_says_now(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia, age=10 * DAY)
    with held():
        Standing.objects.filter(lead=handoff.lead).update(
            stale_since=scene.at, stale_cause=StaleCause.LIVE
        )
        settle([handoff.lead_id], at=scene.at)
    total = Standing.objects.get(lead=handoff.lead).total
    case = case_of(client, handoff)
    moved = [text for text in texts(case) if "when it was handed over" in text]
    assert moved == ([] if total == 90 else [f"90 when it was handed over, {total} now."])
