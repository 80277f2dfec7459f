"""The clocks and handoffs of a period as columns: packed days, and the rest as it stands now.

Days that changed since they were packed, and all that still runs, are read from the rows
themselves. So the figures are always those of this moment, packed or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_

import numpy as np
from django.db.models import Q

from leads.handoffs.models import Handoff
from portal.accounts.models import User
from sla.clocks.models import RUNNING, Clock
from sla.scoreboard.columns import (
    CLOCKS,
    FORM,
    HANDOFFS,
    Table,
    joined,
    read_clocks,
    read_handoffs,
    seconds,
    unpack,
)
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.packing import instants_of

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From ``since`` until just before ``before``, without an end where that is None; one team."""

    since: datetime | None
    before: datetime | None
    team: int | None = None

    def of(self, name: str) -> Q:
        """Return the condition for an instant ``name`` in the period."""
        found = Q(**{f"{name}__gte": self.since}) if self.since else Q()
        return found & (Q(**{f"{name}__lt": self.before}) if self.before else Q())

    def days(self) -> Q:
        """Return the condition for rows of UTC days that the period touches."""
        found = Q(day__gte=self.since.astimezone(UTC).date()) if self.since else Q()
        return found & (Q(day__lte=self.before.astimezone(UTC).date()) if self.before else Q())


def read_period(period: Period, *, user: User, at: datetime) -> tuple[Table, Table]:
    """Return the clocks that started and the handoffs made in the period, as ``user`` sees them.

    Five statements; one more for who does not see everything. Handoffs are those that were
    decided: what is open is counted by ``figures.delivered``.
    """
    # The marks first: a day that is packed anew between the statements is then read live.
    marked = set(TouchedDay.objects.filter(period.days()).values_list("day", flat=True).distinct())
    rows = PackedDay.objects.filter(period.days()).order_by("day")
    packed = {day: parts for day, *parts in rows.values_list("day", "form", "clocks", "handoffs")}
    live = sorted(marked | {day for day, (form, *_both) in packed.items() if form != FORM})
    kept = [parts for day, (_form, *parts) in packed.items() if day not in set(live)]
    stopped = Clock.objects.exclude(RUNNING)
    clocks = [unpack(CLOCKS, bytes(one)) for one, _handoffs in kept]
    handoffs = [unpack(HANDOFFS, bytes(one)) for _clocks, one in kept]
    clocks.append(read_clocks(Clock.objects.running().filter(period.of("started_at")), at=at))
    if live:
        clocks.append(read_clocks(stopped.filter(_on(live, "started_at")), at=at))
        decided = Handoff.objects.filter(_on(live, "made_at"), is_decided=True)
        handoffs.append(read_handoffs(decided))
    seen = _seen(period, user)
    return (
        _chosen(joined(CLOCKS, clocks), "started", period, seen),
        _chosen(joined(HANDOFFS, handoffs), "made", period, seen),
    )


def _on(days: Iterable[date], name: str) -> Q:
    """Return the condition for an instant ``name`` on one of these days; neighbours are joined."""
    stretches: list[list[date]] = []
    for day in days:
        if stretches and stretches[-1][1] + DAY == day:
            stretches[-1][1] = day
        else:
            stretches.append([day, day])
    return reduce(or_, (
        Q(**{f"{name}__gte": instants_of(first)[0], f"{name}__lt": instants_of(last)[1]})
        for first, last in stretches
    ))  # fmt: skip


def _seen(period: Period, user: User) -> np.ndarray | None:
    """Return the ids of the period's handoffs that this person may see; None for all of them."""
    if user.sees_everything:
        return None
    rows = Handoff.objects.live().visible_to(user).filter(period.of("made_at")).order_by()
    return np.fromiter(rows.values_list("pk", flat=True).iterator(chunk_size=5000), dtype=np.int64)


def _chosen(rows: Table, instant: str, period: Period, seen: np.ndarray | None) -> Table:
    mask = np.ones(len(rows), dtype=bool)
    if period.since:
        mask &= rows[instant] >= seconds(period.since)
    if period.before:
        mask &= rows[instant] < seconds(period.before)
    if period.team:
        mask &= rows["team"] == period.team
    if seen is not None:
        mask &= np.isin(rows["handoff"], seen)
    return rows if mask.all() else rows.where(mask)
