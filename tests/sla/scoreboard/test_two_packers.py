"""Two workers pack the same day at once: what the slower one read replaces nothing newer."""

from datetime import UTC, datetime
from threading import Event, Thread, current_thread
from time import monotonic, sleep

import pytest
from django.db import connection

from leads.handoffs.models import Handoff
from sla.scoreboard import packing
from sla.scoreboard.packing import pack_day
from sla.scoreboard.period import Period, read_period
from tests.factories import make_handoff, make_user

MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONG = 60  # seconds, after which something hangs
WAITS = (
    "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE NOT l.granted AND a.datname = current_database()"
)


def pack() -> None:
    try:
        pack_day(MADE.date(), at=MADE)
    finally:
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_slower_of_two_packers_does_not_bring_back_what_was(monkeypatch) -> None:
    handoff, owner = make_handoff(at=MADE), make_user()
    pack_day(MADE.date(), at=MADE)
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
