"""What the simulation draws from: real arrivals, handling times and people's calendars."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice
from statistics import quantiles
from zoneinfo import ZoneInfo

from leads.dispositions.models import Disposition
from leads.handoffs.models import HandoffQuerySet
from portal.accounts.models import Membership, Role
from sla.calendar.book import CalendarBook, choices_of
from sla.calendar.hours import WorkingCalendar
from sla.calendar.timetable import DAY, Timetable, micros
from sla.rehearsal.capacity import Arrival, History
from sla.rehearsal.replay import batches, promised
from sla.terms.text import OWNER, PromiseTerms, Terms

SECOND = 1_000_000
FEWEST = 30  # handling times below which a fixed number of minutes is taken instead
ASSUMED_MINUTES = 20
LONGEST = timedelta(hours=2)  # idle time is not handling: what took longer counts as this long


@dataclass(frozen=True)
class Handling:
    """Handling times in seconds, and where they come from."""

    seconds: Sequence[int]
    measured: int  # decisions that they were measured on; 0 when assumed

    @property
    def median_minutes(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[len(ordered) // 2] / 60

    @property
    def quartiles_minutes(self) -> tuple[float, float]:
        if len(self.seconds) < 2:
            return self.median_minutes, self.median_minutes
        low, _middle, high = quantiles(self.seconds, n=4)
        return low / 60, high / 60


@dataclass(frozen=True)
class People:
    """Who takes handoffs now, by the calendar they work in."""

    calendars: Sequence[WorkingCalendar]  # one for each person

    def staff(self, number: int) -> list[Timetable]:
        """Return the timetables of ``number`` people: those of today, then again from the first."""
        return [one.timetable for one in islice(cycle(self.calendars), number)]


def handling_times(
    handoffs: HandoffQuerySet, terms: Terms, book: CalendarBook, minutes: int | None
) -> Handling:
    """Return how long a handoff kept somebody busy; two statements, none when ``minutes`` says.

    For each decision: open time of the decider since their decision before it or since the handoff
    reached them, whichever came later. That is an upper bound, exact while they are busy; two
    hours at most. With fewer than 30 decisions 20 minutes are assumed.
    """
    if minutes is not None:
        return Handling([minutes * 60], 0)
    decided = (
        Disposition.objects.standing()
        .filter(handoff__in=handoffs.order_by().values("pk"), decided_at__isnull=False)
        .exclude(decided_by=None)
        .order_by("decided_by", "decided_at", "pk")
        .values_list("decided_by", "decided_at", "handoff__routed_at")
    )
    rows = [(by, at, routed) for by, at, routed in decided if by and at]
    chosen = choices_of(by for by, _at, _routed in rows)
    tables = {by: calendar_for(chosen.get(by), terms, book).timetable for by, _at, _routed in rows}
    seconds: list[int] = []
    person, before = 0, None
    for by, at, routed in rows:
        before = before if by == person else None
        begun = max(filter(None, (before, routed)), default=None)
        if begun is not None and begun < at:
            open_time = tables[by].between(micros(begun), micros(at)) // SECOND
            if open_time:  # decided outside their hours says nothing of how long it took
                seconds.append(min(open_time, int(LONGEST.total_seconds())))
        person, before = by, at
    if len(seconds) < FEWEST:
        return Handling([ASSUMED_MINUTES * 60], 0)
    return Handling(seconds, len(seconds))


def people_now(terms: Terms, book: CalendarBook) -> People:
    """Return the SDRs who take handoffs, with their own calendars or the terms' first one."""
    rows = Membership.objects.filter(takes_handoffs=True, user__is_active=True, user__role=Role.SDR)
    ids = sorted(set(rows.values_list("user_id", flat=True)))
    chosen = choices_of(ids)
    return People([calendar_for(chosen.get(one), terms, book) for one in ids])


def calendar_for(slug: str | None, terms: Terms, book: CalendarBook) -> WorkingCalendar:
    """Return the chosen calendar, else the signed one with the shortest week.

    Nobody works round the clock, so an always-open calendar is taken only when there is no other.
    Raises ValueError when the terms sign no calendar.
    """
    found = book.find(slug, terms.calendars) if slug else None
    if found is not None:
        return found
    signed = [one for key in terms.calendars if (one := book.find(key, terms.calendars))]
    return min(signed, key=_open_in_a_week)


def _open_in_a_week(calendar: WorkingCalendar) -> int:
    monday = micros(datetime(2026, 1, 5, tzinfo=UTC))
    return calendar.timetable.between(monday, monday + 7 * DAY)


def past_days(
    handoffs: HandoffQuerySet,
    terms: Terms,
    book: CalendarBook,
    *,
    first: date,
    last: date,
    zone: ZoneInfo,
    handling: Handling,
) -> History:
    """Return the arrivals of each day from ``first`` to ``last`` with what the terms promise them.

    A day begins at midnight in ``zone``. A promise counted in its owner's hours is counted in the
    calendar that stands in for it: who will be the owner is what the simulation decides.
    """
    tables = {one.key: _table(one, terms, book) for one in terms.promises}
    by_day: dict[date, list[Arrival]] = defaultdict(list)
    for batch in batches(handoffs):
        promises = promised(terms, batch)
        for one in batch:
            if one.made_at is not None:
                day = one.made_at.astimezone(zone).date()
                offset = micros(one.made_at) - _midnight(day, zone)
                by_day[day].append(Arrival(offset, tuple(_timed(promises[one.pk], tables))))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return History(
        days=[(_midnight(day, zone), day.weekday(), by_day.get(day, [])) for day in days],
        handling=[one * SECOND for one in handling.seconds],
    )


def _timed(
    promises: Iterable[PromiseTerms], tables: dict[str, Timetable | None]
) -> Iterable[tuple[str, int, Timetable]]:
    for one in promises:
        if table := tables[one.key]:
            yield one.kind.value, one.amount * SECOND, table


def _table(promise: PromiseTerms, terms: Terms, book: CalendarBook) -> Timetable | None:
    slug = promise.otherwise if promise.calendar == OWNER else promise.calendar
    calendar = book.find(slug, terms.calendars)
    return calendar.timetable if calendar else None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return micros(datetime.combine(day, time(0), zone))
