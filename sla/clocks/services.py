"""Clocks follow their handoffs: one function brings them to what current rows say."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from leads.database.facts import KnownFacts, known_facts
from leads.handoffs.models import Cause, Handoff
from leads.handoffs.services import set_due
from portal.core.prepared import Prepared, together
from sla.calendar.book import CALENDARS, CalendarBook, choices_of
from sla.calendar.hours import WorkingCalendar
from sla.clocks.deriving import Facts, Stretch, bring_up_to_date, new_clock
from sla.clocks.models import Clock
from sla.clocks.touches import Happened, first_touch, read_happenings
from sla.terms.queries import SIGNED_TERMS, SignedTerms
from sla.terms.text import OWNER, PromiseTerms, Terms

FOLLOWS = (
    "calendar", "moved_at", "used", "due_at", "warn_at",
    "stamped_at", "stamp_activity", "worked", "ended_at",
)  # fmt: skip


@transaction.atomic(savepoint=False)
def sync_clocks(handoff_ids: Iterable[int], *, at: datetime) -> list[Clock]:
    """Start, stamp, move, end or resume the clocks of these live handoffs; return them as stored.

    Everything follows from current rows (the handoff, its standing disposition, its earliest
    touch, its owner's calendar, the terms in force when it was made), so it may run twice and
    after events in any order. Running clocks keep the terms they started under. The nearest due
    time is copied to the handoff. Costs the same few statements for one handoff or two hundred.

    Locks the handoffs, lowest first.
    """
    handoffs = _locked(list(set(handoff_ids)))
    if not handoffs:
        return []
    return _Sync(handoffs).run()


_locked = Prepared(
    lambda ids: (
        Handoff.objects.live()
        .filter(pk__among=ids)
        .select_for_update(no_key=True, of=("self",))
        .select_related("source")
        .order_by("pk")
    ),
    list[int],
)
_clocks = Prepared(
    lambda ids: (
        Clock.objects.filter(handoff__among=ids)
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    ),
    list[int],
)


class _Sync:
    """One run over locked handoffs: read all, work out in Python, write what differs."""

    def __init__(self, handoffs: Sequence[Handoff]) -> None:
        self.handoffs = {handoff.pk: handoff for handoff in handoffs}
        *signed, calendars, days, clocks = together(
            *SIGNED_TERMS, *CALENDARS, (_clocks, [list(self.handoffs)])
        )
        self.signed = SignedTerms(*signed)
        self.book = CalendarBook.of(calendars, days)
        self._known: dict[int, list[KnownFacts]] | None = None  # by lead, once somebody asks
        self.clocks: dict[int, list[Clock]] = {pk: [] for pk in self.handoffs}
        prefetch_related_objects(clocks, "pauses")
        for clock in clocks:
            self.clocks[clock.handoff_id].append(clock)

    def run(self) -> list[Clock]:
        self._start()
        terms = {clock.version_id for clock in self._all()}
        policies = {
            promise.touch for pk in terms for promise in self.signed.of_version(pk).promises
        }
        happened = read_happenings(self.handoffs, policies) if policies else {}
        owners = choices_of(self._owners()) if self._asks_for_owner(terms) else {}
        before = {id(clock): _values(clock) for clock in self._all()}
        for clock in self._all():
            self._bring_up_to_date(clock, happened.get(clock.handoff_id, ()), owners)
        self._save(before)
        return self._all()

    def _start(self) -> None:
        for handoff in self.handoffs.values():
            began = handoff.made_at
            in_force = self.signed.at(began) if began else None
            if self.clocks[handoff.pk] or in_force is None or began is None:
                continue
            version, terms = in_force
            facts = self._facts_of(handoff) if terms.asks_for_facts else {}
            self.clocks[handoff.pk] = [
                new_clock(each, handoff_id=handoff.pk, version_id=version.pk, since=began)
                for each in terms.chosen_for(
                    grade=handoff.grade,
                    fast_track=handoff.cause == Cause.FAST_TRACK,
                    source=handoff.source.key if handoff.source else "",
                    facts=facts,
                )
            ]

    def _facts_of(self, handoff: Handoff) -> dict[str, str | int]:
        """Return what was known of the lead when it was handed over; read once for all."""
        if self._known is None:
            leads = {each.lead_id for each in self.handoffs.values()}
            self._known = known_facts(leads)
        known = [
            each
            for each in self._known.get(handoff.lead_id, ())
            if handoff.made_at and each.known_from <= handoff.made_at
        ]
        return dict(known[-1].values) if known else {}

    def _all(self) -> list[Clock]:
        return [clock for clocks in self.clocks.values() for clock in clocks]

    def _owners(self) -> set[int]:
        return {each.owner_id for each in self.handoffs.values() if each.owner_id is not None}

    def _asks_for_owner(self, version_ids: Iterable[int]) -> bool:
        promises = (p for pk in version_ids for p in self.signed.of_version(pk).promises)
        return any(promise.calendar == OWNER for promise in promises)

    def _bring_up_to_date(
        self, clock: Clock, happened: Sequence[Happened], owners: dict[int, str]
    ) -> None:
        terms = self.signed.of_version(clock.version_id)
        promise = terms.promise(clock.promise)
        calendar = self.book.find(clock.calendar, terms.calendars)
        if promise is None or calendar is None:
            raise LookupError(f"clock {clock.pk}: its terms no longer name {clock.promise!r}")
        handoff = self.handoffs[clock.handoff_id]
        ended_at = handoff.decided_at if handoff.is_decided else None
        facts = Facts(
            touch=first_touch(happened, promise.touch, since=clock.started_at, until=ended_at),
            ended_at=ended_at,
            routed_at=handoff.routed_at,
            owner_calendar=self._owner_calendar(promise, handoff, terms, owners),
            first_calendar=self.book.find(promise.first_calendar, terms.calendars),
        )
        bring_up_to_date(clock, facts, calendar, finished_pauses(clock))

    def _owner_calendar(
        self, promise: PromiseTerms, handoff: Handoff, terms: Terms, owners: dict[int, str]
    ) -> tuple[str, WorkingCalendar] | None:
        if promise.calendar != OWNER or handoff.owner_id is None:
            return None
        slug = owners.get(handoff.owner_id, promise.otherwise)
        calendar = self.book.find(slug, terms.calendars)
        return (slug, calendar) if calendar else None

    def _save(self, before: dict[int, tuple[object, ...]]) -> None:
        new = [clock for clock in self._all() if clock._state.adding]
        changed, fields = [], set()
        for clock in self._all():
            was, now = before[id(clock)], _values(clock)
            if not clock._state.adding and was != now:
                changed.append(clock)
                fields |= {name for name, a, b in zip(FOLLOWS, was, now, strict=True) if a != b}
        Clock.objects.bulk_create(new)
        if changed:
            Clock.objects.bulk_update(changed, sorted(fields))
        self._copy_due()

    def _copy_due(self) -> None:
        rows = []
        for handoff in self.handoffs.values():
            due, warn = nearest(self.clocks[handoff.pk])
            if (handoff.due_at, handoff.warn_at) != (due, warn):
                rows.append((handoff.pk, due, warn))
        if rows:
            set_due(rows)


def _values(clock: Clock) -> tuple[object, ...]:
    return tuple(getattr(clock, name) for name in FOLLOWS)


def finished_pauses(clock: Clock) -> list[Stretch]:
    """Return the pauses that are over; costs nothing once they are prefetched."""
    if clock._state.adding:
        return []
    return [(each.since, each.until) for each in clock.pauses.all() if each.until is not None]


def nearest(clocks: Iterable[Clock]) -> tuple[datetime | None, datetime | None]:
    """Return due and warn of the running clock that is due first; (None, None) without one."""
    running = [
        (clock.due_at, clock.warn_at)
        for clock in clocks
        if clock.stamped_at is None and clock.ended_at is None and clock.paused_at is None
    ]
    return min(running) if running else (None, None)
