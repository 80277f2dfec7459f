"""What the page of one calendar shows."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from portal.accounts.models import Role, User
from portal.core.http import user_of
from sla.calendar.book import CalendarBook
from sla.calendar.hours import WorkingCalendar
from sla.calendar.models import Calendar
from sla.calendar.preview import open_parts, preview
from sla.clocks.calendar_forms import DayForm, HolidaysForm, PersonForm
from sla.clocks.models import Clock
from sla.terms.queries import terms_in_force
from sla.terms.sentences import week_words

DAYS_SHOWN = 200


def may_change(user: User) -> bool:
    """Tell whether this person keeps calendars: holidays, special days, who works by which."""
    return user.role in {Role.SALES_LEAD, Role.ADMIN}


def page_of(request: HttpRequest, row: Calendar, **forms_: Any) -> dict[str, Any]:
    """Return a calendar's page; ``forms_`` are those sent back with what is wrong."""
    at, user = timezone.now(), user_of(request)
    signed = signed_calendars(at)
    hours = CalendarBook.read().find(row.slug, signed)
    today = at.astimezone(ZoneInfo(hours.zone if hours else row.zone)).date()
    days = list(row.days.filter(day__gte=today)[:DAYS_SHOWN])
    return {
        "calendar": row,
        "is_signed": row.slug in signed,
        "week": week_words(signed[row.slug]["week"] if row.slug in signed else row.week),
        "preview": preview(hours, days, first=today) if hours else [],
        "weeks": [_strip(hours, today + timedelta(days=n)) for n in (0, 7)] if hours else [],
        "days": days,
        "people": row_people(row),
        "running": Clock.objects.running().filter(calendar=row.slug).count(),
        "may_change": may_change(user),
        "day_form": DayForm(),
        "holidays_form": HolidaysForm(
            initial={
                "country": row.country or "DE", "region": row.region,
                "year": today.year, "years": 2,
            }
        ),
        "person_form": PersonForm(user=user),
        **forms_,
    }  # fmt: skip


def _strip(hours: WorkingCalendar, first: date) -> list[dict[str, Any]]:
    """Return seven days as the day strip draws them."""
    days = [first + timedelta(days=number) for number in range(7)]
    return [
        {
            "label": date_format(day, "D j"),
            "parts": [
                {"kind": "open", "start": start, "end": end}
                for start, end in open_parts(hours, day)
            ],
        }
        for day in days
    ]


def row_people(row: Calendar) -> list[User]:
    """Return who works by this calendar, by name."""
    return list(
        User.objects.filter(working_calendar__calendar=row, is_active=True).order_by("name")
    )


def signed_calendars(at: datetime) -> Mapping[str, Mapping[str, Any]]:
    """Return the calendars that the terms in force sign, by slug."""
    in_force = terms_in_force(at)
    return in_force[1].calendars if in_force else {}
