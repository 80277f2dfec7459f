"""Dated exceptions of calendars are operations: changed by a person, with an event."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.core.errors import DomainError
from portal.core.text import clean_text
from portal.events.services import record
from sla.calendar.hours import problems_with
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.calendar.reading import intervals_of, problems_of

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
def save_holidays(
    *,
    calendar: Calendar,
    country: str,
    region: str,
    names: Mapping[date, str],
    by: User | None,
    at: datetime,
) -> int:
    """Close ``calendar`` on these public holidays; return how many of them are new to it.

    What stands on a day already is kept. Remembers whose holidays they are. One event and one
    statement for all of them; running clocks follow the event ``calendar.changed``.
    """
    there = set(calendar.days.filter(is_holiday=True).values_list("day", flat=True))
    new = {day: name for day, name in names.items() if day not in there}
    ClosedDay.objects.bulk_create(
        [ClosedDay(calendar=calendar, day=day, name=name) for day, name in sorted(new.items())],
        ignore_conflicts=True,
    )
    Calendar.objects.filter(pk=calendar.pk).update(country=country, region=region)
    if new:
        payload = {
            "calendar": calendar.slug,
            "day": min(new).isoformat(),
            "days": len(new),
            "holidays_of": f"{country} {region}".strip(),
        }
        record("calendar.changed", subject=calendar, actor=by, at=at, payload=payload)
    return len(new)


@transaction.atomic
def make_calendar(
    *, name: str, zone: str, week: Mapping[str, Sequence[Sequence[str]]], by: User, at: datetime
) -> Calendar:
    """Make a calendar for people to work by. Raises ImpossibleDay for a week nobody can keep."""
    name = clean_text(name)
    slug = slugify(name)[:40]
    if not slug:
        raise ImpossibleDay(_("Give it a name that people will recognise."))
    if Calendar.objects.filter(slug=slug).exists():
        raise ImpossibleDay(_("There is a calendar of this name. Choose another name."))
    check_week(zone, week)
    row = Calendar.objects.create(slug=slug, name=name, zone=zone, week=_stored(week))
    record("calendar.made", subject=row, actor=by, at=at, payload={"calendar": row.slug})
    return row


@transaction.atomic
def change_calendar(
    *,
    calendar: Calendar,
    name: str,
    zone: str,
    week: Mapping[str, Sequence[Sequence[str]]],
    by: User,
    at: datetime,
) -> Calendar:
    """Change the name, zone and week of a calendar that no terms sign; running clocks follow.

    Raises ImpossibleDay for a week nobody can keep.
    """
    check_week(zone, week)
    row = Calendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
    row.name, row.zone, row.week = clean_text(name) or row.name, zone, _stored(week)
    row.save(update_fields=["name", "zone", "week"])
    record("calendar.changed", subject=row, actor=by, at=at, payload={"calendar": row.slug})
    return row


def _stored(week: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, list[list[str]]]:
    return {day: [list(pair) for pair in hours] for day, hours in week.items() if hours}


def check_week(zone: str, week: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Raise ImpossibleDay for a week that nobody can keep: overlaps, never open, no times."""
    try:
        problems = problems_of({"zone": zone, "week": week})
    except (TypeError, ValueError) as failure:
        raise ImpossibleDay(_("Write each opening as two times, such as 09:00–12:30.")) from failure
    if problems:
        raise ImpossibleDay(problems[0])


@transaction.atomic
def keep_calendars(
    signed: Mapping[str, Mapping[str, Any]], *, by: User | None, at: datetime
) -> list[Calendar]:
    """Make a row for each signed calendar that has none, to keep its holidays; return the new."""
    there = set(Calendar.objects.filter(slug__in=signed).values_list("slug", flat=True))
    new = []
    for slug, body in signed.items():
        if slug in there:
            continue
        row = Calendar.objects.create(
            slug=slug, name=body["name"], zone=body["zone"], week=body["week"]
        )
        record("calendar.made", subject=row, actor=by, at=at, payload={"calendar": slug})
        new.append(row)
    return new


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
