"""One lead under two versions, line by line. Pure: lines in, rows out."""

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.rules.explain import Line

SUMS = frozenset({"group", "subtotal", "total"})


@dataclass(frozen=True)
class Row:
    """A line of either version or of both; points are hundredths, None where it has none.

    ``draft`` and ``before`` are the lines themselves, for what is behind them.
    """

    kind: str
    text: str
    draft: Line | None
    before: Line | None

    @property
    def is_sum(self) -> bool:
        return self.kind in SUMS

    @property
    def is_other(self) -> bool:
        """Tell whether the two differ in points."""
        return points_of(self.draft) != points_of(self.before)


def points_of(line: Line | None) -> int | None:
    return None if line is None else line.points


def side_by_side(draft: Sequence[Line], before: Sequence[Line]) -> list[Row]:
    """Return the lines of both in the draft's order; those of the other stand where they belong.

    Factors meet by their rule, limits and sums by their group, the rest by their kind.
    """
    old = {_name(line): line for line in before}
    rows: list[Row] = []
    waiting = list(before)
    known = {_name(line) for line in draft}
    for line in draft:
        while waiting and _name(waiting[0]) not in known:
            rows.append(_only_before(waiting.pop(0)))
        name = _name(line)
        waiting = [one for one in waiting if _name(one) != name]
        rows.append(Row(line.kind, line.text, line, old.get(name)))
    return rows + [_only_before(line) for line in waiting]


def _name(line: Line) -> tuple[str, str]:
    if line.kind == "factor":
        return line.kind, line.rule
    return line.kind, line.text if line.kind == "subtotal" else line.group


def _only_before(line: Line) -> Row:
    return Row(line.kind, line.text, None, line)
