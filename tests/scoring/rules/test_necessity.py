"""Which single rules a handoff could not have been made without."""

import pytest

from scoring.rules.defaults import default_clauses
from scoring.rules.evaluate import evaluate
from scoring.rules.necessity import needed
from tests.scoring.rules.builders import NOW, activity, ago, definition, pricing

SAAS = {"industry": "software", "company_size": 200}


def judged(facts, *activities):
    default = definition(*default_clauses())
    standing = evaluate(default, facts, activities, NOW)
    bits = needed(default, standing, facts)
    keys = {rule.key for place, rule in enumerate(default.rules) if bits >> place & 1}
    return default, standing, keys


def demo():
    return activity("demo_request", ago(days=1))


def test_the_fast_track_by_a_demo_request_needs_that_alone():
    _default, standing, keys = judged(SAAS, demo())
    assert standing.fast_track
    assert keys == {"demo_request"}


def test_with_two_ways_in_no_single_rule_was_needed():
    _default, standing, keys = judged(
        SAAS | {"seniority": "vp", "timeline": "within_30_days"}, demo()
    )
    assert standing.fast_track
    assert keys == set()


def test_where_no_gate_was_open_nothing_was_needed():
    _default, standing, keys = judged({"industry": "retail"}, demo())
    assert not (standing.fast_track)
    assert not (standing.sales_ready)
    assert keys == set()


@pytest.mark.parametrize("place", range(8))
def test_a_rule_is_needed_exactly_when_the_definition_without_it_keeps_the_gates_shut(place):
    facts = SAAS | {"seniority": "vp"}
    papers = [
        activity("content_download", ago(days=n), object_id=n, tag="case study") for n in (2, 3, 4)
    ]
    looks = [pricing(ago(days=1)), pricing(ago(days=2))]
    given = (demo(), *papers, *looks)
    default, standing, keys = judged(facts, *given)
    rule = default.rules[place]
    rest = [one for one in default_clauses() if (one["kind"], one["key"]) != ("rule", rule.key)]
    if rule.key == "demo_request":  # the fast track names it: a rule that never fires instead
        rest = [
            one if one["key"] != "fast_track" else {**one, "body": {"when": {"all": [
                {"icp": True}, {"total_at_least": 100_000}]}}}
            for one in rest
        ]  # fmt: skip
    after = evaluate(definition(*rest), facts, given, NOW)
    was_needed = not (after.sales_ready or after.fast_track)
    assert standing.sales_ready
    assert (rule.key in keys) == was_needed
