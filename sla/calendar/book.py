"""Every calendar with its dated exceptions, read in a constant number of statements."""

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from portal.core.prepared import Prepared, together
from sla.calendar.hours import WorkingCalendar
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.calendar.reading import Day, working_calendar


class CalendarBook:
    """Looks calendars up by slug: zone and week as signed, exceptions as they are now."""

    def __init__(self, calendars: Iterable[Calendar]) -> None:
        self._rows = {calendar.slug: calendar for calendar in calendars}
        self._days: dict[str, list[Day]] = {}  # instead of what is stored

    @classmethod
    def read(cls) -> "CalendarBook":
        """Read all calendars and their days; two statements."""
        return cls.of(*together(*CALENDARS))

    @classmethod
    def of(cls, calendars: Iterable[Calendar], days: Iterable[ClosedDay]) -> "CalendarBook":
        """Return the book of what ``CALENDARS`` found."""
        book = cls(calendars)
        slugs = {row.pk: slug for slug, row in book._rows.items()}
        book._days = {slug: [] for slug in book._rows}
        for day in days:
            if day.calendar_id in slugs:
                book._days[slugs[day.calendar_id]].append(day)
        return book

    def find(self, slug: str, signed: Mapping[str, Mapping[str, Any]]) -> WorkingCalendar | None:
        """Return the calendar ``slug``: the signed one, else an operational one of that name."""
        row = self._rows.get(slug)
        days: Iterable[Day] = self._days.get(slug, row.days.all() if row else ())
        if slug in signed:
            return working_calendar(signed[slug], days=days)
        return working_calendar({"zone": row.zone, "week": row.week}, days=days) if row else None

    def with_days(self, slug: str, days: Iterable[Day]) -> "CalendarBook":
        """Return the same book, but for the dated exceptions of one calendar."""
        book = CalendarBook(self._rows.values())
        book._days = {**self._days, slug: list(days)}
        return book

    def with_week(self, slug: str, *, zone: str, week: Mapping[str, Any]) -> "CalendarBook":
        """Return the same book, but for the zone and week of one calendar that no terms sign."""
        row = copy(self._rows[slug])  # its days stay read
        row.zone, row.week = zone, dict(week)
        book = CalendarBook({**self._rows, slug: row}.values())
        book._days = self._days
        return book

    def name_of(self, slug: str, signed: Mapping[str, Mapping[str, Any]]) -> str:
        """Return what people call the calendar, by default its slug."""
        row = self._rows.get(slug)
        return str(signed[slug]["name"]) if slug in signed else row.name if row else slug


# What a book is made of, for whoever asks more besides.
CALENDARS = (
    (Prepared(Calendar.objects.all), ()),
    (Prepared(lambda: ClosedDay.objects.order_by("day")), ()),
)


def choices_of(user_ids: Iterable[int]) -> dict[int, str]:
    """Return the slug of the calendar that each of these people chose; one statement or none."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = CalendarChoice.objects.filter(user__in=wanted)
    return dict(rows.values_list("user_id", "calendar__slug"))
