"""The editors of clauses: what is shown and what is stored are each other's inverse."""

import pytest
from django.http import QueryDict

from portal.agreements.forms import OpenClause
from sla.terms.agreement import PAGES
from sla.terms.checks import check_clause
from sla.terms.defaults import default_clauses

CLAUSES = default_clauses("Europe/Berlin")
PROMISE = CLAUSES[3]["body"]


def opened(kind, body):
    return OpenClause(kind=kind, key="k", body=body, rationale="", revision=1, clauses=CLAUSES)


def filled(clause_kind, body, **changes):
    """The form of ``body`` as a browser would send it back, with a person's changes."""
    made, given = PAGES.forms[clause_kind], opened(clause_kind, body)
    blank = made(None, opened=given)
    data = QueryDict(mutable=True)
    for name in blank.fields:
        value = changes.get(name, blank.get_initial_for_field(blank.fields[name], name))
        if isinstance(value, list):
            data.setlist(name, value)
        elif value not in {None, False, ""}:
            data[name] = "on" if value is True else str(value)
    return made(data, opened=given)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *((clause["kind"], clause["body"]) for clause in CLAUSES),
        ("promise", PROMISE | {"calendar": "owner", "otherwise": "office-hours"}),
        ("promise", PROMISE | {"touch_kinds": ["call_outbound"], "untouched": "met"}),
        ("promise", PROMISE | {"applies": {"grades": ["A1", "A2"], "fast_track": False}}),
        ("promise", PROMISE | {"applies": {"sources": ["website"], "fast_track": True}}),
        ("promise", {"name": "V", "side": "marketing", "kind": "volume", "at_least": 220}),
        (
            "promise",
            {
                "name": "P",
                "side": "marketing",
                "kind": "packet",
                "percent": 95,
                "fields": ["email", "industry"],
                "evidence": ["score"],
            },
        ),
        (
            "promise",
            {
                "name": "H",
                "side": "marketing",
                "kind": "high_intent",
                "percent": 80,
                "signals": ["demo_request", "quote_request"],
                "applies": {"sources": ["website"]},
            },
        ),
        (
            "promise",
            {
                "name": "A",
                "side": "sales",
                "kind": "attempts",
                "at_least": 3,
                "touch_kinds": ["call_outbound"],
            },
        ),
        ("promise", PROMISE | {"applies": {"segment": {"size_band": ["50-200", "201-500"]}}}),
        (
            "promise",
            PROMISE
            | {
                "ladder": [
                    {"do": "warn_owner", "when": "warn", "quiet": True},
                    {"do": "tell_manager", "after_s": 3600},
                    {"do": "rest", "after_s": 7200},
                    {"do": "reassign", "after_s": 7200},
                ]
            },
        ),
        ("promise", {name: PROMISE[name] for name in PROMISE if name != "ladder"}),
        ("calendar", {"name": "N", "zone": "UTC", "week": {"4": [["22:00", "06:00"]]}}),
        ("touch_policy", {"touch_kinds": ["chat"], "automated_after_reply": False}),
    ],
)
def test_a_body_comes_back_as_it_was(kind, body) -> None:
    form = filled(kind, body)
    assert form.is_valid(), form.errors
    assert form.make_body() == body
    assert not check_clause(kind, form.make_body())


def test_hours_are_written_as_people_write_them() -> None:
    calendar = CLAUSES[0]["body"]
    form = filled("calendar", calendar, day0="9:00-12:30, 13:30 – 18:00", day5="")
    assert form.is_valid()
    assert form.make_body()["week"]["0"] == [["09:00", "12:30"], ["13:30", "18:00"]]


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("promise", {"amount_s": 0}, "at least 1 minute"),
        ("promise", {"kind": "volume"}, "Give the number"),
        ("promise", {"segment": "just Germany"}, "a fact and its values"),
        ("promise", {"step1_do": "reassign", "step1_when": "warn"}, "Nobody loses a lead"),
    ],
)
def test_what_cannot_be_kept_is_said_at_the_field(kind, changes, words) -> None:
    body = CLAUSES[0]["body"] if kind == "calendar" else PROMISE
    form = filled(kind, body, **changes)
    assert form.is_valid()
    form.add_problems(check_clause(kind, form.make_body()))
    assert words in str(form.errors)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"day2": "nine to five"}, "day2", "two times, such as 09:00–12:30"),
        ({"day2": "9-17"}, "day2", "two times, such as 09:00–12:30"),
        ({"day2": "09:00-12:00, 11:00-13:00"}, "day2", "overlap"),
        ({"day6": "22:00-06:00", "day0": "05:00-09:00"}, "day6", "runs on into the next day’s"),
        ({"zone": "Mars"}, "zone", "no time zone “Mars”"),
        ({f"day{day}": "" for day in range(5)}, "__all__", "never open"),
    ],
)
def test_bad_hours_are_said_at_the_day_they_are_about(changes, field, words) -> None:
    form = filled("calendar", CLAUSES[0]["body"], **changes)
    if form.is_valid():
        form.add_problems(check_clause("calendar", form.make_body()))
    assert list(form.errors) == [field]
    assert words in str(form.errors[field])


@pytest.mark.parametrize(
    ("kind", "shown", "hidden"),
    [
        (
            "first_touch",
            {"amount_s", "untouched", "touch_kinds", "step0_do"},
            {"number", "signals"},
        ),
        ("disposition", {"amount_s", "step0_do"}, {"untouched", "touch_kinds", "fields_"}),
        ("volume", {"number"}, {"amount_s", "step0_do", "evidence"}),
        ("packet", {"number", "fields_", "evidence"}, {"calendar", "signals"}),
    ],
)
def test_a_promise_shows_the_fields_of_its_kind_and_those_of_another_once_it_is_chosen(
    kind, shown, hidden
) -> None:
    def names(form):
        return {field.name for block in form.blocks() for field in block.fields}

    form = PAGES.forms["promise"](None, opened=opened("promise", PROMISE | {"kind": kind}))
    assert shown <= names(form)
    assert not hidden & names(form)
    other = filled("promise", PROMISE | {"kind": kind}, kind="high_intent", number="")
    assert other.is_valid()
    other.add_problems(check_clause("promise", other.make_body()))
    assert {"signals", "number"} <= names(other)
    assert other.errors


def test_a_refused_form_opens_at_what_is_wrong() -> None:
    def focused(form):
        fields = [field for block in form.blocks() for field in block.fields]
        return [one.name for one in fields if "data-focus" in one.field.widget.attrs]

    assert focused(PAGES.forms["promise"](None, opened=opened("promise", PROMISE))) == ["name"]
    form = filled("promise", PROMISE, amount_s=0, segment="just Germany")
    assert form.is_valid()
    form.add_problems(check_clause("promise", form.make_body()))
    assert focused(form) == ["amount_s", "segment"]
