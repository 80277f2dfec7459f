"""The morning mail: when, to whom, saying what they may see, once, and how one stops it."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.dispositions.appeals import answer, contest
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Handoff
from leads.meetings.services import book
from leads.tasks.services import create_follow_up
from portal.accounts.models import Role, User
from portal.events.models import Event
from portal.home import posting
from portal.home.posting import off_token, post_digests, stop_digest
from sla.calendar.models import Calendar, ClosedDay
from tests.factories import make_team, make_user
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # 07:30 in Berlin
DAY = timedelta(days=1)


scene = staged(partial(Scene, at=MONDAY))


def wants(*users: User, digest: str = "daily", **more) -> None:
    for user in users:
        for name, value in {"digest": digest, **more}.items():
            setattr(user, name, value)
        user.save()


def rejected(scene: Scene, handoff: Handoff, at: datetime, code: str = "wrong_industry"):
    reason = Reason.objects.get(code=code)
    made = reject(handoff=handoff, reason=reason, by=handoff.owner, at=at)
    return Disposition.objects.select_related("handoff__lead").get(pk=made.pk)


def test_an_sdr_reads_what_waits_and_what_is_due_today(scene, mailoutbox) -> None:
    wants(scene.sofia)
    late, soon, calm, asleep = (
        scene.handoff(scene.sofia, name=name) for name in ("Late", "Soon", "Calm", "Asleep")
    )
    scene.late(late)
    scene.soon(soon)
    Handoff.objects.filter(pk=calm.pk).update(due_at=MONDAY + DAY, warn_at=MONDAY + DAY)
    Handoff.objects.filter(pk=asleep.pk).update(
        snoozed_at=MONDAY - DAY, snoozed_until=MONDAY + timedelta(hours=3),
        due_at=MONDAY + DAY, warn_at=MONDAY + DAY,
    )  # fmt: skip
    scene.handoff(scene.anna, name="Somebody else’s")
    for due, why in ((MONDAY + timedelta(hours=2), "Call today"), (MONDAY + 2 * DAY, "Call later")):
        create_follow_up(
            lead=calm.lead, assignee=scene.sofia, due_at=due, why=why, by=scene.sofia, at=MONDAY
        )
    for hours, about in ((4, "Demo today"), (30, "Demo tomorrow")):
        book(
            lead=calm.lead, handoff=None, host=scene.sofia, minutes=30, subject=about,
            starts_at=MONDAY + timedelta(hours=hours), by=scene.sofia, at=MONDAY,
        )  # fmt: skip
    assert post_digests(at=MONDAY) == 1
    (mail,) = mailoutbox
    assert mail.to == [scene.sofia.email]
    assert mail.subject == "1 breached, 1 at risk, 3 leads wait, snoozed until today, 1 meeting"
    for words in ("Late", "Soon", "Asleep", "Call today", "11:30 Demo today"):
        assert words in mail.body
    for words in ("Calm\n", "Somebody else", "Call later", "Demo tomorrow"):
        assert words not in mail.body
    assert f"http://localhost:8000{late.get_absolute_url()}" in mail.body
    (html, kind) = mail.alternatives[0]
    assert kind == "text/html"
    assert f'<a href="http://localhost:8000{late.get_absolute_url()}">Late</a>' in html


def test_a_sales_lead_reads_of_their_teams_only(scene, mailoutbox) -> None:
    elsewhere = make_user(role=Role.SALES_LEAD, team=make_team("Elsewhere"))
    wants(scene.tom, elsewhere)
    scene.late(scene.handoff(scene.sofia, name="Ours"))
    contest(
        disposition=rejected(scene, scene.handoff(scene.anna, name="Contested"), MONDAY),
        by=scene.priya, words="Look again", at=MONDAY,
    )  # fmt: skip
    assert post_digests(at=MONDAY) == 1  # the other team's lead has nothing to read
    (mail,) = mailoutbox
    assert mail.to == [scene.tom.email]
    assert "with Sofia" in mail.body
    assert "1 open appeal" in mail.subject
    assert "contested by Priya" in mail.body


def test_marketing_reads_rejections_since_the_last_one_with_reasons(scene, mailoutbox) -> None:
    wants(scene.priya, digested_on=date(2026, 2, 27))  # Friday
    told = ((5, "spam"), (3, "just_exploring"), (2, "just_exploring"), (1, "wrong_industry"))
    for days, code in (*told, (0, "spam")):  # today's are for tomorrow
        handoff = scene.handoff(scene.sofia, age=timedelta(days=days, hours=1))
        rejected(scene, handoff, MONDAY - days * DAY, code)
    assert post_digests(at=MONDAY) == 1
    body = mailoutbox[0].body
    assert mailoutbox[0].subject == "3 rejections, last week: 4 decided"
    body, _, week = body.partition("Last week: 4 decided")
    assert "1 spam" in week, "Monday's tells of the week besides"
    assert body.index("2 just exploring") < body.index("1 wrong industry")
    assert "spam" not in body
    assert "reason=just_exploring" in body


def test_marketing_reads_how_its_appeals_were_answered(scene, mailoutbox) -> None:
    wants(scene.priya)
    marta = scene.handoff(scene.sofia, name="Marta", age=4 * DAY)
    made = contest(
        disposition=rejected(scene, marta, MONDAY - 3 * DAY),
        by=scene.priya, words="Look again", at=MONDAY - 3 * DAY,
    )  # fmt: skip
    answer(appeal=made, by=scene.tom, at=MONDAY - DAY, is_granted=False, words="No.")
    assert post_digests(at=MONDAY) == 1
    assert "Marta (upheld by Tom)" in mailoutbox[0].body


def test_nothing_to_say_sends_nothing(scene, mailoutbox) -> None:
    wants(*scene.people.values())
    assert post_digests(at=MONDAY) == 0
    assert not mailoutbox
    assert User.objects.get(pk=scene.sofia.pk).digested_on == MONDAY.date()


def test_it_comes_once_a_day_however_often_it_is_asked_for(scene, mailoutbox) -> None:
    wants(scene.sofia)
    scene.late(scene.handoff(scene.sofia))
    assert [post_digests(at=MONDAY + timedelta(minutes=10 * n)) for n in range(4)] == [1, 0, 0, 0]
    assert post_digests(at=MONDAY + DAY) == 1
    assert len(mailoutbox) == 2


@pytest.mark.parametrize(
    ("zone", "at", "comes"),
    [
        ("Europe/Berlin", MONDAY.replace(hour=5, minute=59), False),  # 06:59
        ("Europe/Berlin", MONDAY.replace(hour=6, minute=0), True),
        ("Europe/Berlin", MONDAY.replace(hour=11, minute=0), False),  # noon
        ("America/New_York", MONDAY, False),  # in the night
        ("America/New_York", MONDAY.replace(hour=12, minute=30), True),
        ("Pacific/Auckland", MONDAY - timedelta(hours=12), True),  # Monday there already
        ("Europe/Berlin", MONDAY - DAY, False),  # Sunday
    ],
)
def test_it_comes_in_the_morning_of_the_readers_working_day(
    scene, mailoutbox, zone, at, comes
) -> None:
    wants(scene.sofia, zone=zone)
    scene.late(scene.handoff(scene.sofia, age=3 * DAY))
    assert post_digests(at=at) == comes


def test_weekly_comes_on_the_first_working_day_of_the_week(scene, mailoutbox) -> None:
    wants(scene.sofia, digest="weekly")
    scene.late(scene.handoff(scene.sofia))
    hours = Calendar.objects.get(slug="office-hours")
    ClosedDay.objects.create(calendar=hours, day=MONDAY.date() + 7 * DAY, name="A holiday")
    days = [n for n in range(14) if post_digests(at=MONDAY + n * DAY)]
    assert days == [0, 8]


def test_who_left_or_wants_none_gets_none(scene, mailoutbox) -> None:
    for user in (scene.sofia, scene.anna):
        scene.late(scene.handoff(user))
    wants(scene.sofia, is_active=False)
    assert post_digests(at=MONDAY) == 0


def test_what_cannot_leave_is_tried_again(scene, mailoutbox, monkeypatch) -> None:
    wants(scene.sofia, digested_on=date(2026, 2, 27))
    scene.late(scene.handoff(scene.sofia))
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        assert post_digests(at=MONDAY) == 0
    assert User.objects.get(pk=scene.sofia.pk).digested_on == date(2026, 2, 27)
    assert post_digests(at=MONDAY + timedelta(minutes=10)) == 1


def refuse(*_given) -> None:
    raise ConnectionRefusedError("no mail server here")


def test_a_claim_that_somebody_else_has_is_left(scene, mailoutbox) -> None:
    wants(scene.sofia)
    scene.late(scene.handoff(scene.sofia))
    (due,) = posting._due(MONDAY)  # two workers found the same person
    assert post_digests(at=MONDAY) == 1
    assert due[0].digested_on is None
    assert not posting._waiting(due[1]).filter(pk=scene.sofia.pk).exists()


def test_one_click_stops_it(scene, mailoutbox) -> None:
    wants(scene.sofia)
    scene.late(scene.handoff(scene.sofia))
    post_digests(at=MONDAY)
    (mail,) = mailoutbox
    address = mail.extra_headers["List-Unsubscribe"].strip("<>")
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in mail.body
    path = address.removeprefix("http://localhost:8000")
    program = Client(enforce_csrf_checks=True)  # a mail program: no session, no token
    assert program.get(path).status_code == HTTPStatus.OK
    assert User.objects.get(pk=scene.sofia.pk).digest == "daily"  # opening it does nothing
    for _ in range(2):
        done = program.post(path, {"List-Unsubscribe": "One-Click"})
        assert "no digest any more" in done.content.decode()
    assert User.objects.get(pk=scene.sofia.pk).digest == "off"
    event = Event.objects.get(kind="person.settings_changed")
    assert (event.actor, event.payload) == (scene.sofia, {"changed": ["digest"]})
    assert program.get(path[:-3] + "x/").status_code == HTTPStatus.NOT_FOUND


def test_a_token_is_one_persons(scene) -> None:
    assert posting.user_of_token(off_token(scene.sofia)) == (scene.sofia, "digest")
    assert posting.user_of_token("1:forged") is None
    assert not stop_digest(user=scene.anna, at=timezone.now())


@pytest.mark.parametrize("name", ["sofia", "tom", "priya", "jan"])
def test_a_digest_costs_the_same_however_much_it_tells(scene, name) -> None:
    user = scene.people[name]
    costs = []
    for rows in (1, 6):
        for _ in range(rows):
            scene.late(scene.handoff(scene.sofia))
            gone = rejected(scene, scene.handoff(scene.anna, age=2 * DAY), MONDAY - DAY)
            contest(disposition=gone, by=scene.priya, words="Look", at=MONDAY - DAY)
            book(
                lead=gone.handoff.lead, handoff=None, host=scene.jan, minutes=30, subject="Demo",
                starts_at=MONDAY + timedelta(hours=2), by=scene.sofia, at=MONDAY, overlaps=True,
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            posting.digest_of(user, since=MONDAY - 3 * DAY, at=MONDAY)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 16
