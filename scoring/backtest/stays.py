"""From what happened to the stretches in which a lead could have been handed over.

A stretch ends with sales' decision on the handoff that was made in it: what a lead did after
that may be sales' doing. The next one begins with a rejection that lets the lead come back.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scoring.backtest.history import MEND, RECYCLE, REJECTED, HandoffRows, StageRows
from scoring.backtest.openings import NEVER, Stays
from scoring.engine.columns import Array
from scoring.engine.intake import NULL

CLOSED = NEVER - 1  # as "rejected": no intent is newer, so the stretch never hands over
Mended = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Chances:
    """Stretches, and for each the place of the handoff that was made in it; -1 for none."""

    stays: Stays
    handoff: Array


@dataclass(frozen=True)
class Past:
    """What happened to ``leads`` (ids in order), each of which counts from ``begins`` on.

    ``mended`` says when leads that were sent back at these instants were mended, NULL for not yet.
    """

    rows: HandoffRows
    stages: StageRows
    leads: Array
    begins: Array
    since: int
    until: int
    mended: Mended

    def chances(self) -> Chances:
        """Return the stretches, leads named by their ids.

        Those that sales had all the time have none.
        """
        own = self._own()
        parts = [self._made(own), self._never_made(), self._since_the_last()]
        names = ("lead", "start", "end", "at_once", "rejected")
        stays = Stays(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))
        return Chances(stays, np.concatenate([own, np.full(len(stays) - len(own), -1)]))

    def _own(self) -> Array:
        """Return the places of the period's handoffs."""
        return np.flatnonzero(np.isin(self.rows.lead, self.leads) & (self.rows.made >= self.since))

    def _made(self, own: Array) -> Stays:
        """Return the stretch of each handoff, up to what sales said of it."""
        rows = self.rows
        has_one = (own > 0) & (rows.lead[own - 1] == rows.lead[own])
        before = np.where(has_one, own - 1, 0)
        begins = self.begins[np.searchsorted(self.leads, rows.lead[own])]
        start, rejected = self._after(before)
        known = rows.decided[before]
        after = np.maximum(begins, np.where(known == NULL, rows.made[before], known))
        imported = rows.imported[own] == 1
        start = np.where(has_one, np.where(imported, after, start), begins)
        rejected = np.where(has_one & ~imported, rejected, NEVER)
        decided = rows.decided[own]
        end = np.where(decided == NULL, self.until, np.minimum(decided, self.until))
        end = np.maximum(end, rows.made[own])
        late = start > end
        return Stays(
            rows.lead[own],
            np.where(late, end, start),
            end,
            start > self.since,
            np.where(late, CLOSED, rejected),
        )

    def _never_made(self) -> Stays:
        """Return a stretch for each lead that was marketing's and never handed over."""
        never = ~np.isin(self.leads, self.rows.lead) & (self.begins <= self.until)
        never[never] = self.stages.is_ours(self.leads[never], self.begins[never])
        begins = self.begins[never]
        ends = np.full(len(begins), self.until)
        return Stays(
            self.leads[never], begins, ends, begins > self.since, np.full(len(begins), NEVER)
        )

    def _since_the_last(self) -> Stays:
        """Return the stretch of each lead that may come back after its last handoff."""
        last = np.searchsorted(self.rows.lead, self.leads, "right") - 1
        last = last[np.isin(self.leads, self.rows.lead)]
        start, rejected = self._after(last)
        back = start <= self.until
        start, rejected = start[back], rejected[back]
        ends = np.full(len(start), self.until)
        return Stays(self.rows.lead[last[back]], start, ends, start > self.since, rejected)

    def _after(self, places: Array) -> tuple[Array, Array]:
        """Return from when a lead could come back after these handoffs, and the no to outdo.

        Never (after the period, CLOSED) unless sales rejected it so that it may.
        """
        rows = self.rows
        start, rejected = np.full(len(places), self.until + 1), np.full(len(places), CLOSED)
        if not len(rows):
            return start, rejected
        decided, effect = rows.decided[places], rows.effect[places]
        said = (rows.outcome[places] == REJECTED) & (decided != NULL)
        again = said & (effect == RECYCLE) & (rows.recycles[places] != NULL)
        start[again] = np.maximum(decided, rows.recycles[places])[again]
        rejected[again] = decided[again]
        sent_back = np.flatnonzero(said & (effect == MEND))
        when = self.mended(rows.lead[places[sent_back]], decided[sent_back])
        mended = sent_back[when != NULL]
        start[mended], rejected[mended] = when[when != NULL], NEVER
        return np.maximum(start, self.since), rejected
