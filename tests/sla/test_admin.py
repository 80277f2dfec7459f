"""The admins' pages of the SLA: days go through services, what follows is only read."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.admin.sites import site
from django.urls import reverse

from portal.events.models import Event
from sla.breaches.models import Breach
from sla.breaches.services import find_breaches, follow_handoffs
from sla.calendar.models import CalendarChoice, ClosedDay
from sla.calendar.services import seed_calendars
from sla.clocks.models import Clock
from tests.factories import make_handoff, make_terms, make_user

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def admin(client):
    user = make_user(role="admin", is_superuser=True)
    client.force_login(user)
    return user


def day(**values):
    office = seed_calendars(by=None, at=AT)["office-hours"]
    given = {"calendar": office.pk, "day": "2026-12-25", "name": "Christmas", "intervals": "[]"}
    return given | values


def test_a_holiday_is_added_and_removed_with_its_events(client, admin) -> None:
    client.post(reverse("admin:sla_closedday_add"), day(is_holiday="on"))
    row = ClosedDay.objects.get()
    assert (row.day, row.is_holiday) == (date(2026, 12, 25), True)
    client.post(reverse("admin:sla_closedday_delete", args=[row.pk]), {"post": "yes"})
    assert not ClosedDay.objects.exists()
    events = Event.objects.filter(kind="calendar.changed")
    assert [event.actor for event in events] == [admin, admin]


def test_hours_that_overlap_are_refused_in_the_form(client, admin) -> None:
    hours = '[["09:00", "12:00"], ["11:00", "13:00"]]'
    answer = client.post(reverse("admin:sla_closedday_add"), day(intervals=hours))
    assert "overlap" in answer.content.decode()
    answer = client.post(
        reverse("admin:sla_closedday_add"), day(is_holiday="on", intervals='[["09:00", "12:00"]]')
    )
    assert "A holiday has no hours" in answer.content.decode()
    assert not ClosedDay.objects.exists()


def test_a_person_gets_a_calendar_with_an_event(client, admin) -> None:
    user, office = make_user(), seed_calendars(by=None, at=AT)["office-hours"]
    client.post(reverse("admin:sla_calendarchoice_add"), {"user": user.pk, "calendar": office.pk})
    assert CalendarChoice.objects.get().calendar == office
    assert Event.objects.get(kind="calendar.chosen").actor == admin


@pytest.mark.parametrize("model", [Clock, Breach])
def test_clocks_and_breaches_are_read_and_never_changed(client, admin, model, rf) -> None:
    make_terms(at=AT)
    handoff = make_handoff(at=AT)
    follow_handoffs([handoff.pk], at=AT)
    find_breaches(at=datetime(2026, 3, 4, tzinfo=UTC))
    name = model._meta.model_name
    assert client.get(reverse(f"admin:sla_{name}_changelist")).status_code == 200
    row = model.objects.first()
    assert client.get(reverse(f"admin:sla_{name}_change", args=[row.pk])).status_code == 200
    request = rf.get("/")
    request.user = admin
    page = site.get_model_admin(model)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)
