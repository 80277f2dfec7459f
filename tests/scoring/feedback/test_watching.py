"""The watch over rules: one whose leads are accepted less than before, by more than chance."""

from datetime import timedelta

import pytest

from scoring.feedback.watching import RULE_FALLEN

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REASON = "wrong_industry"


def some(decided, rules, accepted, rejected, *, at) -> None:
    for _ in range(accepted):
        decided(rules, at=at)
    for _ in range(rejected):
        decided(rules, at=at, reason=REASON)


def test_a_rule_that_fell_is_seen_and_the_others_are_not(decided, now) -> None:
    early, late = now - 60 * DAY, now - 5 * DAY
    some(decided, ["pricing_page", "demo_request"], 24, 8, at=early)
    some(decided, ["pricing_page", "demo_request"], 12, 4, at=late)
    some(decided, ["case_study"], 26, 6, at=early)
    some(decided, ["case_study"], 6, 26, at=late)
    some(decided, ["demo_request"], 12, 4, at=late)
    (seen,) = RULE_FALLEN.find(now, RULE_FALLEN.default)
    assert seen.subject == "rule:case_study"
    assert (seen.figures["yes"], seen.figures["n"]) == (6, 32)
    assert (seen.figures["yes_before"], seen.figures["n_before"]) == (26, 32)
    assert seen.figures["high"] < 1
    said = RULE_FALLEN.says(seen.figures)
    assert "19 %" in said
    assert "81 %" in said
    assert "n = 32" in said
    assert RULE_FALLEN.behind(seen.figures).count() == 32


def test_noise_is_no_fall(decided, now) -> None:
    some(decided, ["case_study"], 20, 12, at=now - 60 * DAY)
    some(decided, ["case_study"], 17, 15, at=now - 5 * DAY)
    assert not RULE_FALLEN.find(now, RULE_FALLEN.default)


def test_too_few_say_nothing(decided, now) -> None:
    some(decided, ["case_study"], 26, 6, at=now - 60 * DAY)
    some(decided, ["case_study"], 2, 26, at=now - 5 * DAY)
    assert not RULE_FALLEN.find(now, RULE_FALLEN.default)
