"""Calendars on their pages: what a change moves is said before it is saved, and then happens."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.events.models import Event
from sla.breaches.handlers import keep_signed_calendars, recompute_clocks
from sla.breaches.services import follow_handoffs
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.calendar.services import seed_calendars
from sla.clocks.impact import impact_of, impact_of_choice, impact_of_week
from sla.clocks.models import Clock
from sla.terms.defaults import default_clauses
from tests.factories import make_handoff, make_team, make_terms, make_user
from tests.sla.clocks.builders import SIGNED, clock_of, decide, local, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    make_terms(at=SIGNED)
    return seed_calendars(by=None, at=SIGNED)["office-hours"]


@pytest.fixture
def boss(client):
    user = make_user(role="sales_lead", team=make_team())
    client.force_login(user)
    return user


def test_the_impact_is_what_saving_then_brings_about(office) -> None:
    on, off = started(local(5, 15)), started(local(5, 15))
    early = started(local(5, 10))
    decide(off, local(5, 16))
    follow_handoffs([off.pk], at=local(5, 16))
    closed = ClosedDay(calendar=office, day=local(6, 12).date(), name="Day off")
    found = impact_of(office, [closed], since=closed.day, at=local(5, 17))
    assert (found.moved, found.later, found.earlier) == (1, 1, 0)
    assert found.words == "1 running clock moves: it is due later."
    before = dict(Clock.objects.values_list("pk", "due_at"))
    closed.save()
    event = Event(kind="calendar.changed", payload={"calendar": office.slug, "day": "2026-03-06"})
    recompute_clocks([event], local(5, 17))
    moved = {c.handoff_id for c in Clock.objects.all() if before[c.pk] != c.due_at}
    assert moved == {on.pk}
    assert clock_of(on).due_at == local(9, 11)
    assert clock_of(early).due_at == local(5, 14)
    late = impact_of(office, [], since=closed.day, at=local(5, 17))
    assert (late.later, late.earlier) == (0, 1)
    assert impact_of(office, [], since=closed.day, at=local(5, 17), most=0).is_whole is False


def test_forty_clocks_cost_the_statements_of_one(office) -> None:
    costs = []
    for count in (1, 40):
        made = [make_handoff(at=local(5, 15)) for _ in range(count)]
        follow_handoffs([each.pk for each in made], at=local(5, 15))
        with CaptureQueriesContext(connection) as asked:
            impact_of(office, [], since=local(5, 12).date(), at=local(5, 16))
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_a_holiday_is_shown_first_and_saved_on_a_word(client, boss, office) -> None:
    now = timezone.now()
    handoff = make_handoff(at=now)
    follow_handoffs([handoff.pk], at=now)
    due = clock_of(handoff).due_at
    day = timezone.localtime(due).date()
    given = {"day": day.isoformat(), "name": "Company day", "hours": ""}
    address = reverse("calendar-day", args=[office.slug])
    shown = client.post(address, given)
    assert "1 running clock moves: it is due later." in shown.content.decode()
    assert not office.days.exists()
    answer = client.post(address, given | {"confirm": "1"}, follow=True)
    assert "Company day" in answer.content.decode()
    assert office.days.get().is_holiday
    event = Event.objects.get(kind="calendar.changed")
    assert event.actor == boss
    recompute_clocks([event], now)
    assert clock_of(handoff).due_at > due
    gone = reverse("calendar-day-remove", args=[office.slug, office.days.get().pk])
    assert "it is due earlier" in client.post(gone).content.decode()
    client.post(gone, {"confirm": "1"})
    assert not office.days.exists()


def test_public_holidays_come_by_country_and_region(client, boss, office) -> None:
    ClosedDay.objects.create(calendar=office, day="2027-01-01", name="Ours")
    given = {"country": "DE", "region": "be", "year": 2027, "years": 1}
    address = reverse("calendar-holidays", args=[office.slug])
    shown = client.post(address, given).content.decode()
    assert "9 new holidays" in shown
    assert not office.days.filter(day="2027-12-25").exists()
    client.post(address, given | {"confirm": "1"})
    assert office.days.count() == 10
    assert office.days.get(day="2027-01-01").name == "Ours"
    office.refresh_from_db()
    assert (office.country, office.region) == ("DE", "BE")
    assert Event.objects.filter(kind="calendar.changed").count() == 1
    again = client.post(address, given)
    assert again.status_code == 422
    assert "has all of these holidays already" in again.content.decode()
    wrong = client.post(address, given | {"region": "TX"})
    assert wrong.status_code == 422
    assert "no region “TX”" in wrong.content.decode()


def test_bad_hours_come_back_with_a_sentence(client, boss, office) -> None:
    address = reverse("calendar-day", args=[office.slug])
    for hours, words in (("nine", "two times"), ("09:00-12:00, 11:00-13:00", "overlap")):
        answer = client.post(address, {"day": "2027-01-05", "name": "Fair", "hours": hours})
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_a_calendar_of_ones_own_is_made_changed_and_worked_by(client, boss, office) -> None:
    week = {"day0": "22:00-06:00", "day5": "09:00-12:00"}
    new = reverse("calendar-new")
    assert client.post(new, {"name": "Night", "zone": "Mars", **week}).status_code == 422
    never = client.post(new, {"name": "Night", "zone": "Europe/Berlin"})
    assert "never open" in never.content.decode()
    client.post(new, {"name": "Night", "zone": "Europe/Berlin", **week})
    night = Calendar.objects.get(slug="night")
    assert night.week == {"0": [["22:00", "06:00"]], "5": [["09:00", "12:00"]]}
    person = reverse("calendar-person", args=["night"])
    shown = client.post(person, {"person": boss.pk}).content.decode()
    assert "No running clock moves." in shown
    assert not CalendarChoice.objects.exists()
    client.post(person, {"person": boss.pk, "confirm": "1"})
    assert CalendarChoice.objects.get(user=boss).calendar == night
    page = client.get(reverse("calendar", args=["night"])).content.decode()
    assert "22:00–06:00" in page
    assert boss.name in page
    change = {"name": "Nights", "zone": "Europe/Paris", "day1": "21:00-05:00"}
    week_page = reverse("calendar-week", args=["night"])
    assert "Europe/Paris" in client.post(week_page, change).content.decode()
    assert client.post(week_page, {**change, "day1": "21:00-05:00, 22:00-23:00"}).status_code == 422
    night.refresh_from_db()
    assert night.name == "Night"
    client.post(week_page, change | {"confirm": "1"})
    night.refresh_from_db()
    assert (night.name, night.week) == ("Nights", {"1": [["21:00", "05:00"]]})
    assert client.get(reverse("calendar-week", args=[office.slug])).status_code == 403


@pytest.fixture
def west(office):
    """Terms that count the first touch in its owner's hours, and a calendar that none sign."""
    clauses = default_clauses("Europe/Berlin")
    clauses[3]["body"] |= {"calendar": "owner", "otherwise": "office-hours"}
    make_terms(at=SIGNED + timedelta(days=1), clauses=clauses)
    week = {str(day): [["09:00", "17:00"]] for day in range(5)}
    return Calendar.objects.create(slug="west", name="West", zone="America/New_York", week=week)


def held_by(user, *, hour: int = 10):
    """A handoff of the 2nd of March that its owner got an hour later."""
    handoff = started(local(2, hour))
    type(handoff).objects.filter(pk=handoff.pk).update(owner=user, routed_at=local(2, hour + 1))
    follow_handoffs([handoff.pk], at=local(2, hour + 1))
    return handoff


def test_who_works_by_another_calendar_is_told_what_moves_and_keeps_what_was_used(
    client, boss, west
) -> None:
    user = make_user(team=boss.memberships.get().team)
    theirs, other = held_by(user), held_by(make_user())
    assert clock_of(theirs).due_at == clock_of(other).due_at == local(2, 14)
    found = impact_of_choice(user, west, at=local(2, 12))
    assert (found.later, found.earlier) == (1, 0)  # the disposition is counted day and night
    given = {"person": user.pk, "confirm": "1"}
    assert client.post(reverse("calendar-person", args=["west"]), given).status_code == 302
    recompute_clocks([Event.objects.get(kind="calendar.chosen")], local(2, 12))
    clock = clock_of(theirs)
    assert (clock.calendar, clock.used, clock.due_at) == ("west", 3600, local(2, 18))
    assert clock_of(other).due_at == local(2, 14)


def test_another_week_or_zone_says_what_moves_and_leaves_closed_clocks_alone(
    client, boss, west
) -> None:
    user = make_user(team=boss.memberships.get().team)
    CalendarChoice.objects.create(user=user, calendar=west)
    running, closed = held_by(user), held_by(user)
    decide(closed, local(2, 13))
    follow_handoffs([closed.pk], at=local(2, 13))
    assert clock_of(running).due_at == clock_of(closed).due_at == local(2, 18)
    for zone, week, due in (
        ("America/Chicago", west.week, local(2, 19)),
        ("America/New_York", {"0": [["08:00", "09:00"], ["10:00", "18:00"]]}, local(2, 18)),
        ("America/New_York", {"0": [["08:00", "12:00"]]}, local(2, 17)),
    ):
        before = clock_of(running).due_at
        found = impact_of_week(west, zone=zone, week=week, at=local(2, 14))
        assert (found.later, found.earlier) == (int(due > before), int(due < before))
        days = {f"day{n}": ", ".join("-".join(pair) for pair in week[n]) for n in week}
        given = {"name": "West", "zone": zone, "confirm": "1", **days}
        assert client.post(reverse("calendar-week", args=["west"]), given).status_code == 302
        recompute_clocks([Event.objects.filter(kind="calendar.changed").latest("pk")], local(2, 14))
        west.refresh_from_db()
        assert (west.zone, west.week) == (zone, week)
        assert clock_of(running).due_at == due
        assert clock_of(closed).due_at == local(2, 18)


def test_a_newly_signed_calendar_gets_a_row_for_its_holidays() -> None:
    clauses = default_clauses("Europe/Berlin")
    clauses[0] = {**clauses[0], "key": "berlin"}
    clauses[3]["body"] |= {"calendar": "berlin"}
    make_terms(at=SIGNED, clauses=clauses)
    for _again in range(2):
        keep_signed_calendars([], SIGNED + timedelta(days=1))
    assert Calendar.objects.get(slug="berlin").week == clauses[0]["body"]["week"]
