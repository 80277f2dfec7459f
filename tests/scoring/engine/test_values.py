"""Distinct values are asked all at once where they are numbers: as each would be by itself."""

from itertools import product

import numpy as np
import pytest

from scoring.engine.intake import NULL
from scoring.engine.values import KEPT, Distinct, Numbers
from scoring.rules.conditions import TESTS, Comparison, Operand

NUMBERS = [-(10**15), -6, -5, -1, 0, 1, 5, 6, 5_000, 10**15]
GIVEN = [
    0, 5, -5, 10**15, 10**30, -(10**30), "5", " 5 ", "5.5", "-5.5", "5.000001", "x", "",
    "2026-01-31", True, False,
]  # fmt: skip


@pytest.mark.parametrize("op", sorted(TESTS))
def test_numbers_meet_a_comparison_as_each_would_by_itself(op):
    plain, at_once = Distinct([None, *NUMBERS]), Numbers(np.array([NULL, *NUMBERS]))
    for pair in product(map(Operand.of, GIVEN), repeat=2):
        comparison = Comparison("company_size", op, pair)
        assert at_once.meets(comparison).tolist() == plain.meets(comparison).tolist()


def test_only_so_many_answers_are_remembered():
    values = Distinct([None, 5])
    asked = [Comparison("size", "gt", (Operand.of(n),)) for n in range(KEPT + 9)]
    first = values.meets(asked[0])
    assert values.meets(asked[0]) is first
    assert [values.meets(one).tolist() for one in asked[:6]] == [[False, n < 5] for n in range(6)]
    for one in asked:
        values.meets(one)
    assert len(values._asked) == KEPT
    assert values.meets(asked[0]).tolist() == first.tolist()
