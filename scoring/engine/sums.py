"""From points to sums and grades, over columns, in integer hundredths."""

from functools import reduce

import numpy as np

from scoring.engine.columns import Array
from scoring.rules.definition import Definition, Group

GRADES = np.array(["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3"])


def combined(group: Group, rules: list[tuple[Array, Array]], size: int) -> Array:
    """Return what a group's rules come to: their sum, or the largest that fired."""
    if not rules:
        found = np.zeros(size, np.int64)
    elif group.combine == "sum":
        found = reduce(np.add, (points for _, points in rules))
    else:
        lowest = np.iinfo(np.int64).min
        best = reduce(np.maximum, (np.where(fired, points, lowest) for fired, points in rules))
        found = np.where(best == lowest, 0, best)
    return limited(found, group.floor, group.cap)


def limited(points: Array, floor: int | None, cap: int | None) -> Array:
    """Return the points within a floor and a cap."""
    if floor is not None:
        points = np.maximum(points, floor)
    return points if cap is None else np.minimum(points, cap)


def grades(definition: Definition, fit: Array, engagement: Array) -> Array:
    """Return each lead's class, A1 to C3; empty texts where there are no cut points."""
    cuts = definition.grade
    if cuts is None:
        return np.full(len(fit), "")
    letter = np.where(fit >= cuts.fit_a, 0, np.where(fit >= cuts.fit_b, 1, 2))
    second = np.where(engagement >= cuts.engagement_2, 1, 2)
    digit = np.where(engagement >= cuts.engagement_1, 0, second)
    found: Array = GRADES[letter * 3 + digit]
    return found
