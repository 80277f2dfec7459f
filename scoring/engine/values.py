"""The distinct values of a column: a comparison is asked once for each, never for each row."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from math import ceil, floor
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scoring.rules.conditions import Comparison

Array = NDArray[Any]
KEPT = 256  # comparisons that values remember: people who edit a draft ask ever new ones


def keep(answers: dict[Comparison, Array], comparison: Comparison, found: Array, most: int) -> None:
    """Remember an answer, and forget the oldest one where there are too many."""
    while len(answers) >= most:
        del answers[next(iter(answers))]
    answers[comparison] = found


class Values(Protocol):
    """The distinct values of a column, "nothing" first."""

    def meets(self, comparison: Comparison) -> Array:
        """Return for each value whether it meets the comparison."""
        ...


class Distinct:
    """Values held in memory."""

    def __init__(self, values: Sequence[object]) -> None:
        self.values = values
        self._asked: dict[Comparison, Array] = {}

    def meets(self, comparison: Comparison) -> Array:
        """Return for each value whether it meets the comparison; asked once."""
        found = self._asked.get(comparison)
        if found is None:
            answers = map(comparison.matches, self.values)
            found = np.fromiter(answers, bool, len(self.values))
            keep(self._asked, comparison, found, KEPT)
        return found


class Numbers:
    """Whole numbers, what stands for "nothing" first: compared all at once, so nothing is kept."""

    def __init__(self, numbers: Array) -> None:
        self.numbers = numbers

    def meets(self, comparison: Comparison) -> Array:
        """Return for each number whether it meets the comparison."""
        if comparison.op not in NUMERIC:
            return Distinct([None, *self.numbers[1:].tolist()]).meets(comparison)
        found = NUMERIC[comparison.op](self.numbers, [one.number for one in comparison.operands])
        found[0] = False
        return found


Operands = Sequence[int | Decimal | None]


def _same(numbers: Array, number: int | Decimal | None) -> Array:
    """Return which are equal; none is to what is no whole number."""
    if number is None or number != floor(number):
        return np.zeros(len(numbers), bool)
    found: Array = numbers == floor(number)
    return found


def _above(numbers: Array, number: int | Decimal | None, *, or_same: bool) -> Array:
    """Return which are above, or not below; none is beside what has no order."""
    if number is None:
        return np.zeros(len(numbers), bool)
    found: Array = numbers >= ceil(number) if or_same else numbers > floor(number)
    return found


def _below(numbers: Array, number: int | Decimal | None, *, or_same: bool) -> Array:
    if number is None:
        return np.zeros(len(numbers), bool)
    return ~_above(numbers, number, or_same=not or_same)


def _among(numbers: Array, given: Operands) -> Array:
    found: Array = np.logical_or.reduce([_same(numbers, one) for one in given])
    return found


NUMERIC: Mapping[str, Callable[[Array, Operands], Array]] = {
    "equals": lambda numbers, given: _same(numbers, given[0]),
    "not_equals": lambda numbers, given: ~_same(numbers, given[0]),
    "in": _among,
    "not_in": lambda numbers, given: ~_among(numbers, given),
    "gt": lambda numbers, given: _above(numbers, given[0], or_same=False),
    "gte": lambda numbers, given: _above(numbers, given[0], or_same=True),
    "lt": lambda numbers, given: _below(numbers, given[0], or_same=False),
    "lte": lambda numbers, given: _below(numbers, given[0], or_same=True),
    "between": lambda numbers, given: (
        _above(numbers, given[0], or_same=True) & _below(numbers, given[1], or_same=True)
    ),
}


class Picked:
    """Values out of others, by their places."""

    def __init__(self, values: Values, places: Array) -> None:
        self._values, self._places = values, places

    def meets(self, comparison: Comparison) -> Array:
        """Return for each value whether it meets the comparison."""
        return self._values.meets(comparison).take(self._places)


def picked(values: Sequence[Hashable]) -> Picked:
    """Return values of which many are equal, each distinct one asked once."""
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    codes = np.fromiter(map(places.__getitem__, values), np.int64, len(values))
    return Picked(Distinct(list(places)), codes)
