"""Terms from their signed text: in force when, read how, said in which words."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.agreements.models import Version
from sla.calendar.models import Calendar
from sla.terms.agreement import TERMS
from sla.terms.defaults import default_clauses
from sla.terms.queries import terms_in_force
from sla.terms.sentences import plain, sentence
from sla.terms.services import seed_default_terms
from sla.terms.text import terms_of
from tests.factories import make_terms, make_user

SIGNED = datetime(2026, 1, 1, tzinfo=UTC)
CLAUSES = {clause["key"]: clause for clause in default_clauses("Europe/Berlin")}
CALENDARS = {key: row["body"] for key, row in CLAUSES.items() if row["kind"] == "calendar"}


def said(key: str, **changes) -> str:
    clause = CLAUSES[key]
    body = clause["body"] | {"ladder": None} | changes
    return plain(sentence(clause["kind"], body, CALENDARS))


@pytest.mark.django_db
def test_the_default_terms_are_signed_once_and_in_force_from_then_on() -> None:
    marketing, sales = make_user(role="marketing_lead"), make_user(role="sales_lead")
    version = seed_default_terms(by_marketing=marketing, by_sales=sales, at=SIGNED)
    assert seed_default_terms(by_marketing=marketing, by_sales=sales, at=SIGNED) == version
    assert Version.objects.count() == 1
    assert {sig.side for sig in version.signatures.all()} == {"marketing", "sales"}
    assert terms_in_force(SIGNED - timedelta(seconds=1)) is None
    in_force, terms = terms_in_force(SIGNED)
    assert in_force == version
    assert [(each.key, each.amount) for each in terms.promises] == [
        ("first-touch", 4 * 3600),
        ("disposition", 24 * 3600),
    ]
    assert set(Calendar.objects.values_list("slug", flat=True)) == {"office-hours", "always"}


@pytest.mark.django_db
def test_the_next_version_is_in_force_from_its_instant() -> None:
    first = make_terms(at=SIGNED)
    later = SIGNED + timedelta(days=7)
    second = make_terms(at=later, clauses=default_clauses("Europe/Paris"))
    assert terms_in_force(later - timedelta(seconds=1))[0] == first
    assert terms_in_force(later)[0] == second


def test_the_warning_comes_after_three_quarters_by_default() -> None:
    (touch, _) = terms_of(CLAUSES.values()).promises
    assert touch.warn_amount == 3 * 3600


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            said("first-touch"),
            (
                "Sales makes a first touch within 4 working hours of the handoff, in office hours, "
                "Europe/Berlin. Decided in time without a touch, it ends and is counted apart."
            ),
        ),
        (said("disposition"), "Sales decides within 24 hours of the handoff, day and night."),
        (
            said("disposition", amount_s=5400, calendar="owner", applies={"grades": ["A1"]}),
            (
                "Sales decides within 1 h 30 min of working time of the handoff, "
                "in the owner’s own hours, for grades A1."
            ),
        ),
        (
            said("disposition", amount_s=5400, calendar="owner", otherwise="office-hours"),
            (
                "Sales decides within 1 h 30 min of working time of the handoff, "
                "in the owner’s own hours, else in office hours, Europe/Berlin."
            ),
        ),
        (
            said("disposition", applies={"fast_track": True, "sources": ["website"]}),
            (
                "Sales decides within 24 hours of the handoff, day and night, for the fast track, "
                "for leads from website."
            ),
        ),
        (
            said("disposition", applies={"segment": {"industry": ["software", "IT services"]}}),
            (
                "Sales decides within 24 hours of the handoff, day and night, "
                "where industry is software or IT services."
            ),
        ),
        (
            said("disposition", ladder=CLAUSES["disposition"]["body"]["ladder"]),
            (
                "Sales decides within 24 hours of the handoff, day and night. After 75 % of the "
                "time: warn the owner in their working hours. When it breaches: warn the owner, "
                "tell the sales lead."
            ),
        ),
        (
            said(
                "disposition",
                ladder=[
                    {"do": "rest", "after_s": 7200},
                    {"do": "reassign", "after_s": 7200},
                    {"do": "task"},
                ],
            ),
            (
                "Sales decides within 24 hours of the handoff, day and night. When it breaches: "
                "give the owner a follow-up. 2 h of working time later: take who did not respond "
                "out of rotation, give it to somebody else."
            ),
        ),
        (
            said("disposition", ladder=[]),
            (
                "Sales decides within 24 hours of the handoff, day and night. "
                "Nothing follows a breach."
            ),
        ),
        (said("office-hours"), "“Office hours” is open Mon–Fri 09:00–17:00, Europe/Berlin."),
        (
            said("touches"),
            (
                "A touch is when the lead is called, is written to by a person, is written to on "
                "LinkedIn, meets us; automated mail counts only once the lead wrote."
            ),
        ),
    ],
)
def test_each_clause_reads_as_a_sentence(words, expected) -> None:
    assert words == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"kind": "attempts", "at_least": 4},
            "Sales makes at least 4 attempts before “unresponsive”.",
        ),
        (
            {"kind": "acceptance_rate", "percent": 60, "applies": {"sources": ["website"]}},
            "Sales accepts at least 60 % of what it is sent, for leads from website.",
        ),
        (
            {"kind": "attempts", "at_least": 3, "touch_kinds": ["call_outbound"]},
            "Sales makes at least 3 attempts before “unresponsive”, counting is called.",
        ),
        (
            {
                "kind": "packet",
                "percent": 95,
                "fields": ["phone", "industry"],
                "evidence": ["score"],
            },
            (
                "Marketing hands over 95 % of leads with phone number, industry, "
                "score with its reasons."
            ),
        ),
        (
            {"kind": "high_intent", "percent": 80, "signals": ["demo_request"]},
            (
                "Marketing hands over 80 % of leads after a high-intent signal: "
                "the lead asks for a demo."
            ),
        ),
    ],
)
def test_promises_without_a_clock_read_as_sentences_too(body, expected) -> None:
    assert plain(sentence("promise", body)) == expected


def test_the_blanks_of_a_sentence_are_what_one_may_edit() -> None:
    parts = TERMS.sentence(
        "promise", "disposition", CLAUSES["disposition"]["body"], list(CLAUSES.values())
    )
    assert [part.text for part in parts if part.editable] == ["24 hours", "day and night"]
