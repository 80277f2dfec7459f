"""Explanations add up, and a closed gate says what it misses."""

import pytest
from hypothesis import given

from scoring.rules.defaults import default_clauses
from scoring.rules.evaluate import evaluate
from scoring.rules.explain import ADDING, explain, missing
from scoring.rules.lint import max_total, unreachable_gates
from scoring.rules.parse import parse
from tests.scoring.rules import strategies as some
from tests.scoring.rules.builders import (
    NOW,
    activity,
    ago,
    attribute,
    behaviour,
    clause,
    definition,
    document,
    gate,
    group,
    pricing,
)
from tests.scoring.rules.test_agreement import examples

DEFAULT = parse(document(default_clauses()))
DIRECTOR = {"seniority": "director", "industry": "B2B SaaS", "company_size": 200}


@examples(30, 2000)
@given(some.documents(), some.facts, some.activity_lists(), some.instants)
def test_lines_add_up(document, facts, activities, as_of):
    version = parse(document)
    standing = evaluate(version, facts, activities, as_of)
    of_group = of_dimension = everything = 0
    subtotals = iter([standing.fit, standing.engagement])
    for line in explain(version, standing):
        if line.kind in ADDING:
            of_group += line.points
            everything += line.points
        elif line.kind == "group":
            assert line.points == of_group
            of_dimension, of_group = of_dimension + of_group, 0
        elif line.kind == "subtotal":
            assert line.points == of_dimension == next(subtotals)
            of_dimension = of_group = 0
    assert line.kind == "total"
    assert line.points == everything == standing.total * 100


def lines(version, facts, activities):
    found = explain(version, evaluate(version, facts, activities, NOW))
    return [(line.kind, line.points, line.text) for line in found]


def test_the_marketing_director_in_lines():
    assert lines(DEFAULT, DIRECTOR, [pricing()]) == [
        ("factor", 1500, "Director"),
        ("group", 1500, "Title"),
        ("factor", 1000, "Industry in our ICP"),
        ("group", 1000, "Company"),
        ("subtotal", 2500, "Fit"),
        ("factor", 1500, "Visited a pricing page"),
        ("group", 1500, "Engagement"),
        ("subtotal", 1500, "Engagement"),
        ("total", 4000, "Total"),
    ]


def test_what_a_group_leaves_out_limits_and_rounding_are_lines():
    version = definition(
        group(combine="highest", cap="8.5"),
        attribute("first", "x", "gt", 0, 1),
        attribute("second", "x", "gt", 0, 2),
        clause("total", "total", {"floor": "9.25", "cap": None}),
    )
    assert lines(version, {"x": 1}, []) == [
        ("subtotal", 0, "Fit"),
        ("factor", 1000, "first"),
        ("factor", 0, "second, not counted: only the best one is"),
        ("cap", -150, "Capped at 8.5"),
        ("group", 850, "things"),
        ("subtotal", 850, "Engagement"),
        ("floor", 75, "Raised to at least 9.25"),
        ("rounding", -25, "Rounded to a whole point"),
        ("total", 900, "Total"),
    ]


def test_a_line_names_its_evidence():
    one = pricing(ago(days=1))
    found = explain(DEFAULT, evaluate(DEFAULT, DIRECTOR, [one], NOW))
    evidence = {line.rule: (line.activities, line.facts) for line in found if line.rule}
    assert evidence["pricing_page"] == ((one.id,), ())
    assert evidence["title_director"] == ((), (("seniority", "director"),))


def misses(version, facts, activities, name):
    standing = evaluate(version, facts, activities, NOW)
    return missing(version, standing, facts, name, {})


def test_a_closed_gate_says_what_it_misses():
    demo = activity("demo_request")
    assert misses(DEFAULT, DIRECTOR, [pricing()], "mql") == []
    assert misses(DEFAULT, {}, [], "mql") == [
        "40 points from MQL",
        "one high-intent signal missing",
        "one fit rule missing",
    ]
    assert misses(DEFAULT, {}, [pricing()], "sales_ready") == [
        "85 points from sales-ready",
        "only when in our ICP",
    ]
    (either,) = misses(DEFAULT, DIRECTOR, [], "fast_track")
    assert either == (
        "one of these: “Asked for a demo” is missing; only when the seniority is c_level or vp "
        "and only when the timeline is within_30_days"
    )
    assert misses(DEFAULT, {}, [demo], "fast_track") == ["only when in our ICP"]


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ({"total_at_least": 11}, "1 point from MQL"),
        ({"fit_at_least": "0.5"}, "0.5 more fit missing"),
        ({"engagement_at_least": "12.5"}, "2.5 more engagement missing"),
        ({"not": {"rule_fired": "visits"}}, "only when not “visits” counts"),
        ({"rules_at_least": {"count": 3, "dimension": "engagement"}}, "2 engagement rules missing"),
    ],
)
def test_each_kind_of_miss(tree, sentence):
    version = definition(group(), behaviour(), gate("mql", tree))
    assert misses(version, {}, [activity("visit")], "mql") == [sentence]


def test_a_disqualified_lead_is_told_which_rule_did_it():
    version = definition(group(), behaviour(disqualifies=True), gate("mql", {"total_at_least": 0}))
    assert misses(version, {}, [activity("visit")], "mql") == ["“visits” closes every gate"]
    assert misses(version, {}, [], "sales_ready") == ["This definition has no such gate."]


def with_bodies(**changes):
    changed = default_clauses()
    for one in changed:
        one["body"] |= changes.get(one["key"], {})
    return definition(*changed)


def test_the_default_gates_can_be_reached():
    assert max_total(DEFAULT) == 110
    assert unreachable_gates(DEFAULT) == []


def test_the_founding_documents_own_model_cannot_reach_its_gate():
    once = {"counts": "once", "max_times": None}
    version = with_bodies(pricing_page=once, case_study=once)
    assert max_total(version) == 90
    (problem,) = unreachable_gates(version)
    assert problem.path == "gate:sales_ready"
    assert problem.sentence == (
        "sales-ready asks for 100, but no lead can have more than 90. "
        "Lower the gate, or raise points or caps."
    )


@pytest.mark.parametrize(
    ("tree", "reachable"),
    [
        ({"total_at_least": 10**5}, True),
        ({"fit_at_least": "0.01"}, False),
        ({"engagement_at_least": 10**5}, True),
        ({"any": [{"fit_at_least": 1}, {"icp": True}]}, True),
        ({"any": [{"fit_at_least": 1}, {"fit_at_least": 2}]}, False),
        ({"not": {"fit_at_least": 1}}, True),
    ],
)
def test_reach_without_a_bound(tree, reachable):
    icp = clause("icp", "icp", {"when": {"field": "x", "op": "gt", "value": 1}})
    version = definition(group(), behaviour(), icp, gate("mql", tree))
    assert max_total(version) is None
    assert (unreachable_gates(version) == []) is reachable
