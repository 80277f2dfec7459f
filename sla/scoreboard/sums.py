"""Counting columns of clocks and handoffs: tallies by anything, speed, what sales said.

The same figures as ``figures`` asks of the database, row for row; a test compares the two.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

import numpy as np

from leads.dispositions.models import Effect
from portal.core.intervals import median_places
from sla.clocks.models import Promise
from sla.scoreboard.columns import EPOCH, OUTCOMES, SECOND, STATES, Numbers, Table
from sla.scoreboard.figures import Delivered, Speed, Tally

KINDS = tuple(kind.value for kind in Promise)
SLOT = 900  # seconds: no zone's clock changes, nor stands apart from UTC, by less in our years
Effects = Mapping[str, str]  # what each reason does now, by its code
CELLS = len(KINDS) * len(STATES) * 2


def tallies(clocks: Table, groups: Numbers) -> dict[tuple[int, str], Tally]:
    """Count clocks by state for each (group, kind of promise); ``groups`` is a number a clock."""
    kinds = np.array([KINDS.index(word[0]) for word in clocks.words] or [0])[clocks["promise"]]
    known = np.unique(groups)
    cell = (kinds * len(STATES) + clocks["state"]) * 2 + clocks["is_open"]
    counts = np.bincount(
        np.searchsorted(known, groups) * CELLS + cell, minlength=len(known) * CELLS
    ).reshape(len(known), len(KINDS), len(STATES), 2)
    found: dict[tuple[int, str], Tally] = {}
    for group, kind, state in np.argwhere(counts.sum(axis=3)):
        stopped, still_open = (int(one) for one in counts[group, kind, state])
        one = found.setdefault((int(known[group]), KINDS[kind]), Tally())
        one.add(STATES[state], stopped + still_open, still_open)
    return found


@dataclass(frozen=True)
class LocalTimes:
    """The quarters of an hour that occur, as a zone shows them, and each clock's place in them."""

    quarters: Sequence[datetime]
    places: Numbers

    def group(self, by: Callable[[datetime], int]) -> Numbers:
        """Return a number for each clock: what ``by`` says of its quarter of an hour."""
        return np.array([by(each) for each in self.quarters], dtype=int)[self.places]


def local_times(instants: Numbers, zone: ZoneInfo) -> LocalTimes:
    """Return when these instants were in ``zone``."""
    slots = instants // SLOT
    known = np.unique(slots)
    quarters = [(EPOCH + int(slot) * SLOT * SECOND).astimezone(zone) for slot in known]
    return LocalTimes(quarters, np.searchsorted(known, slots))


def speed_of(clocks: Table) -> Speed:
    """Return how fast leads were first touched, those who wait past due counted as slowest."""
    wanted = [place for place, word in enumerate(clocks.words) if word[0] == Promise.FIRST_TOUCH]
    is_first = np.isin(clocks["promise"], wanted)
    worked, wall = (clocks[name][is_first & (clocks[name] >= 0)] for name in ("worked", "wall"))
    waiting = int((is_first & (clocks["is_overdue"] > 0)).sum())

    n = len(worked) + waiting
    low, high = median_places(n) or (-1, -1)

    def at_place(values: Numbers, place: int) -> int | None:
        if not 0 <= place < len(values):
            return None
        return int(np.partition(values, place)[place])

    def nth(values: Numbers, share: float) -> int | None:
        return at_place(values, ceil(share * n) - 1)

    return Speed(
        touched=len(worked), waiting=waiting,
        median_working=nth(worked, 0.5), p90_working=nth(worked, 0.9),
        median_wall=nth(wall, 0.5), p90_wall=nth(wall, 0.9),
        low_working=at_place(worked, low), high_working=at_place(worked, high),
    )  # fmt: skip


def is_apart(handoffs: Table, effects: Effects) -> Numbers:
    """Tell of each handoff whether its reason says nothing of the lead: a duplicate, data to mend.

    ``effects`` are the reasons' codes with what each does now.
    """
    return _does(handoffs, effects, Effect.DUPLICATE) | _does(handoffs, effects, Effect.MEND)


def delivered_of(handoffs: Table, effects: Effects) -> Delivered:
    """Count handoffs and what sales said of them."""
    is_judged = ~is_apart(handoffs, effects)

    def said(outcome: str) -> int:
        return int((is_judged & (handoffs["outcome"] == OUTCOMES.index(outcome))).sum())

    return Delivered(
        made=len(handoffs), by_hand=int(handoffs["is_by_hand"].sum()),
        accepted=said("accepted"), rejected=said("rejected"),
        duplicates=int(_does(handoffs, effects, Effect.DUPLICATE).sum()),
        to_mend=int(_does(handoffs, effects, Effect.MEND).sum()),
    )  # fmt: skip


def _does(handoffs: Table, effects: Effects, effect: Effect) -> Numbers:
    does = [effects.get(word[0]) == effect.value for word in handoffs.words] or [False]
    return np.array(does)[handoffs["reason"]]
