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
from portal.events.bells import held
from tests.factories import make_lead
from tests.portal.desk.asking import decision, stage_of, url

pytestmark = pytest.mark.django_db
DECIDES, TELLS = 23, 8  # statements of a decision, and of a page that says who was faster


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
    assert answer.context["handoff"] == second
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


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_who_is_late_is_told_who_was_faster_and_keeps_the_words(scene, sofia, client, htmx) -> None:
    handoff = scene.handoff(None)
    reason = Reason.objects.get(pk="spam")
    reject(handoff=handoff, reason=reason, by=scene.anna, at=scene.at)
    for act, data in (("accept", {}), ("reject", {"reason": "spam"}), ("reject", {})):
        words = {**data, "note": "Two pages of words"}
        answer = client.post(url(act, handoff), words, headers=htmx)
        text = answer.content.decode()
        assert answer.status_code == HTTPStatus.CONFLICT
        assert "Anna rejected this" in text
        assert "spam or test" in text
        assert "Two pages of words" in text
        assert f'href="{reverse("desk")}"' in text
        assert ("<html" in text) == (not htmx)
    assert decision(handoff).decided_by == scene.anna


@pytest.mark.parametrize("who", ["sofia", "tom"])
def test_a_form_sent_twice_is_one_decision(scene, client, who) -> None:
    client.force_login(scene.people[who])
    handoff, following = scene.handoff(scene.sofia), scene.handoff(scene.sofia)
    for _ in range(2):
        answer = client.post(url("accept", handoff), follow=True)
        assert answer.context["handoff"] == following
    assert Disposition.objects.count() == 1


def test_deciding_costs_few_statements_and_being_too_late_fewer(scene, sofia, client) -> None:
    """What follows from a decision is the worker's; here it runs in the same process."""
    acts = (("accept", {}, 302, DECIDES), ("reject", {"reason": "spam"}, 302, DECIDES))
    handoffs = [scene.handoff(None) for _ in acts]
    client.post(url("accept", scene.handoff(None)))  # session and content types are warm
    for (act, data, status, most), handoff in zip(acts, handoffs, strict=True):
        assert statements_of(client, url(act, handoff), data, status) <= most
    Disposition.objects.update(decided_by=scene.anna)
    for act, data, _, _ in acts:
        assert statements_of(client, url(act, handoffs[0]), data, 409) <= TELLS


def statements_of(client, address: str, data: dict[str, str], status: int) -> int:
    """Return how many statements a person waits for, without what follows after the commit."""
    headers = {"HX-Request": "true"}
    with held(), CaptureQueriesContext(connection) as asked:
        assert client.post(address, data, headers=headers).status_code == status
    return len(asked)


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
    for more in (32, 8):  # more than one paint shows: what follows is counted, in one query
        for n in range(more):
            handoff = scene.handoff(sofia, visits=1 + n % 2)
        client.get(handoff.get_absolute_url())  # the one before goes off the desk
        with CaptureQueriesContext(connection) as asked:
            assert client.get(handoff.get_absolute_url()).status_code == HTTPStatus.OK
        counts.append(len(asked))
    assert counts[0] == counts[1]
