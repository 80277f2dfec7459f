"""The handoffs of a period and their clocks as columns: packed days, and the rest as it stands.

Handoffs that changed since their day was packed, and all that still runs, are read from the rows
themselves. So the figures are always those of this moment, packed or not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db.models import Q

from leads.handoffs.models import Handoff, HandoffQuerySet
from leads.handoffs.reach import members_beside
from portal.accounts.models import Role, User
from sla.clocks.models import RUNNING, Clock, ClockQuerySet
from sla.scoreboard.columns import (
    CLOCKS,
    FORM,
    HANDOFFS,
    KNOWN,
    TRIES,
    Numbers,
    Table,
    joined,
    seconds,
    unpack,
)
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.packing import instants_of
from sla.scoreboard.reading import read_clocks, read_handoffs

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


@dataclass(frozen=True)
class Read:
    """What was read of a period: its clocks, its handoffs, and what was tried of these."""

    clocks: Table
    handoffs: Table
    tries: Table


@dataclass
class _Parts:
    """Tables to be put together, of a day or of some handoffs each."""

    clocks: list[Table] = field(default_factory=list)
    handoffs: list[Table] = field(default_factory=list)
    tries: list[Table] = field(default_factory=list)


def read_period(
    period: Period, *, user: User | None, at: datetime, with_known: bool = False
) -> Read:
    """Return the clocks that started and the handoffs made in the period, as ``user`` sees them.

    All of them where nobody looks (None). Five statements at most, and six for each thousand of
    handoffs that changed since they were packed. ``with_known``: with columns of KNOWN too.
    """
    # The marks first: what is packed anew between the statements is then read live.
    marks = TouchedDay.objects.filter(period.days()).order_by().values_list("day", "handoff")
    marked = set(marks.distinct())
    touched = {day for day, handoff in marked if handoff is None}
    changed = sorted({handoff for _day, handoff in marked if handoff is not None})
    kept, live = _packed(period, touched, with_known=with_known)
    form = {**HANDOFFS, **KNOWN} if with_known else HANDOFFS
    now = _live(period, sorted(live), changed, at=at)

    def whole(form: Mapping[str, str], packed: Iterable[Table], read: Iterable[Table]) -> Table:
        return joined(form, [_without(joined(form, packed), changed), *read])

    mask = _mask(user)
    return Read(
        _chosen(whole(CLOCKS, kept.clocks, now.clocks), "started", period, mask),
        _chosen(whole(form, kept.handoffs, now.handoffs), "made", period, mask),
        whole(TRIES, kept.tries, now.tries),
    )


def _packed(period: Period, touched: set[date], *, with_known: bool) -> tuple[_Parts, set[date]]:
    """Return what is packed, and the days that are touched or packed in another form."""
    columns = ["clocks", "handoffs", "tries", *(["known"] if with_known else [])]
    rows = PackedDay.objects.filter(period.days()).order_by("day")
    parts, live = _Parts(), set(touched)
    for day, form, *packed in rows.values_list("day", "form", *columns):
        if form != FORM or day in touched:
            live.add(day)
            continue
        clocks, handoffs, tries, *known = (bytes(one) for one in packed)
        parts.clocks.append(unpack(CLOCKS, clocks))
        made = unpack(HANDOFFS, handoffs)
        parts.handoffs.append(made.beside(unpack(KNOWN, known[0])) if known else made)
        parts.tries.append(unpack(TRIES, tries))
    return parts, live


def _live(period: Period, days: Sequence[date], changed: Sequence[int], *, at: datetime) -> _Parts:
    """Return what runs in the period, and all else of these days and of these handoffs."""
    running = Clock.objects.running().filter(period.of("started_at"))
    stopped, parts = Clock.objects.exclude(RUNNING), _Parts([read_clocks(running, at=at)])

    def add(clocks: ClockQuerySet, handoffs: HandoffQuerySet) -> None:
        parts.clocks.append(read_clocks(clocks, at=at))
        made, tries = read_handoffs(handoffs)
        parts.handoffs.append(made)
        parts.tries.append(tries)

    started, made = _on(days, "started_at"), _on(days, "made_at")
    if days:
        add(stopped.filter(started), Handoff.objects.filter(made))
    for start in range(0, len(changed), BATCH):
        ids = changed[start : start + BATCH]
        add(
            stopped.filter(handoff__in=ids).exclude(started),
            Handoff.objects.filter(pk__in=ids).exclude(made),
        )
    return parts


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


def _mask(user: User | None) -> Mask:
    """Return what tells which rows this person may see, as ``visible_to`` does."""
    if user is None or user.sees_everything:
        return lambda rows: np.ones(len(rows), dtype=bool)
    if user.role == Role.SALES_LEAD:
        teams = list(user.memberships.values_list("team", flat=True))
        owners = list(members_beside(user))
        return lambda rows: np.isin(rows["team"], teams) | np.isin(rows["owner"], owners)
    seen = list(Handoff.objects.live().visible_to(user).order_by().values_list("pk", flat=True))
    return lambda rows: np.isin(rows["handoff"], seen)


def _chosen(rows: Table, instant: str, period: Period, mask: Mask) -> Table:
    seen = mask(rows)
    if period.since:
        seen &= rows[instant] >= seconds(period.since)
    if period.before:
        seen &= rows[instant] < seconds(period.before)
    if period.team:
        seen &= rows["team"] == period.team
    return rows if seen.all() else rows.where(seen)
