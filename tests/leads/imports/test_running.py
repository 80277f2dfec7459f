"""Batches, leases, cancelling, going on, and a second upload of the same file."""

import gc
from datetime import timedelta
from threading import Thread
from weakref import ref

import pytest
from django.db import connection, connections
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext

from leads.activities.models import Activity
from leads.database.facts import current_facts
from leads.database.models import Lead, Spend, Standing
from leads.imports import leads_rows, running, services, tasks
from leads.imports.checking import reader_of, usable_mapping
from leads.imports.models import Import
from leads.imports.reader import RowReader
from portal.core.errors import Conflict
from portal.events.models import Event, EventLead
from tests.factories import AT, make_user
from tests.leads.imports.support import (
    ACTIVITIES,
    LATER,
    LEADS,
    LEADS_HEADER,
    SPEND,
    begin,
    bring,
    counts,
    lead_rows,
    lines,
    mapping,
    upload,
)

pytestmark = pytest.mark.django_db


def reader(run):
    return reader_of(run, usable_mapping(run.kind, run.mapping), next_row=run.next_row)


def test_leads_come_in_with_what_the_file_says_and_no_more():
    user = make_user(role="marketing")
    run = bring(lines(LEADS_HEADER, *lead_rows(3)), LEADS, by=user)
    assert (run.state, counts(run)) == ("done", (3, 0, 0, 0))
    lead = Lead.objects.get(external_source="crm", external_id="L2")
    assert (lead.name, lead.email, lead.source.name) == ("Lead 2", "lead2@acme2.test", "Web")
    assert lead.created_at.isoformat() == "2024-01-01T10:00:00+00:00"
    assert lead.extra == {"visits": 2}
    assert current_facts([lead.pk], at=AT)[lead.pk]["title"] == "Director of 2"
    assert Standing.objects.get(lead=lead).stale_cause == 1, "an import, so nothing is handed off"


def test_the_import_s_events_name_every_lead_and_the_person():
    user = make_user(role="marketing")
    run = bring(lines(LEADS_HEADER, *lead_rows(25)), LEADS, by=user, batch=10)
    finished = Event.objects.get(kind="import.finished", subject_id=run.pk)
    assert (finished.actor, finished.payload["created"]) == (user, 25)
    named = set(EventLead.objects.filter(event=finished).values_list("lead_id", flat=True))
    assert named == set(Lead.objects.values_list("pk", flat=True))
    assert not Event.objects.filter(kind__in=["lead.captured", "lead.changed"]).exists()


def test_unknown_dates_stay_unknown():
    run = bring("Id\nA\n", mapping("leads", {"external_id": "Id"}))
    assert counts(run) == (1, 0, 0, 0)
    assert Lead.objects.get().created_at is None


def test_the_same_file_twice_changes_nothing():
    text = lines(LEADS_HEADER, *lead_rows(30))
    bring(text, LEADS)
    before = list(Lead.objects.order_by("pk").values())
    again = bring(text, LEADS, at=LATER)
    assert counts(again) == (0, 0, 30, 0)
    assert list(Lead.objects.order_by("pk").values()) == before
    finished = Event.objects.get(kind="import.finished", subject_id=again.pk)
    assert not EventLead.objects.filter(event=finished).exists()


def test_blanks_are_filled_and_what_stands_is_kept():
    bring(lines(LEADS_HEADER, "L1,a@b.test,,,,,"), LEADS)
    run = bring(lines(LEADS_HEADER, "L1,other@b.test,Ana,Web,2024-01-01,CEO,1"), LEADS, at=LATER)
    assert counts(run) == (0, 1, 0, 0)
    lead = Lead.objects.get()
    assert (lead.name, lead.email, lead.source.name) == ("Ana", "a@b.test", "Web")


def test_activities_need_a_known_lead_and_are_history():
    bring("Id\nL1\n", mapping("leads", {"external_id": "Id"}))
    rows = ("1,L1,page_view,2024-01-02 10:00", "2,L9,page_view,2024-01-02 10:00")
    run = bring(lines("Id,Lead,Kind,At", *rows), ACTIVITIES)
    assert counts(run) == (1, 0, 0, 1)
    assert 'id or address "L9"' in run.rejected_rows.get().reasons[0]
    activity = Activity.objects.get()
    assert activity.received_at == activity.occurred_at < activity.recorded_at
    assert (activity.source, activity.actor) == ("import:crm", None)
    moved = bring(lines("Id,Lead,Kind,At", "1,L1,page_view,2024-01-02 11:00"), ACTIVITIES)
    assert "known with another time" in moved.rejected_rows.get().reasons[0]
    assert Activity.objects.count() == 1


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_spend_counts_every_row_of_a_key_once_however_often_it_is_uploaded(batch):
    rows = [
        "2024-01-01,Web,a,1.50",
        "2024-01-01,Web,a,1.50",
        "2024-01-01,Web,b,2",
        "2024-01-01,Web,a,3",
    ]
    text = lines("Day,Source,Campaign,Amount", *rows)
    assert counts(bring(text, SPEND, batch=batch)) == (4, 0, 0, 0)
    assert counts(bring(text, SPEND, batch=batch)) == (0, 0, 4, 0)
    corrected = text.replace("b,2", "b,2.25")
    assert counts(bring(corrected, SPEND, batch=batch)) == (0, 1, 3, 0)
    assert sorted(map(float, Spend.objects.values_list("amount", flat=True))) == [1.5, 1.5, 2.25, 3]


def test_a_batch_costs_the_same_statements_for_few_rows_and_for_many():
    def statements(count, start):
        run = begin(upload(lines(LEADS_HEADER, *lead_rows(count, start)), LEADS))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert services.run_batch(run=run, reader=reader(run), at=AT)
        return len(seen)

    statements(5, 0)  # source and dictionary of texts exist from here on
    assert statements(400, 1_000) <= statements(10, 10_000) + 8  # SQLite cuts long inserts


def test_cancelling_keeps_what_is_stored_and_stores_no_more():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(30)), LEADS))
    rows = reader(run)
    assert services.run_batch(run=run, reader=rows, at=AT, size=10)
    services.cancel_import(run=run, by=None, at=AT)
    assert not services.run_batch(run=run, reader=rows, at=AT, size=10)
    run.refresh_from_db()
    assert (run.state, Lead.objects.count(), run.created) == ("cancelled", 10, 10)
    told = EventLead.objects.filter(event__kind="import.cancelled")
    assert told.count() == 10
    with pytest.raises(Conflict, match="over already"):
        services.cancel_import(run=run, by=None, at=AT)


@pytest.mark.parametrize("kind", ["leads", "spend"])
def test_it_goes_on_at_every_boundary_of_batches(kind):
    """A worker dies after each batch; a new reader starts where the database says."""
    if kind == "leads":
        text, document = lines(LEADS_HEADER, *lead_rows(23), "bad"), LEADS
    else:
        rows = [f"2024-01-01,Web,{'ab'[n % 2]},{n}" for n in range(23)]
        text, document = lines("Day,Source,Campaign,Amount", *rows, "bad"), SPEND
    run = begin(upload(text, document))
    while services.run_batch(run=run, reader=reader(run), at=AT, size=5):
        assert run.next_row - 1 == run.created + run.rejected
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("done", (23, 0, 0, 1))
    assert counts(bring(text, document)) == (0, 0, 23, 1)


def test_two_workers_with_the_same_rows_store_them_once():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(20)), LEADS))
    mine, other = reader(run), reader(run)
    assert services.run_batch(run=run, reader=mine, at=AT, size=10)
    assert not services.run_batch(run=run, reader=other, at=AT, size=10), "somebody was quicker"
    assert services.run_batch(run=run, reader=mine, at=AT, size=10)
    assert not services.run_batch(run=run, reader=mine, at=AT, size=10)
    run.refresh_from_db()
    assert (run.state, run.created, Lead.objects.count()) == ("done", 20, 20)


def test_a_lease_keeps_others_away_until_it_ends():
    run = services.begin_import(
        run=upload(lines(LEADS_HEADER, *lead_rows(2)), LEADS), by=None, at=AT, here=True
    )
    assert not services.claim_import(run.pk, at=AT + timedelta(seconds=59))
    assert services.claim_import(run.pk, at=AT + timedelta(seconds=61))
    assert not services.claim_import(run.pk, at=AT + timedelta(seconds=62))


def test_the_beat_goes_on_with_what_nobody_holds():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(5)), LEADS), AT)
    assert services.run_batch(run=run, reader=reader(run), at=AT, size=2)
    tasks.continue_imports()  # long after AT: the lease is over
    run.refresh_from_db()
    assert (run.state, run.created) == ("done", 5)


def test_a_slice_gives_the_import_back():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(5)), LEADS))
    assert services.run_import(run_id=run.pk, clock=lambda: AT, until=AT, batch=2)
    run.refresh_from_db()
    assert (run.state, run.leased_until, run.created) == ("running", None, 2)


def test_a_second_start_is_refused_and_a_started_mapping_stays():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(2)), LEADS))
    with pytest.raises(Conflict, match="started already"):
        begin(run)
    with pytest.raises(Conflict, match="has been started"):
        services.set_mapping(run=run, mapping=LEADS, by=None)


def test_one_row_that_the_database_refuses_costs_no_other(monkeypatch):
    """Whatever nobody thought of: the batch is halved until the row stands alone."""
    real = leads_rows.store

    def refuses_seven(rows, setting):
        if any(row.text("external_id") == "L7" for row in rows):
            raise running.DataError("value out of range")
        return real(rows, setting)

    monkeypatch.setattr(leads_rows, "store", refuses_seven)
    run = bring(lines(LEADS_HEADER, *lead_rows(10)), LEADS)
    assert counts(run) == (9, 0, 0, 1)
    assert run.rejected_rows.get().cells[0] == "L7"


def test_an_import_that_breaks_says_so_and_goes_on_where_it_stopped(monkeypatch):
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(10)), LEADS))
    real = RowReader.take
    monkeypatch.setattr(RowReader, "take", lambda *_: 1 // 0)
    services.run_import(run_id=run.pk, clock=lambda: AT)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "goes on where it stopped" in run.error
    monkeypatch.setattr(RowReader, "take", real)
    begin(run, LATER)
    services.run_import(run_id=run.pk, clock=lambda: LATER)
    run.refresh_from_db()
    assert (run.state, run.created, run.error) == ("done", 10, "")


def test_a_busy_database_is_waited_for(monkeypatch):
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(2)), LEADS))

    def busy(*_):
        raise OperationalError("database is locked")

    monkeypatch.setattr(RowReader, "take", busy)
    with pytest.raises(OperationalError):
        services.run_import(run_id=run.pk, clock=lambda: AT)
    run.refresh_from_db()
    assert run.state == "running", "another worker goes on when the lease ends"


def test_a_file_that_is_gone_is_said():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(2)), LEADS))
    run.file.storage.delete(run.file.name)
    services.run_import(run_id=run.pk, clock=lambda: AT)
    run.refresh_from_db()
    assert (run.state, run.error) == (
        "failed",
        "The uploaded file cannot be read any more. Upload it again.",
    )


def test_whoever_stops_in_the_middle_closes_the_file():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(30)), LEADS))
    with reader(run) as rows:
        assert len(rows.take(10)) == 10
    assert rows.take(10) == []
    left = reader(run)
    left.take(10)
    kept = ref(left)
    gc.disable()
    try:
        del left
        assert kept() is None, "a ring of references holds the file open"
    finally:
        gc.enable()


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_store_every_row_once():
    run = begin(upload(lines(LEADS_HEADER, *lead_rows(200)), LEADS))
    Import.objects.update(leased_until=None)
    failures = []

    def work():
        try:
            services.run_import(run_id=run.pk, clock=lambda: AT, batch=20)
        except Exception as failure:  # told in the test's own thread
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.refresh_from_db()
    assert failures == []
    assert (run.state, counts(run), Lead.objects.count()) == ("done", (200, 0, 0, 0), 200)
    assert Event.objects.filter(kind="import.finished").count() == 1
