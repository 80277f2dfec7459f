"""What the lead page reads: the path, the facts with who said them, notes with their answers."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from leads.database.models import Stage
from leads.database.notes import add_note
from leads.database.queries import (
    facts_for_page,
    notes_for_page,
    opportunity_of,
    path_steps,
    stage_history,
)
from leads.database.registry import SetBy
from leads.database.stages import move_leads
from tests.factories import make_facts, make_lead, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_path_says_when_and_for_how_long(now, django_assert_num_queries) -> None:
    lead, by = make_lead(), make_user(name="Mara")
    for stage, days in ((Stage.MQL, 2), (Stage.WITH_SALES, 3)):
        move_leads([lead.pk], to=stage, by=by, at=now + days * DAY, cause="test")
    lead.refresh_from_db()
    with django_assert_num_queries(1):
        stays = stage_history(lead, at=now + 7 * DAY)
    assert [(stay.stage, stay.lasted / DAY, stay.by) for stay in stays] == [
        ("known", 2, None), ("mql", 1, by), ("with_sales", 4, by),
    ]  # fmt: skip
    steps = path_steps(lead, stays)
    assert [step["state"] for step in steps] == ["done", "done", "now", "", "", ""]
    page = render_to_string("leads/database/_path.html", {"steps": steps, "stays": stays})
    assert "With sales" in page
    assert "Mara" in page


def test_a_lead_beside_the_path_shows_where_it_was_and_is(now) -> None:
    lead = make_lead()
    move_leads([lead.pk], to=Stage.RECYCLED, by=None, at=now + DAY, cause="test")
    lead.refresh_from_db()
    steps = path_steps(lead, stage_history(lead, at=now + DAY))
    assert [(step["label"], step["state"]) for step in steps] == [
        ("Known", "done"), ("Recycled", "now"),
    ]  # fmt: skip


def test_each_fact_says_since_when_and_by_whom(now) -> None:
    lead, by = make_lead(), make_user(name="Mara")
    make_facts(lead, title="CEO", city="Ulm")
    make_facts(lead, at=now + DAY, set_by=SetBy.PERSON, by=by, city="Bonn")
    lines = {line.name: line for line in facts_for_page(lead, at=now + DAY)}
    assert (lines["city"].value, lines["city"].since, lines["city"].by) == (
        "Bonn", now + DAY, "Mara",
    )  # fmt: skip
    assert (lines["title"].since, lines["title"].by) == (now, "a form")
    assert lines["seniority"].by == "worked out"
    before = {line.name: line.value for line in facts_for_page(lead, at=now)}
    assert before["city"] == "Ulm"
    assert facts_for_page(lead, at=now - DAY) == []
    page = render_to_string("leads/database/_facts.html", {"facts": list(lines.values())})
    assert "Bonn" in page


def test_notes_cost_the_same_however_many(now, django_assert_num_queries) -> None:
    lead, by = make_lead(), make_user(role="marketing")
    for number in range(3):
        question = add_note(
            lead=lead, text=f"Q{number}", is_question=True, by=by, at=now + number * DAY
        )
    add_note(lead=lead, text="A", answers=question, by=by, at=now + 9 * DAY)
    with django_assert_num_queries(2):
        notes = notes_for_page(lead)
        page = render_to_string("leads/database/_notes.html", {"lead": lead, "notes": notes})
    assert [note.text for note in notes] == ["Q2", "Q1", "Q0"]
    assert page.count("open question") == 2
    assert "answered" in page


def test_an_sql_without_an_opportunity_may_open_one(now) -> None:
    lead = make_lead()
    context = {"lead": lead, "opportunity": opportunity_of(lead), "can_open": True}
    page = render_to_string("leads/database/_opportunity.html", context)
    assert f"/leads/{lead.public_id}/opportunity/" in page
