"""Intervals, false discoveries and the model, against statsmodels; planted truth is found."""

import os

import numpy as np
import pytest

from scoring.feedback.logistic import fit, would_add
from scoring.feedback.statistics import (
    entropy,
    false_discovery,
    fired_matrix,
    katz_many,
    two_sided,
    wilson_many,
)
from scoring.feedback.weighing import twins, weigh
from tests.scoring.feedback.planted import history, noise
from tests.scoring.theirs import statsmodels

FULL = os.environ.get("FULL") == "1"


def test_wilson_is_what_statsmodels_says():
    proportion_confint = statsmodels("stats.proportion.proportion_confint")
    hits, n = np.array([0, 1, 7, 30, 199, 200]), np.array([1, 3, 20, 30, 200, 400])
    share, low, high = wilson_many(hits, n)
    expected = proportion_confint(hits, n, method="wilson")
    assert np.allclose(share, hits / n)
    assert np.allclose([low, high], expected, atol=1e-12)
    assert np.isnan(wilson_many(0, 0)).all()


@pytest.mark.parametrize("cells", [(20, 50, 90, 150), (1, 40, 39, 40), (7, 7, 3, 9)])
def test_katz_is_what_statsmodels_says_with_a_half_where_a_cell_is_empty(cells):
    two_by_two = statsmodels("stats.contingency_tables.Table2x2")
    a, n1, b, n2 = cells
    table = np.array([[a, n1 - a], [b, n2 - b]], dtype=float)
    table += 0.5 * (table.min() == 0)
    expected = two_by_two(table)
    ratio, low, high = katz_many(a, n1, b, n2)
    assert np.allclose(ratio, expected.riskratio)
    assert np.allclose([low, high], expected.riskratio_confint())


def test_a_ratio_to_nobody_is_unknown():
    assert np.isnan(katz_many(0, 0, 4, 9)).all()


def test_false_discoveries_are_counted_as_statsmodels_does_and_unknown_ones_stay_out():
    multipletests = statsmodels("stats.multitest.multipletests")
    p = np.random.default_rng(1).random(40) ** 3
    assert np.allclose(false_discovery(p), multipletests(p, method="fdr_bh")[1])
    with_gap = np.insert(p, 7, np.nan)
    found = false_discovery(with_gap)
    assert np.isnan(found[7])
    assert np.allclose(np.delete(found, 7), false_discovery(p))
    assert np.allclose(two_sided([0, 1.959964, -1.959964]), [1, 0.05, 0.05], atol=1e-7)


def test_the_model_without_a_penalty_is_statsmodels_logit():
    logit = statsmodels("discrete.discrete_model.Logit")
    rng = np.random.default_rng(2)
    columns = rng.random((1500, 6)) < 0.3
    level = rng.integers(0, 2, 1500)
    truth = np.array([0.8, -0.7, 0, 0, 0.3, -1])
    accepted = rng.random(1500) < 1 / (1 + np.exp(-(columns @ truth - 0.4 + 0.5 * level)))
    found = fit(columns, accepted, level, penalty=1e-9)
    design = np.column_stack([level == 0, level == 1, columns]).astype(float)
    expected = logit(accepted.astype(float), design).fit(disp=0)
    assert found.converged
    assert np.allclose(found.coefficients, expected.params, atol=1e-5)
    assert np.allclose(found.errors, expected.bse, atol=1e-5)


def test_a_rule_that_everybody_with_it_failed_keeps_a_finite_effect():
    columns = np.zeros((400, 1), dtype=bool)
    columns[:100] = True
    accepted = np.zeros(400, dtype=bool)
    accepted[100:300] = True
    found = fit(columns, accepted)
    assert found.converged
    assert -9 < found.coefficients[1] < -2


def test_the_score_test_of_one_more_column_says_what_fitting_it_would():
    rng = np.random.default_rng(3)
    columns = rng.random((4000, 3)) < 0.4
    codes = rng.integers(-1, 3, 4000)
    log_odds = columns @ np.array([0.5, 0, -0.5]) - 0.3 - 0.6 * (codes == 1)
    accepted = rng.random(4000) < 1 / (1 + np.exp(-log_odds))
    model = fit(columns, accepted)
    added = would_add(model, columns, accepted, None, codes, 3)
    for value in range(3):
        full = fit(np.column_stack([columns, codes == value]), accepted)
        assert added.z[value] == pytest.approx(full.coefficients[-1] / full.errors[-1], abs=0.25)
        assert added.effect[value] == pytest.approx(full.coefficients[-1], abs=0.05)
    assert added.n.tolist() == [int((codes == value).sum()) for value in range(3)]


def test_bits_become_columns_and_rules_that_always_fire_together_stand_once():
    fired = fired_matrix(np.array([0b101, 0b010, 0b111]), 3)
    assert fired.tolist() == [[True, False, True], [False, True, False], [True, True, True]]
    assert twins(fired).tolist() == [False, False, True]


def test_entropy_is_nothing_for_one_answer_and_a_bit_for_two_alike():
    assert entropy([9]) == 0
    assert entropy([5, 5]) == pytest.approx(1)
    assert entropy([]) == 0


def test_a_handoff_of_a_version_without_the_rule_is_no_handoff_without_it():
    fired = np.array([[True], [False], [False]] * 40)
    level = np.array([0, 0, 1] * 40)
    found = weigh(fired, np.array([True, False, True] * 40), level, np.array([[True], [False]]))
    assert (found.fired[0], found.others[0], found.others_accepted[0]) == (40, 40, 0)


def test_planted_harm_is_found_and_little_else_called_harmful():
    recall, wrong = [], []
    for seed in range(50 if FULL else 6):
        one = history(seed)
        called = weigh(one.fired, one.accepted).harmful()
        recall.append((called & one.harmful).sum() / one.harmful.sum())
        wrong.append((called & ~one.harmful).sum() / max(called.sum(), 1))
    assert np.mean(recall) >= 0.9
    assert np.mean(wrong) <= 0.1


def test_the_ratio_alone_would_accuse_the_innocent():
    one = history(3)
    found = weigh(one.fired, one.accepted)
    accused = (found.ratio_high < 1) & ~one.harmful
    assert accused.any()
    assert not (found.harmful() & accused).all()


def test_pure_noise_calls_no_rule():
    quiet = [
        not ((found := weigh(one.fired, one.accepted)).harmful() | found.helpful()).any()
        for one in (noise(seed) for seed in range(200 if FULL else 10))
    ]
    assert np.mean(quiet) >= (0.95 if FULL else 0.8)
