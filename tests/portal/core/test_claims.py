import threading

import pytest
from django.db import connection, transaction

from portal.accounts.models import User
from portal.core.claims import claim
from portal.core.throttle import count_knock


def make_people(count):
    User.objects.bulk_create(
        User(email=f"p{n}@example.test", name=f"P{n}", role="sdr") for n in range(count)
    )


@pytest.mark.django_db
def test_a_claim_takes_the_first_rows_and_leaves_the_rest():
    make_people(5)
    first = claim(User.objects.filter(role="sdr").order_by("pk"), limit=2, role="marketing")
    again = claim(User.objects.filter(role="sdr").order_by("pk"), limit=9, role="marketing")
    assert len(first) == 2
    assert len(again) == 3
    assert max(first) < min(again)
    assert claim(User.objects.filter(role="sdr"), limit=9, role="marketing") == []


def in_threads(work, count):
    def run():
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_workers_claim_every_row_once():
    make_people(200)
    taken, lock = [], threading.Lock()

    def work():
        while ids := claim(User.objects.filter(role="sdr").order_by("pk"), limit=7, role="admin"):
            with lock:
                taken.extend(ids)

    in_threads(work, 8)
    assert len(taken) == 200
    assert len(set(taken)) == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rows_held_by_another_transaction_are_skipped():
    make_people(3)
    held = User.objects.order_by("pk").first()
    assert held is not None
    got = []
    with transaction.atomic():
        User.objects.select_for_update().get(pk=held.pk)
        in_threads(
            lambda: got.extend(claim(User.objects.filter(role="sdr"), limit=9, role="admin")), 1
        )
    assert len(got) == 2
    assert held.pk not in got


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_parallel_knocks_each_get_their_own_number(now):
    seen, lock = [], threading.Lock()

    def work():
        for _ in range(20):
            number = count_knock("form:1", at=now)
            with lock:
                seen.append(number)

    in_threads(work, 6)
    assert sorted(seen) == list(range(1, 121))
