"""The clocks and handoffs of a period as columns: packed days, and the rest as it stands now.

Handoffs that changed since their day was packed, and all that still runs, are read from the rows
themselves. So the figures are always those of this moment, packed or not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db.models import Q

from leads.handoffs.models import Handoff
from leads.handoffs.reach import members_beside
from portal.accounts.models import Role, User
from sla.clocks.models import RUNNING, Clock
from sla.scoreboard.columns import (
    CLOCKS,
    FORM,
    HANDOFFS,
    Numbers,
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
BATCH = 1000  # handoffs asked for by their ids at a time
Mask = Callable[[Table], Numbers]


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

    Six statements, and one for each thousand of handoffs that changed since they were packed.
    Handoffs are those that were decided: what is open is counted by ``figures.delivered``.
    """
    # The marks first: what is packed anew between the statements is then read live.
    marks = TouchedDay.objects.filter(period.days()).order_by().values_list("day", "handoff")
    marked = set(marks.distinct())
    rows = PackedDay.objects.filter(period.days()).order_by("day")
    packed = {day: parts for day, *parts in rows.values_list("day", "form", "clocks", "handoffs")}
    live = {day for day, (form, *_both) in packed.items() if form != FORM}
    live |= {day for day, handoff in marked if handoff is None}
    changed = sorted({handoff for _day, handoff in marked if handoff is not None})
    kept = [parts for day, (_form, *parts) in packed.items() if day not in live]
    clocks = joined(CLOCKS, (unpack(CLOCKS, bytes(one)) for one, _handoffs in kept))
    handoffs = joined(HANDOFFS, (unpack(HANDOFFS, bytes(one)) for _clocks, one in kept))
    still, again = _live(period, sorted(live), changed, at=at)
    mask = _mask(user)
    return (
        _chosen([_without(clocks, changed), *still], CLOCKS, "started", period, mask),
        _chosen([_without(handoffs, changed), *again], HANDOFFS, "made", period, mask),
    )


def _live(
    period: Period, days: Sequence[date], changed: Sequence[int], *, at: datetime
) -> tuple[list[Table], list[Table]]:
    """Return what runs in the period, and what stopped on these days and for these handoffs."""
    running = Clock.objects.running().filter(period.of("started_at"))
    stopped, decided = Clock.objects.exclude(RUNNING), Handoff.objects.filter(is_decided=True)
    clocks, handoffs = [read_clocks(running, at=at)], []
    whole = _on(days, "started_at"), _on(days, "made_at")
    if days:
        clocks.append(read_clocks(stopped.filter(whole[0]), at=at))
        handoffs.append(read_handoffs(decided.filter(whole[1])))
    for start in range(0, len(changed), BATCH):
        ids = changed[start : start + BATCH]
        clocks.append(read_clocks(stopped.filter(handoff__in=ids).exclude(whole[0]), at=at))
        handoffs.append(read_handoffs(decided.filter(pk__in=ids).exclude(whole[1])))
    return clocks, handoffs


def _without(rows: Table, handoffs: Sequence[int]) -> Table:
    return rows.where(~np.isin(rows["handoff"], handoffs)) if handoffs else rows


def _on(days: Iterable[date], name: str) -> Q:
    """Return the condition for an instant ``name`` on one of these days; neighbours are joined."""
    stretches: list[list[date]] = []
    for day in days:
        if stretches and stretches[-1][1] + DAY == day:
            stretches[-1][1] = day
        else:
            stretches.append([day, day])
    found = Q(pk__in=[])
    for first, last in stretches:
        since, before = instants_of(first)[0], instants_of(last)[1]
        found |= Q(**{f"{name}__gte": since, f"{name}__lt": before})
    return found


def _mask(user: User) -> Mask:
    """Return what tells which rows this person may see, as ``visible_to`` does."""
    if user.sees_everything:
        return lambda rows: np.ones(len(rows), dtype=bool)
    if user.role == Role.SALES_LEAD:
        teams = list(user.memberships.values_list("team", flat=True))
        owners = list(members_beside(user))
        return lambda rows: np.isin(rows["team"], teams) | np.isin(rows["owner"], owners)
    seen = list(Handoff.objects.live().visible_to(user).order_by().values_list("pk", flat=True))
    return lambda rows: np.isin(rows["handoff"], seen)


def _chosen(
    parts: Iterable[Table], form: Mapping[str, str], instant: str, period: Period, mask: Mask
) -> Table:
    rows = joined(form, parts)
    seen = mask(rows)
    if period.since:
        seen &= rows[instant] >= seconds(period.since)
    if period.before:
        seen &= rows[instant] < seconds(period.before)
    if period.team:
        seen &= rows["team"] == period.team
    return rows if seen.all() else rows.where(seen)
