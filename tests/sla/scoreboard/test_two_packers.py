"""Packing beside others: two workers at once, and writers who stay for long.

What the slower of two read replaces nothing newer; and what a transaction tells late, of a handoff
that it could not see, is counted however long it stays open.
"""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread, current_thread
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from leads.database.registry import KINDS_BY_NAME
from leads.handoffs.models import Handoff
from portal.core.inflight import seen_by_all
from sla.scoreboard import packing
from sla.scoreboard.models import TouchedDay
from sla.scoreboard.packing import pack_day, pack_days
from sla.scoreboard.period import Period, read_period
from tests.factories import make_activity, make_handoff, make_lead, make_user

MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONG = 60  # seconds, after which something hangs
WAITS = (
    "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE NOT l.granted AND a.datname = current_database()"
)


def now() -> str:
    """What can be seen now, for who waits for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def pack() -> None:
    try:
        pack_day(MADE.date(), at=MADE, seen=now())
    finally:
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_slower_of_two_packers_does_not_bring_back_what_was(monkeypatch) -> None:
    handoff, owner = make_handoff(at=MADE), make_user()
    pack_day(MADE.date(), at=MADE, seen=now())
    slow, fast = Thread(target=pack), Thread(target=pack)
    has_read, may_write, read = Event(), Event(), packing.read_clocks

    def read_clocks(*args, **values):
        """What follows the handoffs: here the slow one stands still."""
        if current_thread() is slow:
            has_read.set()
            assert may_write.wait(LONG)
        return read(*args, **values)

    monkeypatch.setattr(packing, "read_clocks", read_clocks)
    slow.start()
    assert has_read.wait(LONG)
    Handoff.objects.filter(pk=handoff.pk).update(owner=owner)
    fast.start()
    until = monotonic() + LONG
    while fast.is_alive() and not is_anybody_waiting():
        assert monotonic() < until
        sleep(0.01)
    may_write.set()
    for one in (slow, fast):
        one.join(LONG)
    packed = read_period(Period(None, None), user=None, at=MADE).handoffs
    assert packed["owner"].tolist() == [owner.pk]


def is_anybody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return cursor.fetchone() is not None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_a_long_transaction_tells_late_is_counted_however_long_it_stays_open() -> None:
    lead, has_told, may_end = make_lead(at=MADE), Event(), Event()

    def tell() -> None:
        """An activity of before the handoff, by somebody who cannot see the handoff yet."""
        try:
            with transaction.atomic():
                make_activity(lead, kind="demo_request", at=MADE - timedelta(hours=1))
                has_told.set()
                assert may_end.wait(LONG)
        finally:
            connection.close()

    def bits() -> list[int]:
        return read_period(Period(None, None), user=None, at=MADE).handoffs["did"].tolist()

    def pack_at(at: datetime) -> None:
        while pack_days(at=at, patience=timedelta(0)):
            pass

    long = Thread(target=tell)
    long.start()
    assert has_told.wait(LONG)
    handoff = make_handoff(lead, at=MADE, is_decided=True)  # an open one moves its lead
    for hours in (0, 2, 40):
        pack_at(MADE + timedelta(hours=hours))
    assert bits() == [0]
    assert TouchedDay.objects.filter(handoff=handoff.pk).exists()
    other = make_handoff(at=MADE)  # somebody else's, which the same transaction holds up
    may_end.set()
    long.join(LONG)
    told = 1 << KINDS_BY_NAME["demo_request"].code
    assert bits() == [told, 0]
    pack_at(MADE)
    assert bits() == [told, 0]
    assert not TouchedDay.objects.exists()
    Handoff.objects.filter(pk=other.pk).delete()
    assert bits() == [told]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_writes_in_a_transaction_within_one_is_waited_for_too() -> None:
    """A snapshot names transactions, not the parts of one: a mark of a part is its whole's."""
    may_end, has_made = Event(), Event()

    def make() -> None:
        try:
            with transaction.atomic():
                with transaction.atomic():
                    make_handoff(at=MADE)
                has_made.set()
                assert may_end.wait(LONG)
        finally:
            connection.close()

    writer = Thread(target=make)
    writer.start()
    assert has_made.wait(LONG)
    before = now()
    assert seen_by_all(patience=timedelta(0)) is None
    may_end.set()
    writer.join(LONG)
    pack_day(MADE.date(), at=MADE, seen=before)
    assert TouchedDay.objects.exists(), "it could not be seen then"
    pack_day(MADE.date(), at=MADE, seen=seen_by_all())
    assert not TouchedDay.objects.exists()
