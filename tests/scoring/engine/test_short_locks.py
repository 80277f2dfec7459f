"""People write leads while all of them are scored anew: few rows are locked at a time, and briefly.

Locked rows are counted, so that a busy machine says the same; ``benchmarks rescore`` measures.
"""

from datetime import timedelta

import pytest
from django.db import connection

from leads.database import standing_sets
from leads.database.models import Lead, Standing
from leads.handoffs.models import Release
from portal.events.bells import held
from portal.events.models import Event
from scoring.engine import services, sets
from scoring.engine.rescore import begin_rescore, carry_on
from scoring.engine.services import settle
from tests.factories import make_team
from tests.scoring.engine.written import sign_rules, write_leads
from tests.scoring.rules.builders import NOW

BEFORE = NOW - timedelta(days=1)
FEW = 8
TABLES = (Lead._meta.db_table, Standing._meta.db_table)


@pytest.fixture(autouse=True)
def quiet():
    with held():
        yield


def company(count):
    """Return leads that an older version has scored, and the version that is in force now."""
    make_team(is_default=True)
    sign_rules(at=BEFORE, ready=30)
    leads = sorted(write_leads(count))
    settle(leads, at=BEFORE)
    return leads, sign_rules(at=NOW, ready=18, points={"long": {"points": "4"}})


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_more_rows_are_locked_than_fit_into_a_batch_and_none_while_leads_are_read(monkeypatch):
    for room in (services, sets):
        monkeypatch.setattr(room, "BATCH", FEW)
    for name in ("AT_ONCE", "LEAST_AT_ONCE", "MOST_AT_ONCE"):
        monkeypatch.setattr(standing_sets, name, FEW)
    leads, version = company(120)
    somebody, locked = connection.copy(), {True: [], False: []}

    def count():
        """Count the rows of which somebody else would have to wait for the lock now."""
        with somebody.cursor() as cursor:
            found = 0
            for table in TABLES:
                key = "lead_id" if table == TABLES[1] else "id"
                cursor.execute(f"SELECT {key} FROM {table} FOR NO KEY UPDATE SKIP LOCKED")  # noqa: S608
                found = max(found, len(leads) - len(cursor.fetchall()))
            return found

    def look(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        locked[connection.in_atomic_block].append(count())
        return answer

    begin_rescore(version=version, by=None, at=NOW, leads_in_range=64)
    try:
        with connection.execute_wrapper(look):
            while carry_on(at=NOW) is not None:
                pass
    finally:
        somebody.close()
    assert not Standing.objects.exclude(version=version).exists()
    assert Release.objects.exists(), "some of them waited for release, and were written one by one"
    assert max(locked[True]) == FEW
    assert max(locked[False]) == 0, "nothing is locked outside of these transactions"


@pytest.mark.postgres
@pytest.mark.django_db
def test_where_much_follows_the_database_learns_how_many_events_there_are_now(monkeypatch):
    """Else a session goes on to look for each event by reading all of them."""

    def believed():
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'portal_event'")
            return cursor.fetchone()[0]

    _, version = company(60)
    before = believed()
    monkeypatch.setattr(sets, "MANY_FOLLOWED", 1)
    begin_rescore(version=version, by=None, at=NOW)
    carry_on(at=NOW)
    finished = 1  # its own event came after that
    assert before != believed() == Event.objects.count() - finished


def test_a_batch_grows_while_it_is_quick_and_shrinks_at_once_when_it_is_not():
    least, most = standing_sets.LEAST_AT_ONCE, standing_sets.MOST_AT_ONCE
    meant = standing_sets.LOCKED_FOR
    cases = [(least, meant / 20, 2 * least), (most, 0.0, most), (most, meant, most),
             (most, 2 * meant, most // 2), (most, 9.0, least)]  # fmt: skip
    for size, took, expected in cases:
        assert standing_sets.next_size(size, took, least, most) == expected
