"""What both sides promised and kept, counted by the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q

from portal.core.intervals import ENOUGH, Interval, median_places, wilson
from sla.clocks.models import ClockQuerySet, Promise
from sla.clocks.states import State

SECOND = timedelta(seconds=1)
LATE = (State.MET_LATE, State.BREACHED)
CAME_DUE = (State.MET, *LATE)
STILL_RUN = (State.ON_TIME, State.AT_RISK, State.PAUSED)


@dataclass
class Tally:
    """Clocks of one group by state. ``waiting`` are breached and still without their stamp."""

    counts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    waiting: int = 0

    def add(self, state: State, count: int, waiting: int) -> None:
        self.counts[state] += count
        if state == State.BREACHED:
            self.waiting += waiting

    @property
    def met(self) -> int:
        return self.counts[State.MET]

    @property
    def n(self) -> int:
        """Clocks whose promise was kept or broken; breached ones that still wait are counted."""
        return sum(self.counts[state] for state in CAME_DUE)

    @property
    def late(self) -> int:
        return self.n - self.met

    @property
    def ended(self) -> int:
        return self.counts[State.ENDED]

    @property
    def excused(self) -> int:
        return self.counts[State.EXCUSED]

    @property
    def running(self) -> int:
        return sum(self.counts[each] for each in STILL_RUN)

    @property
    def share(self) -> Interval | None:
        """Attainment with its interval; None under 30, where a share says nothing."""
        return wilson(self.met, self.n) if self.n >= ENOUGH else None


def tally(
    clocks: ClockQuerySet, *, at: datetime, by: Sequence[str] = ("kind",)
) -> dict[tuple[Any, ...], Tally]:
    """Count clocks by state at ``at`` for each combination of ``by``; one statement."""
    rows = (
        clocks.with_state(at)
        .order_by()
        .values_list(*by, "state")
        .annotate(n=Count("pk"), waiting=Count("pk", filter=Q(stamped_at=None, ended_at=None)))
    )
    found: dict[tuple[Any, ...], Tally] = {}
    for *key, state, count, waiting in rows:
        found.setdefault(tuple(key), Tally()).add(State(state), count, waiting)
    return found


@dataclass(frozen=True)
class Speed:
    """Time to the first touch in seconds: working time and wall time.

    A figure is None when so many still wait past due that it has not been reached yet: they are
    counted as slower than every touch, not dropped. ``low_working`` and ``high_working`` are the
    interval of the median (portal.core.intervals.median_places), both None under 30 clocks.
    """

    touched: int
    waiting: int
    median_working: int | None = None
    p90_working: int | None = None
    median_wall: int | None = None
    p90_wall: int | None = None
    low_working: int | None = None
    high_working: int | None = None

    @property
    def n(self) -> int:
        return self.touched + self.waiting


def speed_to_lead(clocks: ClockQuerySet, *, at: datetime) -> Speed:
    """Return how fast leads were first touched; five statements."""
    rows = clocks.filter(kind=Promise.FIRST_TOUCH)
    counts = rows.aggregate(
        touched=Count("pk", filter=Q(stamp_activity__isnull=False, worked__isnull=False)),
        waiting=Count("pk", filter=Q(stamped_at=None, ended_at=None, due_at__lt=at)),
    )
    touched = rows.filter(stamp_activity__isnull=False, worked__isnull=False).order_by()
    wall = ExpressionWrapper(F("stamped_at") - F("started_at"), output_field=DurationField())
    working = touched.order_by("worked").values_list("worked", flat=True)
    walls = touched.annotate(wall=wall).order_by("wall").values_list("wall", flat=True)

    n = counts["touched"] + counts["waiting"]
    half, most = ceil(0.5 * n) - 1, ceil(0.9 * n) - 1
    low, high = median_places(n) or (-1, -1)
    medians = _at_places(working, (low, half, high))
    return Speed(
        **counts,
        median_working=medians[half],
        p90_working=_at_places(working, (most,))[most],
        median_wall=_seconds(_at_places(walls, (half,))[half]),
        p90_wall=_seconds(_at_places(walls, (most,))[most]),
        low_working=medians[low],
        high_working=medians[high],
    )


def _at_places(values: Any, places: Sequence[int]) -> dict[int, Any]:
    """Return what stands at these places, None beyond the end and before the start; one query."""
    asked = [place for place in places if place >= 0]
    if not asked:
        return dict.fromkeys(places)
    first = min(asked)
    rows = list(values[first : max(asked) + 1])
    return {one: rows[one - first] if first <= one < first + len(rows) else None for one in places}


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else length // SECOND


@dataclass(frozen=True)
class Delivered:
    """What marketing handed over and sales said of it. Duplicates and mends are no judgement."""

    made: int
    by_hand: int  # of these, on a person's word and not by a gate
    accepted: int
    rejected: int
    duplicates: int
    to_mend: int

    def __add__(self, other: "Delivered") -> "Delivered":
        sums = {
            one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)
        }
        return Delivered(**sums)

    @property
    def judged(self) -> int:
        return self.accepted + self.rejected

    @property
    def undecided(self) -> int:
        return self.made - self.judged - self.duplicates - self.to_mend

    @property
    def share(self) -> Interval | None:
        """The accepted share with its interval; None under 30 judged."""
        return wilson(self.accepted, self.judged) if self.judged >= ENOUGH else None
