"""Writing the steps down: those of a warning when it comes, those of a breach when it is found."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from portal.core.claims import claim
from portal.core.instants import whole_second
from sla.breaches.models import Breach
from sla.calendar.book import CalendarBook
from sla.calendar.hours import add_working_time
from sla.clocks.models import Clock
from sla.escalations.models import Escalation
from sla.terms.ladder import Step, When
from sla.terms.queries import SignedTerms
from sla.terms.text import Terms

BATCH = 500


@transaction.atomic
def open_ladders(*, at: datetime, limit: int = BATCH, wanted: Sequence[int] = ()) -> int:
    """Write down the steps of up to ``limit`` standing breaches that have none; return how many.

    Each step is due so much working time after the deadline, whenever the breach was found. What
    was decided or touched meanwhile has no steps any more. ``wanted`` narrows to the breaches of
    these clocks. A breach is claimed: two workers never write the same ladder, and the database
    refuses a second one.
    """
    rows = Breach.objects.filter(withdrawn_at=None, ladder_at=None).order_by("at")
    if wanted:
        rows = rows.filter(clock__in=wanted)
    ids = claim(rows, limit=limit, ladder_at=whole_second(at))
    breaches = Breach.objects.filter(pk__in=ids).select_related("clock__handoff").order_by("pk")
    pages = _Pages()
    _write(
        step
        for breach in breaches
        if breach.clock.stamped_at is None and breach.clock.ended_at is None
        for step in pages.steps(breach.clock, When.DUE, breach.at, breach=breach)
    )
    return len(ids)


@transaction.atomic
def open_warnings(*, at: datetime, limit: int = BATCH) -> int:
    """Write down the steps of up to ``limit`` clocks whose warning has come; return how many.

    A clock is warned of once. One that was over before anybody looked is left to its breach.
    """
    ids = claim(Clock.objects.unwarned(at).order_by("warn_at"), limit=limit, is_warned=True)
    clocks = Clock.objects.filter(pk__in=ids, due_at__gte=at, is_excused=False)
    pages = _Pages()
    _write(
        step
        for clock in clocks.select_related("handoff").order_by("pk")
        if not clock.handoff.is_decided
        for step in pages.steps(clock, When.WARN, clock.warn_at, breach=None)
    )
    return len(ids)


def _write(steps: Iterator[Escalation]) -> None:
    Escalation.objects.bulk_create(steps, ignore_conflicts=True)


class _Pages:
    """The signed terms and calendars, read when the first clock asks."""

    def __init__(self) -> None:
        self._signed: SignedTerms | None = None
        self._book: CalendarBook | None = None

    def steps(
        self, clock: Clock, when: When, deadline: datetime, *, breach: Breach | None
    ) -> Iterator[Escalation]:
        """Yield the unsaved steps of a clock that are counted from ``when``."""
        self._signed = self._signed or SignedTerms.read()
        terms = self._signed.of_version(clock.version_id)
        promise = terms.promise(clock.promise)
        for number, step in enumerate(promise.ladder if promise else ()):
            if step.when == when:
                due = self._due(step, clock, deadline, terms)
                yield Escalation(
                    clock=clock,
                    breach=breach,
                    number=number,
                    act=step.act.value,
                    is_quiet=step.is_quiet,
                    person_id=clock.handoff.owner_id,
                    due_at=due,
                    not_before=due,
                )

    def _due(self, step: Step, clock: Clock, deadline: datetime, terms: Terms) -> datetime:
        if not step.after:
            return deadline
        self._book = self._book or CalendarBook.read()
        signed: Mapping[str, Mapping[str, Any]] = terms.calendars
        calendar = self._book.find(clock.calendar, signed)
        if calendar is None:
            raise LookupError(f"clock {clock.pk} runs in a calendar nobody knows")
        return whole_second(add_working_time(deadline, timedelta(seconds=step.after), calendar))
