"""What keeps terms from being signed, in sentences."""

import copy

import pytest

from sla.terms.checks import check_clause, check_version
from sla.terms.defaults import default_clauses


def clauses(**changes):
    """The default terms with fields of one clause changed: touch__amount_s=0."""
    rows = copy.deepcopy(default_clauses("Europe/Berlin"))
    places = {"office": 0, "always": 1, "policy": 2, "touch": 3, "disposition": 4}
    for name, value in changes.items():
        place, _, field = name.partition("__")
        rows[places[place]]["body"][field] = value
    return rows


def sentences(**changes) -> str:
    return " ".join(problem.sentence for problem in check_version(clauses(**changes)))


def test_the_default_terms_may_be_signed() -> None:
    assert not check_version(clauses())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"office__week": {}}, "never open"),
        ({"office__week": {"0": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "overlap"),
        ({"office__week": {"0": [["9", "12:00"]]}}, "two times"),
        ({"office__week": {"7": [["09:00", "12:00"]]}}, "a week of hours"),
        ({"office__week": [["09:00", "12:00"]]}, "a week of hours"),
        ({"office__zone": "Mars/Olympus"}, "no time zone “Mars/Olympus”"),
        ({"office__name": " "}, "a name"),
        ({"touch__amount_s": 0}, "at least 1 minute"),
        ({"touch__amount_s": -3600}, "at least 1 minute"),
        ({"touch__amount_s": True}, "at least 1 minute"),
        ({"touch__amount_s": 91 * 86_400}, "at most 90 days"),
        ({"touch__warn_percent": 0}, "above 0 %"),
        ({"touch__warn_percent": 101}, "above 0 %"),
        ({"touch__calendar": "night"}, "“night”, which these terms do not have"),
        ({"touch__calendar": "owner"}, "when nobody owns it"),
        ({"touch__calendar": "owner", "touch__otherwise": "night"}, "“night”"),
        ({"touch__kind": "miracle"}, "no kind of promise"),
        ({"touch__side": "marketing"}, "kept by sales"),
        ({"touch__touch_kinds": ["email_sent"]}, "can never be a touch"),
        ({"touch__touch_kinds": ["telepathy"]}, "no activity “telepathy”"),
        ({"touch__touch_kinds": "call_outbound"}, "as a list"),
        ({"touch__untouched": "forgotten"}, "ended, met or breached"),
        ({"touch__applies": {"weather": "sunny"}}, "or about a segment, only"),
        ({"touch__applies": "demo"}, "or about a segment, only"),
        ({"touch__applies": {"fast_track": "yes"}}, "or about a segment, only"),
        ({"touch__applies": {"segment": {"industry": "software"}}}, "a fact and its values"),
        ({"touch__applies": {"segment": {"shoe_size": ["9"]}}}, "cannot ask for “shoe_size”"),
        ({"touch__ladder": "shout"}, "list of steps"),
        ({"touch__ladder": [{"do": "shout"}]}, "Each step says what is done"),
        ({"touch__ladder": [{"do": ["task"]}]}, "Each step says what is done"),
        ({"touch__ladder": [{"do": "task", "after_s": -60}]}, "0 minutes to 30 days"),
        ({"touch__ladder": [{"do": "rest", "when": "warn"}]}, "before the deadline"),
        ({"touch__ladder": [{"do": "task", "quiet": True}]}, "Only telling somebody"),
        ({"touch__ladder": [{"do": "task"}, {"do": "task"}]}, "same thing twice"),
        ({"policy__touch_kinds": []}, "at least one activity"),
        ({"policy__automated_after_reply": None}, "yes or no"),
        (
            {"disposition__calendar": "office-hours", "disposition__amount_s": 3600},
            "at least as long as the first touch",
        ),
    ],
)
def test_bad_terms_are_refused_in_a_sentence(change, words) -> None:
    assert words in sentences(**change)


def test_a_shorter_disposition_on_another_calendar_is_no_contradiction() -> None:
    assert not check_version(clauses(disposition__amount_s=3600))


def test_terms_promise_something_and_say_once_what_a_touch_is() -> None:
    rows = clauses()
    assert "binds nobody" in check_version(rows[:3])[0].sentence
    twice = [*rows, {**rows[2], "key": "again"}]
    assert "Keep one touch policy" in check_version(twice)[0].sentence


@pytest.mark.parametrize(
    ("kind", "side", "field", "good", "bad"),
    [
        ("attempts", "sales", "at_least", 4, 0),
        ("reason_required", "sales", "percent", 100, 101),
        ("volume", "marketing", "at_least", 220, "many"),
        ("acceptance_rate", "marketing", "percent", 60, 0),
        ("packet", "marketing", "percent", 95, None),
        ("packet", "marketing", "fields", ["email"], ["mood"]),
        ("packet", "marketing", "fields", ["email"], []),
        ("packet", "marketing", "evidence", ["score"], ["mood"]),
        ("high_intent", "marketing", "percent", 80, 0.8),
        ("high_intent", "marketing", "signals", ["demo_request"], []),
    ],
)
def test_promises_without_a_clock_give_a_number(kind, side, field, good, bad) -> None:
    body = {"name": "P", "side": side, "kind": kind, "percent": 95}
    body |= {"packet": {"fields": ["email"]}, "high_intent": {"signals": ["chat"]}}.get(kind, {})
    body |= {field: good}
    assert not check_clause("promise", body)
    rest = {"fields": []} if field == "evidence" else {}
    problems = check_clause("promise", body | rest | {field: bad})
    assert problems[0].path == field


def test_a_promise_that_an_earlier_one_takes_every_lead_from_is_named() -> None:
    rows = clauses()
    fast = {**rows[3], "key": "demo", "position": 9}
    fast["body"] = rows[3]["body"] | {
        "name": "Demo requests",
        "amount_s": 900,
        "applies": {"fast_track": True},
    }
    (problem,) = check_version([*rows, fast])
    assert "“Demo requests” never runs" in problem.sentence
    assert not check_version([*rows, fast | {"position": 2}])


def test_a_disposition_is_compared_with_the_first_touch_of_the_same_leads() -> None:
    rows = clauses(disposition__calendar="office-hours", disposition__amount_s=5 * 3600)
    slow = {**rows[3], "key": "slow", "position": 2}
    slow["body"] = rows[3]["body"] | {
        "name": "Slow",
        "amount_s": 6 * 3600,
        "applies": {"segment": {"country": ["Germany"]}},
    }
    (problem,) = check_version([*rows, slow])
    assert "is due before “Slow”" in problem.sentence


def test_an_unknown_clause_and_a_body_that_is_none_are_refused() -> None:
    assert check_clause("haiku", {})[0].path == "kind"
    assert check_clause("promise", ["not", "fields"])
