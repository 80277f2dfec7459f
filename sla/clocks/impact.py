"""What a change of a calendar would do to running clocks, before anybody saves it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import User
from sla.calendar.book import CalendarBook
from sla.calendar.models import Calendar
from sla.calendar.reading import Day
from sla.clocks.deriving import Facts, bring_up_to_date, work_out_due
from sla.clocks.models import Clock, ClockQuerySet
from sla.clocks.services import finished_pauses
from sla.terms.queries import SignedTerms
from sla.terms.text import OWNER

MOST = 20_000  # clocks looked at; a page says "at least" beyond
CHUNK = 2000


@dataclass(frozen=True)
class Impact:
    """How many of ``running`` clocks would be due later or earlier; ``is_whole`` if all were seen.

    ``breached`` of those that move are breached now and would not be.
    """

    running: int
    later: int = 0
    earlier: int = 0
    breached: int = 0
    is_whole: bool = True

    @property
    def moved(self) -> int:
        return self.later + self.earlier

    @property
    def words(self) -> str:
        """Return the finding: "37 running clocks move: 35 are due later, 2 earlier."."""
        if not self.moved:
            return _("No running clock moves.")
        said = {"n": self.moved, "later": self.later, "earlier": self.earlier}
        if not self.is_whole:
            return _("More than %(n)d running clocks move.") % said
        if not self.earlier:
            text = ngettext(
                "%(n)d running clock moves: it is due later.",
                "%(n)d running clocks move: they are due later.",
                self.moved,
            )
        elif not self.later:
            text = ngettext(
                "%(n)d running clock moves: it is due earlier.",
                "%(n)d running clocks move: they are due earlier.",
                self.moved,
            )
        else:
            text = _("%(n)d running clocks move: %(later)d are due later, %(earlier)d earlier.")
        return text % said


def concerned(slug: str, *, since: datetime | None = None) -> ClockQuerySet:
    """Return the running clocks that a change of this calendar from ``since`` on can move."""
    rows = Clock.objects.running().filter(calendar=slug)
    return rows.filter(due_at__gte=since) if since else rows


def first_instant(calendar: Calendar, day: date) -> datetime:
    """Return an instant before which a change of ``day`` changes nothing.

    A day early: the signed zone of older terms may lie east of the calendar's own.
    """
    return datetime.combine(day, time(0), ZoneInfo(calendar.zone)) - timedelta(days=1)


def impact_of(
    calendar: Calendar, days: Iterable[Day], *, since: date, at: datetime, most: int = MOST
) -> Impact:
    """Return what dated exceptions ``days``, instead of those stored, would do from ``since`` on.

    Reads and works out, writes nothing; the numbers are those that saving brings about.
    """
    book = CalendarBook.read().with_days(calendar.slug, days)
    rows = concerned(calendar.slug, since=first_instant(calendar, since))
    return _impact(rows, _Anew(book), at=at, most=most)


def impact_of_week(
    calendar: Calendar, *, zone: str, week: Mapping[str, Any], at: datetime, most: int = MOST
) -> Impact:
    """Return what another zone and week of a calendar that no terms sign would do."""
    book = CalendarBook.read().with_week(calendar.slug, zone=zone, week=week)
    return _impact(concerned(calendar.slug), _Anew(book), at=at, most=most)


def impact_of_choice(user: User, calendar: Calendar, *, at: datetime, most: int = MOST) -> Impact:
    """Return what it would do if this person worked by ``calendar`` from now on.

    Only what counts in its owner's own hours moves; what was used before they had it stays used.
    """
    rows = Clock.objects.running().filter(handoff__owner=user).select_related("handoff")
    return _impact(rows, _Anew(CalendarBook.read(), chosen=calendar.slug), at=at, most=most)


class _Anew:
    """Works out when a running clock would be due: as ``sync_clocks`` will, but saves nothing."""

    def __init__(self, book: CalendarBook, *, chosen: str = "") -> None:
        self._signed, self._book, self._chosen = SignedTerms.read(), book, chosen

    def __call__(self, clock: Clock) -> None:
        terms = self._signed.of_version(clock.version_id)
        hours = self._book.find(clock.calendar, terms.calendars)
        if hours is None:
            return
        if not self._chosen:
            work_out_due(clock, hours, finished_pauses(clock))
            return
        promise, own = terms.promise(clock.promise), self._book.find(self._chosen, terms.calendars)
        if promise is not None and promise.calendar == OWNER and own is not None:
            routed_at = clock.handoff.routed_at
            facts = Facts(None, None, routed_at=routed_at, owner_calendar=(self._chosen, own))
            bring_up_to_date(clock, facts, hours, finished_pauses(clock))


def _impact(rows: ClockQuerySet, work_out: _Anew, *, at: datetime, most: int) -> Impact:
    looked = later = earlier = breached = 0
    found = rows.order_by("pk").prefetch_related("pauses")[: most + 1]
    for clock in found.iterator(chunk_size=CHUNK):
        if looked == most:
            return Impact(looked, later, earlier, breached, is_whole=False)
        looked += 1
        before = clock.due_at
        work_out(clock)
        later += clock.due_at > before
        earlier += clock.due_at < before
        breached += clock.is_breached and before < at <= clock.due_at
    return Impact(looked, later, earlier, breached)
