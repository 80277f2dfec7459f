"""The scoreboard as a file, and due times as a calendar with a secret address."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qs

import openpyxl
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from portal.accounts.models import Role, User
from portal.events.models import Event
from sla.breaches.models import Excuse
from sla.breaches.services import follow_handoffs
from sla.clocks.models import Clock
from sla.scoreboard.feed import due_calendar
from sla.scoreboard.files import clock_sheet
from sla.scoreboard.filters import ClockFilter
from tests.factories import make_handoff, make_lead, make_team, make_terms, make_user
from tests.sla.scoreboard.company import Company

pytestmark = pytest.mark.django_db
SIGNED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def sdr() -> User:
    return make_user(team=make_team())


@pytest.fixture
def due(sdr) -> None:
    """Two handoffs of the SDR with their clocks, made just now."""
    make_terms(at=SIGNED)
    at = timezone.now().replace(microsecond=0)
    made = [make_handoff(make_lead(name=name, at=at), at=at, owner=sdr, team=sdr.teams.first())
            for name in ("=Marta", "Olga")]  # fmt: skip
    follow_handoffs([one.pk for one in made], at=at)


def test_the_scoreboard_is_taken_along_as_it_is_shown(client, due) -> None:
    client.force_login(make_user(role=Role.LEADERSHIP))
    csv = b"".join(client.get(reverse("scoreboard-file", args=["csv"])).streaming_content).decode()
    assert "Promises of sales" in csv
    assert re.search(r"First touch,14400,1,0,0,,,,0,0,0,0,2", csv)
    book = client.get(reverse("scoreboard-file", args=["xlsx"]))
    sheets = openpyxl.load_workbook(BytesIO(b"".join(book.streaming_content)))
    assert {"Team", "Source", "Hour of arrival"} <= set(sheets.sheetnames)
    assert client.get(reverse("scoreboard-file", args=["pdf"])).status_code == 404


def test_clocks_are_taken_along_only_as_far_as_one_may_see_them(client, due, sdr) -> None:
    client.force_login(sdr)
    text = b"".join(client.get(reverse("clocks-file", args=["csv"])).streaming_content).decode()
    assert text.count("\n") == 5
    assert "'=Marta" in text
    client.force_login(make_user(team=make_team()))
    text = b"".join(client.get(reverse("clocks-file", args=["csv"])).streaming_content).decode()
    assert text.count("\n") == 1


def test_a_file_of_clocks_and_a_calendar_cost_the_same_however_many_there_are(due, sdr) -> None:
    at = timezone.now()

    def costs() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as sheet:
            rows = list(clock_sheet(Clock.objects.all(), at=at).rows)
        assert len(rows) == Clock.objects.count()
        assert [row[-1] for row in rows if row[-1]] == ["The line was dead."]
        with CaptureQueriesContext(connection) as calendar:
            assert due_calendar(sdr, at=at).count(b"BEGIN:VEVENT") == len(rows)
        asked = [one for one in sheet.captured_queries if "sla_clock" in one["sql"]]
        return len(asked), len(calendar)

    clock = Clock.objects.earliest("pk")
    Excuse.objects.create(clock=clock, reason="No time.", at=at, withdrawn_at=at)
    Excuse.objects.create(clock=clock, reason="The line was dead.", at=at)
    few = costs()
    made = [make_handoff(owner=sdr, team=sdr.teams.first()) for _ in range(9)]
    follow_handoffs([one.pk for one in made], at=at)
    assert costs() == few
    assert few[0] == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_file_begins_before_the_database_has_all_of_it_and_is_of_one_instant() -> None:
    """A cursor that is held beyond its statement works everything out before the first row."""
    at = timezone.now().replace(microsecond=0)
    make_terms(at=SIGNED)
    made = [make_handoff(at=at) for _ in range(3)]
    follow_handoffs([one.pk for one in made], at=at)
    rows = iter(clock_sheet(Clock.objects.all(), at=at).rows)
    first = next(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_holdable FROM pg_cursors")
        assert cursor.fetchall() == [(False,)]
    with ThreadPoolExecutor(1) as other:
        other.submit(stamp_all, at).result()
    stamped = [row[7] for row in (first, *rows)]
    assert stamped == [None] * 6
    assert not connection.in_atomic_block
    rows = iter(clock_sheet(Clock.objects.all(), at=at).rows)
    assert next(rows)[7] == at
    rows.close()  # who leaves early leaves no transaction behind
    assert not connection.in_atomic_block


def stamp_all(at: datetime) -> None:
    Clock.objects.update(stamped_at=at)
    connection.close()


def test_due_times_are_read_by_who_has_the_address_until_it_is_replaced(client, due, sdr) -> None:
    client.force_login(sdr)
    page = client.post(reverse("due-times"), {"act": "make"}).content.decode()
    path = re.search(r"/sla/due/[\w-]+\.ics", page)[0]
    assert path not in client.get(reverse("due-times")).content.decode()
    client.logout()
    answer = client.get(path)
    calendar = Calendar.from_ical(answer.content)
    events = calendar.walk("VEVENT")
    assert {str(one["summary"]) for one in events} >= {"First touch: Olga", "Disposition: Olga"}
    assert len(events) == 4
    assert all(one.walk("VALARM") for one in events)
    client.force_login(sdr)
    client.post(reverse("due-times"), {"act": "make"})
    assert client.get(path).status_code == 404
    kinds = Event.objects.filter(kind__startswith="due_feed").values_list("kind", flat=True)
    assert list(kinds) == ["due_feed.made", "due_feed.made"]


def test_an_address_is_dead_once_switched_off_or_its_owner_has_left(client, sdr) -> None:
    client.force_login(sdr)
    made = [client.post(reverse("due-times"), {"act": "make"}).context["address"]]
    client.post(reverse("due-times"), {"act": "end"})
    made.append(client.post(reverse("due-times"), {"act": "make"}).context["address"])
    User.objects.filter(pk=sdr.pk).update(is_active=False)
    paths = ["/" + address.split("/", 3)[3] for address in made]
    assert [client.get(path).status_code for path in paths] == [404, 404]


def test_a_number_of_the_board_opens_the_clocks_behind_it(client, due) -> None:
    client.force_login(make_user(role=Role.LEADERSHIP))
    board = client.get(reverse("scoreboard")).content.decode()
    links = set(re.findall(r'href="(/sla/clocks/\?[^"]+)"', board))
    assert any("clause=first-touch" in link for link in links)
    for link in links:
        page = client.get(link.replace("&amp;", "&"))
        assert page.status_code == 200
        assert page.context["page"].rows, link
    hour = (timezone.now() + timedelta(hours=12)).hour
    assert not client.get(reverse("clocks"), {"hour": hour}).context["page"].rows


def test_each_number_of_clocks_opens_as_many_as_it_says(client) -> None:
    company, number = Company(1), re.compile(r'href="/sla/clocks/[?]([^"]+)">([\d,]+)</a>')
    client.force_login(company.admin)
    days = {"since": "2026-03-01", "until": "2026-05-01"}
    board = client.get(reverse("scoreboard"), days).content.decode()
    found = {(query.replace("&amp;", "&"), int(n.replace(",", "")))
             for query, n in number.findall(board)}  # fmt: skip
    assert {parse_qs(query)["state"][0] for query, _n in found} >= {"late", "ended", "waiting"}
    at = timezone.now()
    for query, n in found:
        chosen = ClockFilter(QueryDict(query), queryset=Clock.objects.all(), at=at)
        assert (chosen.is_valid(), chosen.qs.count()) == (True, n), query
    lines = re.findall(r'href="/sla/clocks/[?]([^"]+)">(No team|Nobody yet|No source)</a>', board)
    for query, _name in lines:
        assert client.get(f"/sla/clocks/?{query.replace('&amp;', '&')}").context["page"].rows
    assert lines
