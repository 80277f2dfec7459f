"""Booking by the page: free times, what was typed is kept, collisions said, sent twice once."""

from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from icalendar import Calendar

from leads.dispositions.services import accept
from leads.meetings.models import Meeting
from leads.meetings.services import book
from portal.leadpage.slots import free_times, slots_of
from sla.calendar.hours import WorkingCalendar
from sla.calendar.models import Calendar as Hours
from sla.calendar.services import choose_calendar
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


scene = staged(Scene)


@pytest.fixture
def lead(scene):
    return scene.handoff(scene.sofia, name="Marta Lindqvist").lead


def tomorrow(scene, hours: int = 24) -> datetime:
    return scene.at + timedelta(hours=hours)


def wall(at: datetime) -> str:
    """Write an instant as a browser sends it from Berlin, where everybody here is."""
    return at.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M")


def sent(scene, **given) -> dict[str, str]:
    usual = {
        "host": str(scene.sofia.pk), "slot": "", "starts_at": wall(tomorrow(scene)),
        "minutes": "30", "subject": "First conversation", "place": "Room 1",
    }  # fmt: skip
    return usual | given


def address(lead) -> str:
    return reverse("meeting-new", args=[lead.public_id])


def test_the_form_offers_free_times_of_the_host(scene, lead, client) -> None:
    client.force_login(scene.sofia)
    page = client.get(address(lead))
    assert len(page.context["slots"]) == 6
    first = page.context["slots"][0]
    client.post(address(lead), sent(scene, slot=first.isoformat(), starts_at=""))
    made = Meeting.objects.get()
    assert (made.starts_at, made.host, made.handoff.lead) == (first, scene.sofia, lead)
    assert first not in client.get(address(lead)).context["slots"]
    other = client.get(address(lead), {"host": scene.jan.pk, "subject": "Typed before"})
    assert first in other.context["slots"]
    assert "Typed before" in other.content.decode()


def test_times_are_read_in_the_readers_zone(scene, lead, client) -> None:
    scene.sofia.zone = "America/New_York"
    scene.sofia.save()
    client.force_login(scene.sofia)
    day = (scene.at + timedelta(days=3)).strftime("%Y-%m-%d")
    client.post(address(lead), sent(scene, starts_at=f"{day}T10:00"))
    made = Meeting.objects.get().starts_at
    assert made.strftime("%H:%M") in {"14:00", "15:00"}  # summer or winter there


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"starts_at": "2020-01-01T10:00"}, "this one has passed"),
        ({"starts_at": ""}, "Choose one of the free times"),
        ({"starts_at": "soon"}, "Write the time like"),
        ({"slot": "2030-01-01T10:00"}, "Choose one of the free times"),
        ({"slot": "x" * 300}, "at most 40"),
        ({"minutes": "3"}, "5 minutes to 8 hours"),
        ({"minutes": "9" * 30}, "5 minutes to 8 hours"),
        ({"subject": ""}, "what the meeting is about"),
        ({"subject": "x" * 201}, "200 characters"),
        ({"host": "0"}, "yourself or an account executive"),
        ({"host": "x"}, "yourself or an account executive"),
        ({"public_id": "x"}, "UUID"),
        ({"note": "\x00"}, "Null characters"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
    scene, lead, client, given, words
) -> None:
    client.force_login(scene.sofia)
    kept = {"place": "Room <7>", "note": "Bring the offer"}
    answer = client.post(address(lead), sent(scene, **kept | given))
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in page
    assert "Room &lt;7&gt;" in page
    assert "note" in given or "Bring the offer" in page
    assert not Meeting.objects.exists()


def test_a_collision_is_said_and_booked_when_asked_again(scene, lead, client) -> None:
    other = scene.handoff(scene.anna, name="Secret Person").lead
    book(
        lead=other, handoff=None, host=scene.jan, starts_at=tomorrow(scene), minutes=60,
        subject="Hush", by=scene.anna, at=scene.at,
    )  # fmt: skip
    client.force_login(scene.sofia)
    asked = sent(scene, host=str(scene.jan.pk))
    answer = client.post(address(lead), asked)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Jan has another meeting from" in page
    assert "Secret Person" not in page
    assert "Hush" not in page
    done = client.post(address(lead), asked | {"overlaps": "on"})
    assert done.status_code == HTTPStatus.FOUND
    assert Meeting.objects.filter(host=scene.jan).count() == 2


def test_sent_twice_it_books_once_and_goes_where_one_came_from(scene, lead, client) -> None:
    client.force_login(scene.sofia)
    asked = sent(scene, public_id=str(uuid4()), next="/desk/")
    for _ in range(2):
        assert client.post(address(lead), asked).headers["Location"] == "/desk/"
    assert Meeting.objects.count() == 1
    evil = client.post(address(lead), sent(scene, next="//evil.example/", overlaps="on"))
    assert evil.headers["Location"] == lead.get_absolute_url()


def test_moving_by_the_page(scene, lead, client) -> None:
    client.force_login(scene.sofia)
    client.post(address(lead), sent(scene))
    made = Meeting.objects.get()
    move = reverse("meeting-move", args=[made.public_id])
    page = client.get(move).content.decode()
    assert wall(made.starts_at) in page
    asked = sent(scene, place="Room 2", sequence="0")
    assert client.post(move, asked).headers["Location"] == made.get_absolute_url()
    late = client.post(move, asked | {"place": "Room 3"})
    assert late.status_code == HTTPStatus.CONFLICT
    assert "Sofia changed this meeting" in late.content.decode()
    assert "Room 3" in late.content.decode()
    assert 'name="sequence" value="1"' in late.content.decode()
    assert client.post(move, asked | {"place": "Room 3", "sequence": "1"}).status_code == 302
    made.refresh_from_db()
    assert (made.place, made.sequence) == ("Room 3", 2)


def test_the_file_is_for_who_sees_the_meeting(scene, lead, client) -> None:
    client.force_login(scene.sofia)
    client.post(address(lead), sent(scene))
    made = Meeting.objects.get()
    file = reverse("meeting-ics", args=[made.public_id])
    answer = client.get(file)
    calendar = Calendar.from_ical(answer.content)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in calendar.walk("VEVENT")[0]
    client.force_login(scene.anna)
    for name in ("meeting", "meeting-ics", "meeting-move"):
        assert client.get(reverse(name, args=[made.public_id])).status_code == HTTPStatus.NOT_FOUND


def test_a_host_sees_the_meeting_before_the_lead_is_theirs(scene, lead, client) -> None:
    client.force_login(scene.sofia)
    client.post(address(lead), sent(scene, host=str(scene.jan.pk)))
    made = Meeting.objects.get()
    client.force_login(scene.jan)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Marta Lindqvist" in page
    assert lead.get_absolute_url() not in page
    assert made.get_absolute_url() in client.get(reverse("meetings")).content.decode()


def test_who_booked_it_sees_it_when_the_lead_is_somebody_elses(scene, lead, client) -> None:
    client.force_login(scene.sofia)
    client.post(address(lead), sent(scene))
    made = Meeting.objects.get()
    lead.handoffs.update(owner=scene.anna)
    assert client.get(lead.get_absolute_url()).status_code == HTTPStatus.NOT_FOUND
    assert client.get(made.get_absolute_url()).status_code == HTTPStatus.OK


def test_it_shows_on_the_lead_until_somebody_says_how_it_went(scene, lead, client) -> None:
    client.force_login(scene.sofia)
    client.post(address(lead), sent(scene))
    made = Meeting.objects.get()
    page = client.get(lead.get_absolute_url()).content.decode()
    assert made.get_absolute_url() in page
    assert address(lead) in page
    Meeting.objects.filter(pk=made.pk).update(starts_at=scene.at - timedelta(hours=2))
    mine = client.get(reverse("meetings")).content.decode()
    assert "Did it take place?" in mine
    client.post(reverse("meeting-held", args=[made.public_id]))
    made.refresh_from_db()
    assert made.held_at is not None
    assert "Did it take place?" not in client.get(reverse("meetings")).content.decode()


def test_marketing_reads_meetings_and_books_none(scene, lead, client) -> None:
    accept(handoff=lead.handoffs.get(), by=scene.sofia, at=scene.at, owner=scene.jan)
    client.force_login(scene.priya)
    assert client.get(address(lead)).status_code == HTTPStatus.FORBIDDEN
    assert address(lead) not in client.get(lead.get_absolute_url()).content.decode()


# Free times


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)  # Monday is the 2nd; Berlin is UTC+1


def berlin() -> WorkingCalendar:
    hours = ((time(9), time(12)), (time(13), time(17)))
    return WorkingCalendar(zone="Europe/Berlin", week=dict.fromkeys(range(5), hours))


def test_free_times_keep_to_working_hours_lunch_and_weekends() -> None:
    hour = timedelta(hours=1)
    found = free_times(berlin(), [], at=at(6, 14), length=hour)  # Friday, 15:00 there
    assert found == [at(6, 15), at(9, 8), at(9, 8, 30), at(9, 9), at(10, 8), at(10, 8, 30)]
    late = free_times(berlin(), [], at=at(2, 9), length=hour)
    assert at(2, 10) in late
    assert at(2, 10, 30) not in late  # it would run into lunch


def test_free_times_leave_out_what_is_taken() -> None:
    taken = [(at(2, 8), at(2, 11)), (at(2, 12), at(2, 12, 10))]
    found = free_times(berlin(), taken, at=at(2, 6), length=timedelta(minutes=30))
    assert found[:3] == [at(2, 12, 30), at(2, 13), at(2, 13, 30)]


def test_a_week_without_hours_has_none() -> None:
    closed = WorkingCalendar(zone="Europe/Berlin", week={})
    assert free_times(closed, [], at=at(2, 6), length=timedelta(minutes=30)) == []


def test_a_person_is_offered_in_the_calendar_they_chose(scene) -> None:
    always = Hours.objects.get(slug="always")
    usual = slots_of(scene.sofia, at=scene.at, minutes=30)
    choose_calendar(user=scene.sofia, calendar=always, by=None, at=scene.at)
    free = slots_of(scene.sofia, at=scene.at, minutes=30)
    assert free != usual
    assert free[0] <= scene.at + timedelta(hours=2)
