"""Three evaluators, one meaning: the kernel, the reference and the oracle agree exactly."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.engine.columns import batch_of
from scoring.engine.freshness import NEVER, valid_until_all
from scoring.engine.kernel import evaluate_all
from scoring.engine.weights import weights
from scoring.rules.amounts import decayed
from scoring.rules.evaluate import Snapshot, evaluate, facts_at
from scoring.rules.freshness import valid_until
from scoring.rules.instants import LATEST, instant, seconds
from scoring.rules.parse import parse
from tests.scoring.rules import oracle
from tests.scoring.rules import strategies as some
from tests.scoring.rules.builders import (
    NOW,
    ago,
    behaviour,
    definition,
    group,
    visit,
)
from tests.scoring.rules.test_agreement import OUTCOME, examples, outcome

DAY = timedelta(days=1)
HISTORIES = st.lists(
    st.tuples(st.lists(st.tuples(some.instants, some.facts), max_size=3), some.activity_lists()),
    min_size=1,
    max_size=4,
)


def leads_of(histories):
    return [
        ([Snapshot(n, known_from, facts) for n, (known_from, facts) in enumerate(rows)], activities)
        for rows, activities in histories
    ]


def row(scores, place):
    return {name: getattr(scores, name)[place].item() for name in OUTCOME}


@examples(40, 2000)
@given(some.documents(), HISTORIES, some.moments)
def test_the_kernel_agrees_with_the_reference_and_the_oracle(document, histories, as_of):
    definition, leads = parse(document), leads_of(histories)
    batch, at = batch_of(leads), seconds(as_of)
    scores = evaluate_all(definition, batch, at)
    until = valid_until_all(definition, batch, at)
    for place, (snapshots, activities) in enumerate(leads):
        facts = facts_at(snapshots, as_of)
        said = outcome(evaluate(definition, facts, activities, as_of))
        assert row(scores, place) == said == oracle.score(document, facts, activities, as_of)
        holds = valid_until(definition, snapshots, activities, as_of)
        assert until[place] > LATEST if holds is None else instant(int(until[place])) == holds


@examples(20, 700)
@given(some.documents(), HISTORIES, st.data())
def test_each_lead_may_be_asked_as_of_its_own_instant(document, histories, data):
    definition, leads = parse(document), leads_of(histories)
    moments = [data.draw(st.one_of(some.moments, some.instants)) for _ in leads]
    batch, as_of = batch_of(leads), np.array([seconds(at) for at in moments])
    scores = evaluate_all(definition, batch, as_of)
    until = valid_until_all(definition, batch, as_of)
    for place, ((snapshots, activities), at) in enumerate(zip(leads, moments, strict=True)):
        facts = facts_at(snapshots, at)
        assert row(scores, place) == outcome(evaluate(definition, facts, activities, at))
        holds = valid_until(definition, snapshots, activities, at)
        assert until[place] > LATEST if holds is None else instant(int(until[place])) == holds


@examples(8, 120)
@given(some.documents(), HISTORIES)
def test_a_year_of_steps_finds_no_standing_that_changed_before_its_time(document, histories):
    definition, leads = parse(document), leads_of(histories)
    batch, start = batch_of(leads), seconds(NOW - 8 * DAY)
    steps = [start + n * 86_400 + s for n in range(366) for s in (-1, 0, 1)]
    at = max(start, steps[0])
    kept, until = evaluate_all(definition, batch, at), valid_until_all(definition, batch, at)
    for step in steps:
        if step <= at:
            continue
        now = evaluate_all(definition, batch, step)
        for place in np.flatnonzero(until > step):
            assert row(now, place) == row(kept, place), f"lead {place} changed at {step}"
        kept, until = now, valid_until_all(definition, batch, step)
        assert (until > step).all()


@examples(15, 400)
@given(some.documents(), HISTORIES, some.moments, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_replays_change_nothing(document, histories, as_of, random):
    definition, leads = parse(document), leads_of(histories)
    shuffled = [(random.sample(s, len(s)), random.sample(a, len(a))) for s, a in leads]
    first, second = (
        evaluate_all(definition, batch_of(some_leads), seconds(as_of))
        for some_leads in (leads, shuffled)
    )
    assert [row(first, n) for n in range(len(leads))] == [row(second, n) for n in range(len(leads))]


@pytest.mark.parametrize("points", [1, -1, 2, 333, -725, 1_000, 10**7, -(10**7)])
@pytest.mark.parametrize("lost", [1, 7, 1_000, 3_333, 5_000, 9_999, 10_000])
def test_what_decay_leaves_is_exact_at_every_age(points, lost):
    steps = np.array([*range(40), 200, 1_000, 9_137, 50_000, 170_000])
    expected = [decayed(points, lost, int(step)) for step in steps]
    assert weights(points, lost, steps).tolist() == expected


def test_nothing_at_all_is_scored_without_a_complaint():
    rules = definition(group(), behaviour(points="5"))
    assert evaluate_all(rules, batch_of([]), seconds(NOW)).total.tolist() == []
    scores = evaluate_all(rules, batch_of([((), ())]), seconds(NOW))
    assert scores.total.tolist() == [0]
    assert valid_until_all(rules, batch_of([((), ())]), seconds(NOW)).tolist() == [NEVER]


def test_each_rule_shows_what_it_brought_to_each_lead():
    rules = definition(
        group(), behaviour("visits", 1, points="5", max_times=2), behaviour("old", 2, points="1")
    )
    leads = [((), [visit(ago(days=n)) for n in range(3)]), ((), [])]
    scores = evaluate_all(rules, batch_of(leads), seconds(NOW), with_points=True)
    assert [one.tolist() for one in scores.points] == [[1000, 0], [300, 0]]


@pytest.mark.parametrize("combine", ["sum", "highest"])
@pytest.mark.parametrize("points", ["100000", "-100000"])
def test_sums_that_four_bytes_do_not_hold_are_exact(combine, points):
    rules = definition(
        group(combine=combine),
        behaviour("each", 1, points=points),
        behaviour("few", 2, points=points, max_times=3, min_count=2),
        behaviour("worn", 3, points=points, decay={"percent": "10", "every_days": 30}),
    )
    leads = [((), [visit(ago(days=n % 90)) for n in range(count)]) for count in (0, 1, 300)]
    scores = evaluate_all(rules, batch_of(leads), seconds(NOW))
    for place, (_, activities) in enumerate(leads):
        assert row(scores, place) == outcome(evaluate(rules, {}, activities, NOW))
