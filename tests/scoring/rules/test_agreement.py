"""The evaluator agrees with the naive oracle, and time alone never changes a fresh standing."""

import os
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.rules.clause_forms import Vocabulary
from scoring.rules.evaluate import Snapshot, evaluate, facts_at
from scoring.rules.freshness import valid_until
from scoring.rules.parse import parse
from scoring.rules.reentry import has_new_intent
from scoring.rules.schema import validate_version
from tests.scoring.rules import oracle
from tests.scoring.rules import strategies as some
from tests.scoring.rules.builders import NOW

FULL = os.environ.get("FULL") == "1"
GATES = ["mql", "sales_ready", "fast_track"]
OUTCOME = ["fit", "engagement", "total", "grade", *GATES, "icp", "disqualified", "fired"]
DAY = timedelta(days=1)


def examples(quick, full):
    return settings(
        max_examples=full if FULL else quick,
        deadline=None,
        derandomize=not FULL,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def outcome(standing):
    return {name: getattr(standing, name) for name in OUTCOME}


@examples(80, 5000)
@given(some.documents(), some.facts, some.activity_lists(), some.moments)
def test_the_evaluator_agrees_with_the_oracle(document, facts, activities, as_of):
    standing = evaluate(parse(document), facts, activities, as_of)
    assert outcome(standing) == oracle.score(document, facts, activities, as_of)


@examples(20, 500)
@given(some.documents())
def test_random_definitions_are_valid_against_the_registry(document):
    vocabulary = Vocabulary(some.FACTS, some.PROPERTIES, some.KINDS)
    assert validate_version(document["clauses"], vocabulary) == []


@examples(30, 1000)
@given(
    some.documents(),
    st.lists(st.tuples(some.instants, some.facts), max_size=3),
    some.activity_lists(),
)
def test_a_standing_holds_until_the_instant_it_names(document, rows, activities):
    definition = parse(document)
    snapshots = [Snapshot(n, known_from, facts) for n, (known_from, facts) in enumerate(rows)]

    def standing(at):
        return outcome(evaluate(definition, facts_at(snapshots, at), activities, at))

    start = NOW - timedelta(days=8)
    # Every instant at which something may happen lies within a second of these.
    edges = {one.occurred_at for one in activities} | {one.received_at for one in activities}
    edges |= {row.known_from for row in snapshots}
    steps = {edge.replace(microsecond=0) + n * DAY for edge in edges for n in range(-8, 17)}
    moments = sorted({at + timedelta(seconds=s) for at in steps for s in (-1, 0, 1)} | {start})
    fresh, until = standing(start), valid_until(definition, snapshots, activities, start)
    for at in moments:
        if at <= start:
            continue
        if until is not None and at >= until:
            fresh, until = standing(at), valid_until(definition, snapshots, activities, at)
            assert until is None or until > at
        assert standing(at) == fresh, f"changed at {at}, said to hold until {until}"


@examples(25, 2000)
@given(some.documents(), some.activity_lists(), some.moments, some.instants)
def test_new_intent_is_what_a_high_intent_rule_counts_after_the_rejection(
    document, activities, as_of, since
):
    as_of, since = as_of.replace(microsecond=0), since.replace(microsecond=0)
    expected = any(
        one.occurred_at.replace(microsecond=0) > since
        for clause in document["clauses"]
        if clause["body"].get("type") == "behaviour" and clause["body"]["signal"] == "high_intent"
        for one in oracle.met(clause["body"], activities, as_of)
    )
    assert has_new_intent(parse(document), activities, as_of, since) is expected
