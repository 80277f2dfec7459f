"""From points to sums and grades, over columns, in integer hundredths."""

import numpy as np

from scoring.engine.columns import Array
from scoring.rules.definition import Definition, Group

GRADES = np.array(["", "A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3"])
PLANE = 8  # fired rules that share one byte for each lead


class Fired:
    """The set of fired rules of each lead, one bit for each; kept in bytes while it grows."""

    def __init__(self, size: int) -> None:
        self._size, self._planes = size, dict[int, Array]()

    def add(self, place: int, fired: Array) -> None:
        """Note for which leads the rule at this place has fired."""
        plane, bit = divmod(place, PLANE)
        bits = fired.view(np.uint8) * np.uint8(1 << bit)  # a fifth of what a shift takes
        before = self._planes.setdefault(plane, bits)
        if before is not bits:
            before |= bits

    def sets(self) -> Array:
        """Return each lead's set as one number."""
        found = np.zeros((self._size, 8), np.uint8)
        for plane, bits in self._planes.items():
            found[:, plane] = bits
        numbers: Array = found.view("<i8").reshape(self._size).astype(np.int64, copy=False)
        return numbers


class Sum:
    """What a group's rules come to: their sum, or the largest that fired.

    ``reach`` is the most that its rules can bring, above zero or below: where four bytes hold it
    four are used, which takes half the time.
    """

    def __init__(self, group: Group, size: int, reach: int) -> None:
        self._group, self._is_sum = group, group.combine == "sum"
        self.of = np.int32 if reach <= np.iinfo(np.int32).max else np.int64
        self._none = self.of(0 if self._is_sum else np.iinfo(self.of).min)
        self._found: Array = np.full(size, self._none, self.of)

    def add(self, fired: Array, points: Array) -> None:
        """Add what one rule brings; nothing where it has not fired."""
        if self._is_sum:
            self._found += points
        else:
            np.maximum(self._found, points, out=self._found, where=fired)

    def result(self) -> Array:
        """Return the sums within the group's floor and cap."""
        found = self._found.astype(np.int64)
        if not self._is_sum:
            found[self._found == self._none] = 0
        return limited(found, self._group.floor, self._group.cap)


def limited(points: Array, floor: int | None, cap: int | None) -> Array:
    """Return the points within a floor and a cap."""
    if floor is not None:
        points = np.maximum(points, floor)
    return points if cap is None else np.minimum(points, cap)


def grades(definition: Definition, fit: Array, engagement: Array) -> Array:
    """Return the place in GRADES of each lead's class; 0 where there are no cut points."""
    cuts = definition.grade
    if cuts is None:
        return np.zeros(len(fit), np.int8)
    letter = np.where(fit >= cuts.fit_a, 0, np.where(fit >= cuts.fit_b, 3, 6))
    second = np.where(engagement >= cuts.engagement_2, 2, 3)
    digit = np.where(engagement >= cuts.engagement_1, 1, second)
    return (letter + digit).astype(np.int8)
