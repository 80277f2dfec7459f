"""What waits for one person, in the order of the day, as much of it as a page shows at once.

Limited queries with one bound instant, each served by a partial index on open handoffs. The first
paint holds ``SHOWN`` rows over all bands; what follows is fetched from a place in the order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from leads.handoffs.models import Handoff, HandoffQuerySet
from leads.handoffs.order import NEAR, Day, Key, by_state, day_of, on_desk_of
from portal.accounts.models import Role, User

__all__ = ["Band", "Queue", "on_desk_of", "queue_of"]

SHOWN = 30  # handoffs of one paint, over all bands
COUNTED = NEAR  # how far what waits is counted
ASLEEP = 20  # snoozed ones that are listed
SHOWN_AS: Mapping[str, tuple[Promise, str, str]] = {  # title, icon, tone
    "breached": (_("Breached"), "exclamation-circle-fill", "bad"),
    "at_risk": (_("At risk"), "hourglass-split", "warn"),
    "on_time": (_("On time"), "clock", ""),
    "their_turn": (_("Others’ turn today"), "people", ""),
    "skipped": (_("Skipped today"), "arrow-return-right", ""),
}
READ = (
    "public_id", "lead", "origin", "is_decided", "team", "rank", "total", "grade", "made_at",
    "due_at", "warn_at", "held_since", "held_until", "snoozed_at", "snoozed_until",
    "wakes_on_activity", "owner", "held_by",
)  # fmt: skip
LEAD = (
    "public_id", "name", "email", "external_source", "external_id", "company__name",
    "company__public_id",
)  # fmt: skip


@dataclass(frozen=True)
class Band:
    """The handoffs of one state, in order; ``has_more`` when not all are shown."""

    state: str
    rows: Sequence[Handoff]
    has_more: bool = False

    @property
    def title(self) -> Promise:
        return SHOWN_AS[self.state][0]

    @property
    def icon(self) -> str:
        return SHOWN_AS[self.state][1]

    @property
    def tone(self) -> str:
        return SHOWN_AS[self.state][2]

    @property
    def count(self) -> str:
        return f"{len(self.rows)}+" if self.has_more else str(len(self.rows))


@dataclass(frozen=True)
class Queue:
    """What one person has to decide at one instant, in order; ``asleep`` is put aside."""

    day: Day
    bands: Sequence[Band]
    total: int = 0  # of what waits, counted up to ``COUNTED``
    asleep: Sequence[Handoff] = field(default_factory=tuple)

    def __iter__(self) -> Iterator[Handoff]:
        return (handoff for band in self.bands for handoff in band.rows)

    def __len__(self) -> int:
        return sum(len(band.rows) for band in self.bands)

    @property
    def at(self) -> datetime:
        return self.day.at

    @property
    def has_more(self) -> bool:
        return any(band.has_more for band in self.bands)

    @property
    def count(self) -> str:
        return f"{COUNTED}+" if self.total > COUNTED else str(self.total)

    @property
    def left(self) -> int:
        """How many follow those that are shown; 0 when they were not counted."""
        return self.total - len(self) if self.total <= COUNTED else 0

    @property
    def cursor(self) -> str:
        """The place in the order after which the rest follows."""
        band = next(band for band in self.bands if band.has_more)
        last = band.rows[-1] if band.rows else None
        return f"{band.state}.{last.rank}.{last.pk}" if last else band.state

    @property
    def offers(self) -> bool:
        """Whether play mode may have something to open."""
        return any(band.rows for band in self.bands if band.state != "their_turn")

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


def queue_of(
    user: User, *, at: datetime, day: Day | None = None, after: str = "", asleep: bool = True
) -> Queue:
    """Return the queue of a person at ``at``; a fixed number of queries, whatever its length.

    ``day`` is their day at ``at`` where it was read already, ``after`` a queue's ``cursor``.
    The leads and people are read last, for the rows that are shown: joined, they would be read
    for every open handoff before the limit.
    """
    day = day or day_of(user, at=at)
    bands, total = _near(day, after) if day.near is not None else (_far(day, after), COUNTED + 1)
    queue = Queue(day, bands, total, _asleep(day) if asleep and not after else ())
    leads = Prefetch("lead", Lead.objects.select_related("company").only(*LEAD))
    rows = [*queue, *queue.asleep]
    prefetch_related_objects(rows, leads)
    _name_people(rows, user)
    return queue


def _name_people(rows: Sequence[Handoff], reader: User) -> None:
    """Say whose each is and who has it at hand. One query, none where all is the reader's."""
    ids = {pk for one in rows for pk in (one.owner_id, one.held_by_id)} - {None, reader.pk}
    people = User.objects.only("name", "email").in_bulk(ids) if ids else {}
    people[reader.pk] = reader
    for one in rows:
        one.owner = people[one.owner_id] if one.owner_id is not None else None
        one.held_by = people[one.held_by_id] if one.held_by_id is not None else None


def _near(day: Day, after: str) -> tuple[list[Band], int]:
    """Fill the bands from the keys that were read with the day. One query, for what is shown."""
    room, (start, place) = SHOWN, _place(after)
    parts = day.bands(day.near or ())
    cut: dict[str, tuple[list[int], bool]] = {}
    for state in _from(list(parts), start):
        keys = parts[state]
        if state == start and place is not None:
            keys = _beyond(keys, place, in_order=state != "skipped")
        cut[state] = [key.pk for key in keys[:room]], len(keys) > room
        if len(keys) > room:
            break
        room -= len(keys)
    wanted = [pk for ids, _more in cut.values() for pk in ids]
    found = for_rows(Handoff.objects.open()).in_bulk(wanted) if wanted else {}
    bands = [
        Band(state, [found[pk] for pk in ids if pk in found], has_more=has_more)
        for state, (ids, has_more) in cut.items()
    ]
    return bands, len(day.near or ())


def _beyond(keys: list[Key], place: tuple[int, int], *, in_order: bool) -> list[Key]:
    """Return the keys after a place; where none is at it, those that would follow it."""
    rank, pk = place
    if in_order:
        return [key for key in keys if (-key.rank, key.pk) > (-rank, pk)]
    ids = [key.pk for key in keys]
    return keys[ids.index(pk) + 1 :] if pk in ids else keys


def _from(states: list[str], start: str) -> list[str]:
    return states[states.index(start) if start in states else 0 :]


def parts_of(day: Day) -> dict[str, HandoffQuerySet]:
    """Return what waits by band; managers oversee everybody's, whosever turn it is."""
    is_sdr = day.user.role == Role.SDR
    waits = day.offered() if is_sdr else day.desk.filter(day.awake)
    parts = dict(by_state(waits.exclude(pk__in=day.skipped), at=day.at))
    if is_sdr and (others := day.rota.others):
        theirs = Handoff.objects.open().filter(day.awake, owner=None, team__in=others)
        parts["their_turn"] = theirs.exclude(pk__in=day.skipped).order_by("-rank", "pk")
    if day.skipped:
        parts["skipped"] = day.desk.filter(day.awake, pk__in=day.skipped)
    return parts


def _far(day: Day, after: str) -> list[Band]:
    """Fill the bands one by one, as the database orders them, until the paint is full."""
    room, (start, place), bands = SHOWN, _place(after), list[Band]()
    parts = parts_of(day)
    for state in _from(list(parts), start):
        beyond = place if state == start else None
        found = _found(parts[state], state, day, beyond, room + 1)
        bands.append(Band(state, found[:room], has_more=len(found) > room))
        if bands[-1].has_more:
            break
        room -= len(found)
    return bands


def _found(
    rows: HandoffQuerySet, state: str, day: Day, beyond: tuple[int, int] | None, limit: int
) -> list[Handoff]:
    """Return up to ``limit`` rows of a band after a place in it: (rank, key)."""
    light = for_rows(rows)
    if state == "skipped":  # in the order in which they were passed over
        start = day.skipped.index(beyond[1]) + 1 if beyond and beyond[1] in day.skipped else 0
        found = {one.pk: one for one in light.filter(pk__in=day.skipped[start:])}
        return [found[pk] for pk in day.skipped if pk in found][:limit]
    if beyond is not None:
        rank, pk = beyond
        light = light.filter(Q(rank__lt=rank) | Q(rank=rank, pk__gt=pk))
    return list(light[:limit])


def for_rows(rows: HandoffQuerySet) -> HandoffQuerySet:
    """Load what a row of the queue shows, and no more."""
    return rows.only(*READ)


def _place(cursor: str) -> tuple[str, tuple[int, int] | None]:
    """Read a cursor; what is not one is the start."""
    state, _dot, place = cursor.partition(".")
    rank, _dot, pk = place.partition(".")
    try:
        return state, (int(rank), int(pk)) if place else None
    except ValueError:
        return "", None


def _asleep(day: Day) -> list[Handoff]:
    if not day.asleep:
        return []
    rows = Handoff.objects.filter(pk__in=day.asleep[:ASLEEP]).order_by("snoozed_until", "pk")
    return list(for_rows(rows))
