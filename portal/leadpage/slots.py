"""Times at which somebody could meet: their working hours without the meetings they have."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from leads.meetings.checks import busy_with
from portal.accounts.models import User
from sla.calendar.book import CalendarBook, choices_of
from sla.calendar.hours import WorkingCalendar
from sla.calendar.reading import intervals_of
from sla.calendar.services import OFFICE_HOURS, OFFICE_WEEK

STEP = timedelta(minutes=30)
SOON = timedelta(hours=1)  # nobody is offered a meeting that begins in a moment
AHEAD_DAYS = 14
A_DAY = 3  # times offered of one day
OFFERED = 6

Span = tuple[datetime, datetime]


def slots_of(host: User, *, at: datetime, minutes: int) -> list[datetime]:
    """Return the next free times of ``host``, a few of each day; four statements."""
    calendar = calendar_in(CalendarBook.read(), choices_of([host.pk]).get(host.pk), host.zone)
    busy = [
        (one.starts_at, one.ends_at)
        for one in busy_with(host, at, at + timedelta(days=AHEAD_DAYS + 1))
    ]
    return free_times(calendar, busy, at=at, length=timedelta(minutes=minutes))


def calendar_in(book: CalendarBook, chosen: str | None, zone: str) -> WorkingCalendar:
    """Return the calendar a person works by: the one they chose, else office hours."""
    found = book.find(chosen or OFFICE_HOURS, {})
    if found is not None:
        return found
    week = {int(day): intervals_of(hours) for day, hours in OFFICE_WEEK.items()}
    return WorkingCalendar(zone=zone, week=week)


def free_times(
    calendar: WorkingCalendar, busy: Iterable[Span], *, at: datetime, length: timedelta
) -> list[datetime]:
    """Return the first free times after ``at`` on the half hour. Pure."""
    busy, found = list(busy), []
    today = at.astimezone(calendar.timetable.zone).date()
    for day in (today + timedelta(days=n) for n in range(AHEAD_DAYS)):
        free = [
            begins
            for opens, closes in calendar.open_on(day)
            for begins in _steps(opens, closes, length)
            if begins >= at + SOON and not _meets(begins, begins + length, busy)
        ]
        found += free[:A_DAY]
        if len(found) >= OFFERED:
            break
    return found[:OFFERED]


def _steps(opens: datetime, closes: datetime, length: timedelta) -> list[datetime]:
    count = int((closes - opens - length) / STEP) + 1 if closes - opens >= length else 0
    return [opens + n * STEP for n in range(count)]


def _meets(begins: datetime, ends: datetime, busy: Iterable[Span]) -> bool:
    return any(begins < to and since < ends for since, to in busy)
