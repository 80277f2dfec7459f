"""How one lead's facts follow one another in time. Pure: rows in, rows out.

A row holds all facts as known from one instant. Writing a fact makes a row at its instant and
carries the value on into later rows, up to the next one that set the same fact itself.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum

from leads.database.registry import SetBy


class Written(Enum):
    SET = "set"
    SAME = "same"  # nothing new: the same value, said with no more authority
    LOST = "lost"  # somebody with more authority said otherwise


@dataclass
class FactRow:
    """Facts as known from ``since`` (epoch seconds). ``values`` holds dictionary ids or numbers.

    ``origins`` holds for each fact that was ever set or cleared who did it last, and when.
    """

    since: int
    set_by: int
    actor_id: int | None
    values: dict[str, int] = field(default_factory=dict)
    origins: dict[str, list[int]] = field(default_factory=dict)
    is_new: bool = False

    def sets(self, fact: str) -> bool:
        """Tell whether ``fact`` was set or cleared by this row rather than carried over."""
        return self.origins.get(fact, (0, None))[1] == self.since


@dataclass(frozen=True)
class FactWrite:
    """One fact said by somebody: ``code`` None clears it. ``anew``: written even if the same."""

    since: int
    fact: str
    code: int | None
    set_by: SetBy
    actor_id: int | None = None
    anew: bool = False


def write_fact(rows: list[FactRow], write: FactWrite) -> Written:
    """Carry out one write on ``rows`` (ascending, one for each instant), in place.

    Authority is settled against the value known at the write's own instant: the same or a higher
    one replaces it. Rows that became different are marked ``is_new``.
    """
    place = bisect_right(rows, write.since, key=lambda row: row.since)
    base = rows[place - 1] if place else None
    outcome = _outcome(base, write)
    if outcome != Written.SET:
        return outcome
    if base is None or base.since != write.since:
        values, origins = (dict(base.values), dict(base.origins)) if base else ({}, {})
        rows.insert(
            place,
            FactRow(write.since, write.set_by, write.actor_id, values, origins, is_new=True),
        )
    else:
        place -= 1
        if not base.is_new:
            rows[place] = FactRow(
                write.since,
                write.set_by,
                write.actor_id,
                dict(base.values),
                dict(base.origins),
                is_new=True,
            )
    _say(rows[place], write)
    for later in rows[place + 1 :]:
        if later.sets(write.fact):
            break
        _say(later, write)
        later.is_new = True
    return Written.SET


def as_of(rows: list[FactRow], since: int) -> FactRow | None:
    """Return the row that holds at an instant; None before the first."""
    place = bisect_right(rows, since, key=lambda row: row.since)
    return rows[place - 1] if place else None


def _outcome(base: FactRow | None, write: FactWrite) -> Written:
    held = base.values.get(write.fact) if base else None
    authority = base.origins[write.fact][0] if base and held is not None else SetBy.DERIVED
    if held is not None and write.set_by > authority:
        return Written.SAME if held == write.code else Written.LOST
    is_news = held != write.code or (held is not None and write.set_by < authority)
    return Written.SET if is_news or write.anew else Written.SAME


def _say(row: FactRow, write: FactWrite) -> None:
    if write.code is None:
        row.values.pop(write.fact, None)
    else:
        row.values[write.fact] = write.code
    row.origins[write.fact] = [int(write.set_by), write.since]
