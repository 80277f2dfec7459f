"""Dated exceptions of calendars are operations: changed by a person, with an event."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.core.errors import DomainError
from portal.events.services import record
from sla.calendar.hours import problems_with
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.calendar.reading import intervals_of

ALWAYS = "always"
OFFICE_HOURS = "office-hours"
ALWAYS_WEEK = {str(day): [["00:00", "00:00"]] for day in range(7)}
OFFICE_WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}


class ImpossibleDay(DomainError):
    """The hours of a day cannot be kept."""

    code = "impossible_day"


@transaction.atomic
def save_day(
    *,
    calendar: Calendar,
    day: date,
    name: str,
    by: User | None,
    at: datetime,
    intervals: Sequence[Sequence[str]] | None = None,
) -> ClosedDay:
    """Close ``calendar`` on ``day``, or give it hours of its own (``[["09:00", "12:00"]]``).

    None is a holiday; an empty list closes the day without calling it one. Running clocks follow
    the event ``calendar.changed``. Raises ImpossibleDay when the hours overlap or are no times.
    """
    is_holiday = intervals is None
    hours = [list(each) for each in intervals or ()]
    check_hours(calendar, day, hours)
    row, _made = ClosedDay.objects.update_or_create(
        calendar=calendar,
        day=day,
        is_holiday=is_holiday,
        defaults={"name": name, "intervals": hours},
    )
    _announce(calendar, day, by=by, at=at)
    return row


@transaction.atomic
def remove_day(*, day: ClosedDay, by: User | None, at: datetime) -> None:
    """Let ``day`` be an ordinary day of its calendar again."""
    calendar, date_ = day.calendar, day.day
    day.delete()
    _announce(calendar, date_, by=by, at=at)


@transaction.atomic
def choose_calendar(
    *, user: User, calendar: Calendar, by: User | None, at: datetime
) -> CalendarChoice:
    """Let ``user`` work by ``calendar`` where a promise names the owner's own."""
    choice, _made = CalendarChoice.objects.update_or_create(
        user=user, defaults={"calendar": calendar}
    )
    payload = {"user": user.pk, "calendar": calendar.slug}
    record("calendar.chosen", subject=user, actor=by, at=at, payload=payload)
    return choice


@transaction.atomic
def seed_calendars(*, by: User | None, at: datetime) -> dict[str, Calendar]:
    """Make the two calendars of the default terms where they are missing; return all by slug."""
    zone = Organisation.current().zone
    wanted = (
        Calendar(slug=OFFICE_HOURS, name=_("Office hours"), zone=zone, week=OFFICE_WEEK),
        Calendar(slug=ALWAYS, name=_("Always open"), zone="UTC", week=ALWAYS_WEEK),
    )
    there = set(Calendar.objects.values_list("slug", flat=True))
    for calendar in wanted:
        if calendar.slug not in there:
            calendar.save()
            payload = {"calendar": calendar.slug}
            record("calendar.made", subject=calendar, actor=by, at=at, payload=payload)
    return {calendar.slug: calendar for calendar in Calendar.objects.all()}


def check_hours(calendar: Calendar, day: date, hours: Sequence[Sequence[str]]) -> None:
    """Raise ImpossibleDay when these hours of one day overlap or are no times."""
    try:
        own = intervals_of(hours)
    except (TypeError, ValueError) as failure:
        raise ImpossibleDay(_("Write each opening as two times, such as 09:00–12:30.")) from failure
    open_all_day = ((time(0), time(0)),)  # only this day's own hours are judged here
    week = {(day + timedelta(days=3)).weekday(): open_all_day}
    problems = problems_with(week, {day: own}, zone=calendar.zone)
    if problems:
        raise ImpossibleDay(problems[0])


def _announce(calendar: Calendar, day: date, *, by: User | None, at: datetime) -> None:
    payload = {"calendar": calendar.slug, "day": day.isoformat()}
    record("calendar.changed", subject=calendar, actor=by, at=at, payload=payload)
