import pytest

from portal.accounts.models import User
from portal.core.paging import keyset_page

pytestmark = pytest.mark.django_db
ORDERS = [("name", "pk"), ("-name", "pk"), ("-last_login", "-pk"), ("last_login", "name", "pk")]


def walk(order, direction="next", cursor="", size=3):
    pages = []
    while True:
        page = keyset_page(User.objects.all(), order=order, cursor=cursor, size=size)
        pages.append([user.pk for user in page])
        cursor = getattr(page, direction)
        if not cursor:
            return pages, page


@pytest.fixture
def people(now):
    for n in range(11):
        User.objects.create(
            email=f"p{n}@example.test", name=f"Name {n % 3}", last_login=now if n % 2 else None
        )


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_every_row_is_read_once_forwards_and_backwards(people, order):
    forwards, last = walk(order)
    seen = [pk for page in forwards for pk in page]
    assert sorted(seen) == sorted(User.objects.values_list("pk", flat=True))
    assert len(forwards) == 4
    backwards, first = walk(order, "previous", cursor=last.previous)
    assert [pk for page in reversed(backwards) for pk in page] == seen[:-2]
    assert first.previous == ""


def test_empty_values_come_last_in_both_directions(people):
    for order in (("last_login", "pk"), ("-last_login", "pk")):
        page = keyset_page(User.objects.all(), order=order, size=50)
        dates = [user.last_login for user in page]
        assert all(dates[:5])
        assert not any(dates[5:])


def test_a_row_inserted_before_the_cursor_is_not_shown_twice(people):
    page = keyset_page(User.objects.all(), order=("name", "pk"), size=5)
    User.objects.create(email="new@example.test", name="A")
    following = keyset_page(User.objects.all(), order=("name", "pk"), cursor=page.next, size=50)
    assert {u.pk for u in page}.isdisjoint({u.pk for u in following})
    assert len(page) + len(following) == 11


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", "WyI+Il0", "WyI_IiwxLDJd", "bnVsbA", "W10", "WyI-IiwiYSIsIngiXQ"]
)
def test_a_cursor_that_nobody_made_reads_as_the_first_page(people, cursor):
    first = keyset_page(User.objects.all(), order=("name", "pk"), size=3)
    page = keyset_page(User.objects.all(), order=("name", "pk"), cursor=cursor, size=3)
    assert [u.pk for u in page] == [u.pk for u in first]
