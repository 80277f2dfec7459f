"""What the last weeks would have been under other terms: real handoffs, touches and decisions.

Nothing is simulated here: each real handoff gets the clocks that the terms would have started,
worked out by the same functions as running clocks, in memory only. People act as they did; they
might have acted otherwise had they been asked for less or for more, and the page says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from leads.database.facts import KnownFacts, known_facts
from leads.handoffs.models import Cause, Handoff, HandoffQuerySet
from portal.core.intervals import ENOUGH, Interval, wilson
from sla.calendar.book import CalendarBook, choices_of
from sla.calendar.hours import WorkingCalendar
from sla.clocks.deriving import Facts, bring_up_to_date, new_clock
from sla.clocks.models import Clock
from sla.clocks.states import BROKEN, KEPT, State, state_of
from sla.clocks.touches import Happened, first_touch, read_happenings
from sla.terms.text import OWNER, PromiseTerms, Terms

BATCH = 2000  # handoffs in memory at once


@dataclass
class Kept:
    """How one promise would have gone: clocks by state."""

    promise: PromiseTerms
    counts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))

    @property
    def met(self) -> int:
        return sum(self.counts[state] for state in KEPT)

    @property
    def late(self) -> int:
        return sum(self.counts[state] for state in BROKEN)

    @property
    def n(self) -> int:
        return self.met + self.late

    @property
    def ended(self) -> int:
        return self.counts[State.ENDED]

    @property
    def running(self) -> int:
        return sum(self.counts[each] for each in (State.ON_TIME, State.AT_RISK, State.PAUSED))

    @property
    def share(self) -> Interval | None:
        """Attainment with its interval; None under 30, where a share says nothing."""
        return wilson(self.met, self.n) if self.n >= ENOUGH else None


@dataclass
class Replay:
    """What the terms would have made of the period's handoffs. ``uncovered`` got no clock."""

    promises: list[Kept]
    handoffs: int = 0
    uncovered: int = 0


def replay(terms: Terms, handoffs: HandoffQuerySet, *, at: datetime) -> Replay:
    """Return what ``terms`` would have made of these live handoffs by ``at``.

    A handful of statements for each 2,000 handoffs. Pauses are left out: nobody paused
    under terms that were not in force.
    """
    kept = {promise.key: Kept(promise) for promise in terms.promises}
    found = Replay(list(kept.values()))
    book = CalendarBook.read()
    for batch in batches(handoffs):
        found.handoffs += len(batch)
        policies = {promise.touch for promise in terms.promises}
        happened = read_happenings([one.pk for one in batch], policies) if policies else {}
        owners, promises = _owners(terms, batch), promised(terms, batch)
        for handoff in batch:
            made = promises[handoff.pk]
            clocks = list(_clocks(terms, made, handoff, happened.get(handoff.pk, ()), book, owners))
            found.uncovered += not clocks
            for clock in clocks:
                kept[clock.promise].counts[state_of(clock, at)] += 1
    return found


def batches(handoffs: HandoffQuerySet) -> Iterator[list[Handoff]]:
    """Yield the live handoffs, up to 2,000 at a time, oldest first."""
    rows = handoffs.live().exclude(made_at=None).order_by("made_at", "pk").select_related("source")
    stream = rows.iterator(chunk_size=BATCH)
    while batch := list(islice(stream, BATCH)):
        yield batch


def promised(terms: Terms, batch: Sequence[Handoff]) -> dict[int, list[PromiseTerms]]:
    """Return the promises with a clock that ``terms`` make for each handoff.

    Reads what was known of the leads when they were handed over, if the terms ask; two statements.
    """
    known = known_facts({one.lead_id for one in batch}) if terms.asks_for_facts else {}
    return {
        one.pk: terms.chosen_for(
            grade=one.grade,
            fast_track=one.cause == Cause.FAST_TRACK,
            source=one.source.key if one.source else "",
            facts=_facts_at(known.get(one.lead_id, ()), one.made_at),
        )
        for one in batch
    }


def _facts_at(known: Iterable[KnownFacts], instant: datetime | None) -> Mapping[str, str | int]:
    by_then = [one for one in known if instant is not None and one.known_from <= instant]
    return by_then[-1].values if by_then else {}


def _owners(terms: Terms, batch: Iterable[Handoff]) -> dict[int, str]:
    if not any(promise.calendar == OWNER for promise in terms.promises):
        return {}
    return choices_of({one.owner_id for one in batch if one.owner_id is not None})


def _clocks(
    terms: Terms,
    promises: Iterable[PromiseTerms],
    handoff: Handoff,
    happened: Sequence[Happened],
    book: CalendarBook,
    owners: dict[int, str],
) -> Iterator[Clock]:
    """Yield the unsaved clocks that the terms would have started for one handoff."""
    if handoff.made_at is None:
        return
    ended_at = handoff.decided_at if handoff.is_decided else None
    for promise in promises:
        clock = new_clock(promise, handoff_id=handoff.pk, version_id=0, since=handoff.made_at)
        calendar = book.find(clock.calendar, terms.calendars)
        if calendar is None:
            continue
        facts = Facts(
            touch=first_touch(happened, promise.touch, since=handoff.made_at, until=ended_at),
            ended_at=ended_at,
            routed_at=handoff.routed_at,
            owner_calendar=_owner_calendar(promise, handoff, terms, book, owners),
        )
        bring_up_to_date(clock, facts, calendar, ())
        yield clock


def _owner_calendar(
    promise: PromiseTerms,
    handoff: Handoff,
    terms: Terms,
    book: CalendarBook,
    owners: dict[int, str],
) -> tuple[str, WorkingCalendar] | None:
    if promise.calendar != OWNER or handoff.owner_id is None:
        return None
    slug = owners.get(handoff.owner_id, promise.otherwise)
    calendar = book.find(slug, terms.calendars)
    return (slug, calendar) if calendar else None
