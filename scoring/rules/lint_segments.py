"""Segments tried in order: one that an earlier one swallows never applies to anybody."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from scoring.rules.conditions import All, Any, Comparison, Condition, Not
from scoring.rules.findings import Finding

LISTS = frozenset({"equals", "in"})


def segment_findings(segments: Sequence[tuple[str, Condition | None]]) -> Iterator[Finding]:
    """Yield a finding for each segment that no lead can reach; None applies to everybody.

    ``segments`` are names and conditions in the order in which they are tried.
    """
    for place, (name, condition) in enumerate(segments):
        for earlier, wider in segments[:place]:
            if wider is None or (condition is not None and implies(condition, wider)):
                mutual = condition is not None and wider is not None and implies(wider, condition)
                sentence = (
                    _("The segments “%(one)s” and “%(other)s” swallow each other: they are the "
                      "same leads, and only the first applies. Merge them.")
                    if mutual
                    else _("Every lead in the segment “%(other)s” is in “%(one)s” already, which "
                           "is tried first. Move it up, or narrow the first.")
                )  # fmt: skip
                values = {"one": earlier, "other": name}
                yield Finding(f"segment:{name}", sentence % values, "swallowed", "error")
                break


def implies(one: Condition, other: Condition) -> bool:
    """Return whether who meets ``one`` certainly meets ``other``; False where it is not plain."""
    if isinstance(other, All):
        found = all(implies(one, part) for part in other.parts)
    elif isinstance(one, Any):
        found = all(implies(part, other) for part in one.parts)
    elif isinstance(other, Any) and any(implies(one, part) for part in other.parts):
        found = True
    elif isinstance(one, All):
        found = any(implies(part, other) for part in one.parts)
    elif isinstance(one, Not) and isinstance(other, Not):
        found = implies(other.part, one.part)
    elif isinstance(one, Comparison) and isinstance(other, Comparison):
        found = _compared(one, other)
    else:
        found = False
    return found or one == other


def _compared(one: Comparison, other: Comparison) -> bool:
    """Two comparisons of one field: every value of the first meets the second."""
    if one.field != other.field:
        return False
    if one.op in LISTS:
        return all(other.matches(operand.given) for operand in one.operands)
    if other.op == "is_known":
        return one.op != "has"
    ends, limits = _range(one), _range(other)
    if ends is None or limits is None:
        return False
    (low, high), (least, most) = ends, limits
    return (least is None or (low is not None and _reaches(low, least))) and (
        most is None or (high is not None and _reaches((-high[0], high[1]), (-most[0], most[1])))
    )


End = tuple[float, bool]  # a number, and whether it is included


def _range(comparison: Comparison) -> tuple[End | None, End | None] | None:
    """Return the lowest and the highest number that meet a comparison; None for another op."""
    numbers = [operand.number for operand in comparison.operands]
    if None in numbers or comparison.op not in {"gt", "gte", "lt", "lte", "between"}:
        return None
    values = [float(number) for number in numbers if number is not None]
    if comparison.op == "between":
        return (values[0], True), (values[1], True)
    end = (values[0], comparison.op in {"gte", "lte"})
    return (end, None) if comparison.op in {"gt", "gte"} else (None, end)


def _reaches(low: End, least: End) -> bool:
    """Whether a range that begins at ``low`` begins inside one that begins at ``least``."""
    return low[0] > least[0] or (low[0] == least[0] and (least[1] or not low[1]))
