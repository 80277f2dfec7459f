"""The order of the day: breached, at risk, on time; inside each the best score, then the oldest.

Three limited queries with one bound instant, each served by a partial index on open handoffs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User

BAND = 50  # handoffs shown of each band
SHOWN_AS = {  # title, icon, tone
    "breached": (_("Breached"), "exclamation-circle-fill", "bad"),
    "at_risk": (_("At risk"), "hourglass-split", "warn"),
    "on_time": (_("On time"), "clock", ""),
}
ORDER = ("-rank", "pk")  # keys rise with age: the lower one waited longer


@dataclass(frozen=True)
class Band:
    """The handoffs of one state, in order; ``has_more`` when not all are shown."""

    state: str
    title: Promise
    icon: str
    tone: str
    rows: Sequence[Handoff]
    has_more: bool

    @property
    def count(self) -> str:
        return f"{len(self.rows)}+" if self.has_more else str(len(self.rows))


@dataclass(frozen=True)
class Queue:
    """What one person has to decide at one instant, in order."""

    at: datetime
    bands: Sequence[Band]

    def __iter__(self) -> Iterator[Handoff]:
        return (handoff for band in self.bands for handoff in band.rows)

    def __len__(self) -> int:
        return sum(len(band.rows) for band in self.bands)

    @property
    def has_more(self) -> bool:
        return any(band.has_more for band in self.bands)

    @property
    def count(self) -> str:
        return f"{len(self)}+" if self.has_more else str(len(self))

    def first(self) -> Handoff | None:
        return next(iter(self), None)

    def place_of(self, handoff: Handoff) -> int:
        """Return its place, counted from 1; 0 when it is not among the rows."""
        return next((n for n, one in enumerate(self, 1) if one.pk == handoff.pk), 0)

    def after(self, handoff: Handoff) -> Handoff | None:
        """Return what comes next once ``handoff`` is decided; from the end back to the start."""
        rows = list(self)
        place = self.place_of(handoff)
        others = rows[place:] + rows[: max(place - 1, 0)]
        return others[0] if others else None

    def neighbours(self, handoff: Handoff) -> tuple[Handoff | None, Handoff | None]:
        """Return the handoffs before and after it in the list; None at its ends."""
        rows, place = list(self), self.place_of(handoff)
        if not place:
            return None, rows[0] if rows else None
        before = rows[place - 2] if place > 1 else None
        return before, rows[place] if place < len(rows) else None


def queue_of(user: User, *, at: datetime) -> Queue:
    """Return the queue of a person at ``at``. Five queries, whatever its length.

    The leads are read last, for the rows that are shown: joined, they would be read for every
    open handoff before the limit.
    """
    mine = on_desk_of(user)
    late, in_time = mine.filter(due_at__lt=at), mine.filter(due_at__gte=at)
    on_time = mine.filter(Q(due_at=None) | Q(due_at__gte=at, warn_at__gt=at))
    parts = {"breached": late, "at_risk": in_time.filter(warn_at__lte=at), "on_time": on_time}
    queue = Queue(at, [_band(state, rows) for state, rows in parts.items()])
    prefetch_related_objects(list(queue), Prefetch("lead", Lead.objects.select_related("company")))
    return queue


def on_desk_of(user: User) -> QuerySet[Handoff]:
    """Return the open handoffs a person may decide, part of those they see.

    An SDR's own and the unassigned ones of their teams; a sales lead's teams'; an admin's all.
    The teams are read first, so that the indexes on owner and team serve the rest.
    """
    handoffs = Handoff.objects.open()
    if user.role == Role.ADMIN:
        return handoffs
    teams = list(user.memberships.values_list("team", flat=True))
    if user.role == Role.SALES_LEAD:
        return handoffs.filter(team__in=teams)
    return handoffs.filter(Q(owner=user) | Q(owner=None, team__in=teams))


def _band(state: str, rows: QuerySet[Handoff]) -> Band:
    found = list(rows.select_related("owner").order_by(*ORDER)[: BAND + 1])
    return Band(state, *SHOWN_AS[state], found[:BAND], has_more=len(found) > BAND)
