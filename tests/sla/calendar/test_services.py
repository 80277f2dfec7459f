"""Stored calendars: read as signed, with dated exceptions that are operations."""

from datetime import UTC, date, datetime, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Organisation
from portal.events.models import Event
from sla.calendar.book import CalendarBook
from sla.calendar.hours import ALWAYS_OPEN, WorkingCalendar
from sla.calendar.models import Calendar, ClosedDay
from sla.calendar.opening import open_until
from sla.calendar.reading import working_calendar
from sla.calendar.services import ImpossibleDay, remove_day, save_day, seed_calendars
from sla.calendar.typed import hours_of, unreadable
from tests.factories import make_user

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = {"0": [["09:00", "12:00"], ["13:00", "17:00"]]}
FRIDAY = date(2026, 3, 6)


def test_a_signed_week_is_read_once() -> None:
    signed = {"zone": "Europe/Berlin", "week": WEEK}
    calendar = working_calendar(signed)
    noon, one = time(12), time(13)
    week = {0: ((time(9), noon), (one, time(17)))}
    assert calendar == WorkingCalendar("Europe/Berlin", week)
    assert working_calendar(dict(signed)) is calendar


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("9:00-12:00, 13:00–17:30", [["09:00", "12:00"], ["13:00", "17:30"]]),
        ("16:00-24:00", [["16:00", "00:00"]]),
        ("24:00-06:00", [["24:00", "06:00"]]),  # no time of day: refused
    ],
)
def test_hours_are_read_as_people_type_them(typed, hours) -> None:
    assert hours_of(typed) == hours
    assert bool(unreadable(hours)) == (typed == "24:00-06:00")


def test_days_are_holidays_or_have_hours_of_their_own() -> None:
    days = [
        ClosedDay(day=FRIDAY, is_holiday=True),
        ClosedDay(day=date(2026, 3, 7), is_holiday=False, intervals=[["10:00", "12:00"]]),
    ]
    calendar = working_calendar({"zone": "UTC", "week": WEEK}, days=days)
    assert calendar.holidays == {FRIDAY}
    assert calendar.overrides == ((date(2026, 3, 7), ((time(10), time(12)),)),)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)),
        (datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC)),
    ],
)
def test_hours_are_open_until_they_close(at, until) -> None:
    assert open_until(working_calendar({"zone": "UTC", "week": WEEK}), at) == until


def test_a_calendar_that_never_closes_has_no_end() -> None:
    assert open_until(ALWAYS_OPEN, AT) is None


@pytest.mark.django_db
def test_the_default_calendars_are_the_organisations_and_made_once() -> None:
    Organisation.objects.create(zone="Europe/Lisbon")
    seed_calendars(by=None, at=AT)
    found = seed_calendars(by=None, at=AT)
    assert {slug: row.zone for slug, row in found.items()} == {
        "office-hours": "Europe/Lisbon",
        "always": "UTC",
    }
    assert Event.objects.filter(kind="calendar.made").count() == 2


@pytest.mark.django_db
def test_a_day_is_saved_with_its_event_and_changed_in_place() -> None:
    office, admin = seed_calendars(by=None, at=AT)["office-hours"], make_user(role="admin")
    save_day(calendar=office, day=FRIDAY, name="Day off", by=admin, at=AT)
    row = save_day(calendar=office, day=FRIDAY, name="Holiday", by=admin, at=AT)
    assert ClosedDay.objects.get().name == "Holiday"
    events = Event.objects.filter(kind="calendar.changed").order_by("pk")
    assert [(e.actor, e.payload["day"]) for e in events] == [(admin, "2026-03-06")] * 2
    remove_day(day=row, by=admin, at=AT)
    assert not ClosedDay.objects.exists()
    assert events.all().count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ([["09:00", "12:00"], ["11:00", "13:00"]], "overlap"),
        ([["nine", "ten"]], "two times"),
        ([["09:00"]], "two times"),
    ],
)
def test_impossible_hours_are_refused_in_a_sentence(hours, words) -> None:
    office = seed_calendars(by=None, at=AT)["office-hours"]
    with pytest.raises(ImpossibleDay, match=words):
        save_day(calendar=office, day=FRIDAY, name="Odd", intervals=hours, by=None, at=AT)
    assert not ClosedDay.objects.exists()


@pytest.mark.django_db
def test_the_book_reads_every_calendar_in_two_statements_at_most() -> None:
    seed_calendars(by=None, at=AT)
    for number in range(40):
        Calendar.objects.create(slug=f"c{number}", name=f"C {number}", zone="UTC", week=WEEK)
    with CaptureQueriesContext(connection) as asked:
        book = CalendarBook.read()
        found = [book.find(f"c{number}", {}) for number in range(40)]
    assert len(asked) <= 2  # one message where the database takes several statements in one
    assert found[0] == found[39]
    assert book.find("unknown", {}) is None


@pytest.mark.django_db
def test_the_signed_week_wins_over_the_operational_one_and_keeps_its_days() -> None:
    office = seed_calendars(by=None, at=AT)["office-hours"]
    save_day(calendar=office, day=FRIDAY, name="Day off", by=None, at=AT)
    signed = {"office-hours": {"name": "Office hours", "zone": "Asia/Tokyo", "week": WEEK}}
    found = CalendarBook.read().find("office-hours", signed)
    assert (found.zone, found.holidays) == ("Asia/Tokyo", {FRIDAY})
