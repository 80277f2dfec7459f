from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.notifications.models import Notification
from portal.notifications.services import News, count_unread, mark_read, shortened, tell, tell_each
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def say(user, number, at, **values) -> None:
    given = {"kind": "handoff", "key": f"key {number}", "text": f"Line {number}", "url": "/"}
    tell(users=[user], at=at, **given | values)


def test_many_are_told_in_one_statement_and_nobody_twice(now, django_assert_num_queries) -> None:
    people = [make_user() for _ in range(3)]
    for _ in range(2):
        with django_assert_num_queries(1):
            tell(users=people, kind="breach", key="clock:7", text="Late.", url="/x/", at=now)
    assert Notification.objects.count() == 3
    tell_each([], at=now)


def test_a_long_line_is_cut(now) -> None:
    user = make_user()
    tell_each([News(user.pk, "handoff", "k", "x" * 400, "/")], at=now)
    assert Notification.objects.get().text == "x" * 299 + "…"
    assert shortened("short") == "short"


def test_unread_is_counted_and_reading_is_ones_own(now) -> None:
    me, other = make_user(), make_user()
    for number in range(3):
        say(me, number, now)
    say(other, 0, now)
    first = Notification.objects.filter(user=me).first()
    assert mark_read(by=other, at=now, notification=first) == 0
    assert mark_read(by=me, at=now, notification=first) == 1
    assert (count_unread(me), count_unread(other)) == (2, 1)
    assert mark_read(by=me, at=now + timedelta(hours=1)) == 2
    assert mark_read(by=me, at=now + timedelta(hours=2)) == 0
    first.refresh_from_db()
    assert first.read_at == now


def test_the_bell_lists_the_newest_first_and_only_mine(client, now) -> None:
    me = make_user()
    say(me, 1, now)
    say(me, 2, now + timedelta(minutes=1))
    say(make_user(), 3, now)
    client.force_login(me)
    text = client.get(reverse("notifications")).content.decode()
    assert text.index("Line 2") < text.index("Line 1")
    assert "Line 3" not in text
    assert "Mark all as read" in text


def test_opening_a_line_marks_it_and_goes_there(client, now) -> None:
    me = make_user()
    say(me, 1, now, url="/desk/")
    line = Notification.objects.get()
    client.force_login(me)
    answer = client.post(reverse("notification-open", args=[line.pk]))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    assert count_unread(me) == 0
    client.force_login(make_user())
    assert client.post(reverse("notification-open", args=[line.pk])).status_code == 404


def test_all_are_marked_read_at_once(client, now) -> None:
    me = make_user()
    for number in range(3):
        say(me, number, now)
    client.force_login(me)
    answer = client.post(reverse("notifications-read"), follow=True)
    assert "Mark all as read" not in answer.content.decode()
    assert count_unread(me) == 0


def test_an_empty_bell_says_what_comes_next(client) -> None:
    client.force_login(make_user())
    assert (
        "Nothing has been said to you yet" in client.get(reverse("notifications")).content.decode()
    )


def test_the_bell_costs_the_same_at_one_and_at_forty(client, now) -> None:
    me = make_user()
    client.force_login(me)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("notifications"))
        return len(queries)

    say(me, 0, now)
    cost()
    one = cost()
    for number in range(1, 40):
        say(me, number, now)
    assert cost() == one
