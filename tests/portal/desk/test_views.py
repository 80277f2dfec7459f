"""The desk without script: plain forms, and an answer that says what is next."""

from datetime import timedelta
from html import unescape
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.database.models import Lead, Stage
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import accept, reject
from leads.handoffs.models import Handoff
from tests.factories import make_lead
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def sofia(scene, client):
    client.force_login(scene.sofia)
    return scene.sofia


def url(name: str, handoff: Handoff) -> str:
    return reverse(f"desk-{name}", args=[handoff.public_id])


def decision(handoff: Handoff) -> Disposition:
    return Disposition.objects.standing().get(handoff=handoff)


def stage_of(handoff: Handoff) -> str:
    return Lead.objects.get(pk=handoff.lead_id).stage


def test_the_desk_opens_the_first_handoff(scene, sofia, client) -> None:
    scene.handoff(sofia, name="Second")
    late = scene.handoff(sofia, name="Late One")
    scene.late(late)
    page = client.get(reverse("desk"))
    assert page.context["handoff"].pk == late.pk
    assert "Late One" in page.content.decode()


def test_the_case_says_why_in_lines_that_add_up(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    case = client.get(handoff.get_absolute_url()).context["case"]
    explanation = case.explanation
    points = sum(line.points for group in explanation.groups for line in group.lines)
    assert points == explanation.total * 100 == handoff.total * 100
    visits = next(x for g in explanation.groups for x in g.lines if x.key == "pricing_page")
    assert (visits.rule, visits.evidence) == ("Visited a pricing page, 2 of 2", "Pricing")
    assert visits.high_intent
    assert [clock.title for clock in case.clocks] == ["First touch", "Disposition"]


def test_accepting_goes_on_to_the_next_and_offers_to_undo(scene, sofia, client) -> None:
    first, second = scene.handoff(sofia), scene.handoff(sofia)
    data = {"owner": scene.lena.pk, "note": "Call on Tuesday"}
    answer = client.post(url("accept", first), data, follow=True)
    assert answer.redirect_chain[0][0] == second.get_absolute_url()
    stored = decision(first)
    assert (stored.outcome, stored.decided_by, stored.note) == ("accepted", sofia, data["note"])
    assert Lead.objects.get(pk=first.lead_id).owner == scene.lena
    assert stage_of(first) == Stage.SQL
    assert answer.context["undo"]["url"] == reverse("desk-undo", args=[stored.pk])
    assert first.lead.label in answer.context["undo"]["text"]


def test_the_last_decision_leads_to_an_empty_desk(scene, sofia, client) -> None:
    answer = client.post(url("accept", scene.handoff(sofia)), follow=True)
    assert "Nothing waits for you" in answer.content.decode()
    assert len(answer.context["recent"]) == 1


@pytest.mark.parametrize(
    ("code", "more", "stage"),
    [
        ("wrong_industry", {}, Stage.DISQUALIFIED),
        ("just_exploring", {}, Stage.RECYCLED),
        ("bad_timing", {"recycle_on": "2030-03-03"}, Stage.RECYCLED),
        ("bad_contact_data", {}, Stage.MQL),
        ("other", {"note": "They moved to the moon"}, Stage.RECYCLED),
    ],
)
def test_each_reason_takes_what_it_needs(scene, sofia, client, code, more, stage) -> None:
    handoff = scene.handoff(sofia)
    answer = client.post(url("reject", handoff), {"reason": code, **more})
    assert answer.status_code == HTTPStatus.FOUND, answer.context["asked"].form.errors
    assert decision(handoff).reason_id == code
    assert stage_of(handoff) == stage


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "reason"),
        ({"reason": "not_stated"}, "reason"),
        ({"reason": "bad_timing"}, "recycle_on"),
        ({"reason": "bad_timing", "recycle_on": "2001-01-01"}, "recycle_on"),
        ({"reason": "bad_timing", "recycle_on": "soon"}, "recycle_on"),
        ({"reason": "other"}, "note"),
        ({"reason": "unresponsive"}, "reason"),
        ({"reason": "duplicate"}, "duplicate_of"),
        ({"reason": "duplicate", "duplicate_of": "nobody@example.test"}, "duplicate_of"),
        ({"reason": "wrong_industry", "wrong_rules": "no_such_rule"}, "wrong_rules"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(scene, sofia, client, data, field) -> None:
    handoff = scene.handoff(sofia)
    typed = {"note": "   " if data.get("reason") == "other" else "My words", **data}
    answer = client.post(url("reject", handoff), typed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert set(answer.context["asked"].form.errors) == {field}
    assert (
        answer.context["asked"].form.errors[field][0] in answer.context["asked"].form.errors[field]
    )
    text = unescape(answer.content.decode())
    assert answer.context["asked"].form.errors[field][0] in text
    kept = (typed.get(name, "") for name in ("note", "recycle_on", "duplicate_of"))
    assert all(value in text for value in kept)
    assert not Disposition.objects.exists()


def test_a_duplicate_is_named_by_address_or_page(scene, sofia, client) -> None:
    for by_page in (False, True):
        handoff, stays = scene.handoff(sofia), scene.handoff(sofia).lead
        given = f"https://here/leads/{stays.public_id}/" if by_page else stays.email.upper()
        answer = client.post(url("reject", handoff), {"reason": "duplicate", "duplicate_of": given})
        assert answer.status_code == HTTPStatus.FOUND
        assert decision(handoff).duplicate_of == stays


def test_a_lead_one_does_not_see_cannot_be_the_one_that_stays(scene, sofia, client) -> None:
    data = {"reason": "duplicate", "duplicate_of": make_lead().email}
    answer = client.post(url("reject", scene.handoff(sofia)), data)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_wrong_rules_are_the_fired_ones_and_none_is_ticked(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    rules = client.get(handoff.get_absolute_url()).context["dock"].rules
    assert {rule["value"] for rule in rules} == {
        "demo_request", "pricing_page", "title_senior", "icp_industry",
    }  # fmt: skip
    assert not any(rule["checked"] for rule in rules)
    client.post(url("reject", handoff), {"reason": "spam", "wrong_rules": ["pricing_page"]})
    assert decision(handoff).wrong_rules == ["pricing_page"]


def test_an_untouched_question_stores_nothing(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    client.post(url("reject", handoff), {"reason": "spam"})
    assert decision(handoff).wrong_rules is None


def test_at_most_nine_reasons_have_a_digit(scene, sofia, client) -> None:
    Reason.objects.update(is_primary=True)
    dock = client.get(scene.handoff(sofia).get_absolute_url()).context["dock"]
    assert [one.key for one in dock.first] == list("123456789")
    assert not any(one.key for one in dock.more)
    assert len(dock.reasons) == Reason.objects.filter(is_active=True).count()


def test_effects_are_said_before_the_act(scene, sofia, client) -> None:
    text = client.get(scene.handoff(sofia, name="Marta Lind").get_absolute_url()).content.decode()
    for words in ("Recycle", "Disqualify", "Marta Lind until", "Priya in marketing", "an SQL"):
        assert words in text


def test_who_is_late_is_told_who_was_faster_and_keeps_the_words(scene, sofia, client) -> None:
    handoff, following = scene.handoff(None), scene.handoff(sofia)
    reason = Reason.objects.get(pk="spam")
    reject(handoff=handoff, reason=reason, by=scene.anna, at=scene.at)
    for act, data in (("accept", {}), ("reject", {"reason": "spam"}), ("reject", {})):
        answer = client.post(url(act, handoff), {**data, "note": "Two pages of words"})
        text = answer.content.decode()
        assert answer.status_code == HTTPStatus.CONFLICT
        assert "Anna rejected this" in text
        assert "spam or test" in text
        assert "Two pages of words" in text
        assert following.get_absolute_url() in text
    assert decision(handoff).decided_by == scene.anna


def test_a_form_sent_twice_is_one_decision(scene, sofia, client) -> None:
    handoff, following = scene.handoff(sofia), scene.handoff(sofia)
    for _ in range(2):
        answer = client.post(url("accept", handoff))
        assert answer.url == following.get_absolute_url()
    assert Disposition.objects.count() == 1


def test_what_one_may_not_see_is_not_there(scene, sofia, client) -> None:
    theirs = scene.handoff(scene.anna)
    assert client.get(theirs.get_absolute_url()).status_code == HTTPStatus.NOT_FOUND
    assert client.post(url("touch", theirs)).status_code == HTTPStatus.NOT_FOUND
    assert client.post(url("accept", theirs)).status_code == HTTPStatus.FORBIDDEN
    accept(handoff=theirs, by=scene.anna, at=scene.at)
    assert client.get(theirs.get_absolute_url()).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("who", ["jan", "priya"])
def test_the_desk_is_sales(scene, client, who) -> None:
    client.force_login(scene.people[who])
    assert client.get(reverse("desk")).status_code == HTTPStatus.NOT_FOUND


def test_undo_opens_the_handoff_again(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    client.post(url("reject", handoff), {"reason": "spam"})
    answer = client.post(reverse("desk-undo", args=[decision(handoff).pk]))
    assert answer.url == handoff.get_absolute_url()
    assert stage_of(handoff) == Stage.WITH_SALES
    assert Handoff.objects.get(pk=handoff.pk).is_open
    assert client.get(handoff.get_absolute_url()).context["dock"] is not None


def test_undo_is_offered_for_ten_seconds_and_listed_all_day(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    accept(handoff=handoff, by=sofia, at=scene.at - timedelta(seconds=30))
    context = client.get(reverse("desk")).context
    assert context["undo"] is None
    if scene.at.hour or scene.at.minute:  # the day began more than a minute ago
        assert [one.handoff_id for one in context["recent"]] == [handoff.pk]


def test_others_cannot_undo(scene, sofia, client) -> None:
    handoff = scene.handoff(scene.anna)
    accept(handoff=handoff, by=scene.anna, at=scene.at)
    answer = client.post(reverse("desk-undo", args=[decision(handoff).pk]))
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert decision(handoff)


def test_a_decided_handoff_shows_how(scene, sofia, client) -> None:
    handoff = scene.handoff(sofia)
    client.post(url("reject", handoff), {"reason": "spam", "note": "A robot"})
    page = client.get(handoff.get_absolute_url())
    assert page.context["dock"] is None
    assert "A robot" in page.content.decode()


def test_earlier_handoffs_and_their_reasons_are_shown(scene, sofia, client) -> None:
    first = scene.handoff(sofia, age=timedelta(hours=5))
    reason = Reason.objects.get(pk="bad_contact_data")
    reject(handoff=first, reason=reason, by=sofia, at=scene.at - timedelta(hours=4))
    again = Handoff.objects.create(
        lead=first.lead, origin="live", cause="by_hand", words="Mended", made_at=scene.at,
        owner=sofia, team=scene.team, total=90, rank=90,
    )  # fmt: skip
    text = client.get(again.get_absolute_url()).content.decode()
    assert "Rejected, wrong contact data" in text
    assert "Mended" in text


def test_to_htmx_the_desk_is_a_part_under_its_own_address(scene, sofia, client) -> None:
    first, second = scene.handoff(sofia), scene.handoff(sofia)
    headers = {"HX-Request": "true"}
    answer = client.post(url("accept", first), follow=True, headers=headers)
    assert answer.headers["HX-Push-Url"] == second.get_absolute_url()
    assert "<html" not in answer.content.decode()
    assert 'id="toasts"' in answer.content.decode()
    restore = {**headers, "HX-History-Restore-Request": "true"}
    assert "<html" in client.get(second.get_absolute_url(), headers=restore).content.decode()


def test_the_desk_asks_the_same_number_of_questions(scene, sofia, client) -> None:
    counts = []
    for more in (1, 39):
        for n in range(more):
            handoff = scene.handoff(sofia, visits=1 + n % 2)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(handoff.get_absolute_url()).status_code == HTTPStatus.OK
        counts.append(len(asked))
    assert counts[0] == counts[1]
