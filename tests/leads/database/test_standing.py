"""Marks on score rows, and what writing many score rows costs the database."""

import json
import re
import threading
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.database import standing_sets
from leads.database.models import StaleCause, StaleLead, Standing
from leads.database.standing import mark_stale, mark_stale_rows
from leads.database.standing_sets import NULL, StandingColumns, micros, store_scores
from portal.agreements.models import Agreement, Version
from portal.core import stale
from tests.factories import AT, make_lead, make_leads

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=1)


def make_version() -> Version:
    agreement, _ = Agreement.objects.get_or_create(
        slug="definition", defaults={"kind": "definition", "name": "It", "created_at": AT}
    )
    number = agreement.versions.count() + 1
    return Version.objects.create(agreement=agreement, number=number, created_at=AT, changed_at=AT)


def columns(leads, version, **more) -> StandingColumns:
    """Return the same score for each lead, to write where its mark is as it is now."""
    ids = sorted(lead.pk for lead in leads)
    rows = Standing.objects.in_bulk(ids)
    given = {"version": version.pk, "fit": 100, "engagement": 200, "total": 3, "grade": 1,
             "gates": 0, "fired": 5, "valid_until": NULL, "stage": 0, **more}  # fmt: skip
    return StandingColumns(
        lead=np.array(ids),
        stale_since=np.array([micros(rows[pk].stale_since) for pk in ids]),
        marks=np.array([rows[pk].stale_marks for pk in ids]),
        **{name: np.full(len(ids), value) for name, value in given.items()},
    )


def marked() -> tuple[set[int], set[int]]:
    """Return the leads with a mark, and those that the sweep finds."""
    stale_ones = Standing.objects.filter(stale_since__isnull=False)
    return set(stale_ones.values_list("pk", flat=True)), set(
        StaleLead.objects.values_list("pk", flat=True)
    )


@pytest.mark.postgres
def test_stale_marks_lock_their_rows_in_the_order_of_leads() -> None:
    leads = [make_lead() for _ in range(3)]
    with CaptureQueriesContext(connection) as asked:
        rows = Standing.objects.filter(pk__in=[one.pk for one in leads])
        assert mark_stale_rows(rows, cause=StaleCause.IMPORT, at=AT) == 3
    (statement,) = [query["sql"] for query in asked]
    assert re.search(r"IN \(SELECT U0.\"lead_id\" .* ORDER BY 1 ASC FOR NO KEY UPDATE", statement)


def test_the_sweep_finds_every_mark_whoever_wrote_it_and_no_other_lead() -> None:
    leads = make_leads(4)
    ids = [one.pk for one in leads]
    assert marked() == (set(ids), set(ids)), "new leads wait to be scored"
    version = make_version()
    assert sum(store_scores(columns(leads[:3], version), at=AT)) == 3
    assert marked() == ({ids[3]}, {ids[3]})
    mark_stale(ids[:2], cause=StaleCause.IMPORT, at=AT)
    first = StaleLead.objects.get(pk=ids[0]).since
    mark_stale(ids[:2], cause=StaleCause.LIVE, at=LATER)
    assert StaleLead.objects.get(pk=ids[0]).since == first, "it keeps its place in the queue"
    Standing.objects.filter(pk=ids[2]).update(stale_since=AT)
    Standing.objects.filter(pk=ids[1]).update(stale_since=None)
    assert marked() == ({ids[0], ids[2], ids[3]},) * 2
    Standing.objects.filter(pk=ids[3]).delete()
    assert marked() == ({ids[0], ids[2]},) * 2


def test_a_set_leaves_a_lead_that_was_settled_and_marked_again_within_one_second() -> None:
    leads = make_leads(2)
    ids, version = sorted(one.pk for one in leads), make_version()
    mark_stale(ids, cause=StaleCause.LIVE, at=AT)
    slow = columns(leads, version)
    assert sum(store_scores(slow, at=AT)) == 2
    mark_stale(ids[:1], cause=StaleCause.LIVE, at=AT)
    again = columns(leads, version)
    assert again.stale_since[0] == slow.stale_since[0], "the instants say nothing"
    assert sum(store_scores(slow, at=AT)) == 1
    assert marked() == ({ids[0]}, {ids[0]})
    assert sum(store_scores(again, at=AT)) == 2
    assert marked() == (set(), set())


def test_after_migrations_the_sweep_finds_the_marks_again() -> None:
    one, two, _ = make_leads(3)
    StaleLead.objects.filter(pk=one.pk).delete()
    Standing.objects.filter(pk=two.pk).update(stale_since=None)
    StaleLead.objects.create(pk=two.pk, since=AT)
    stale.mend(connection)
    assert marked()[0] == marked()[1]


@pytest.mark.postgres
def test_no_index_follows_where_marks_versions_and_sums_change_but_no_total() -> None:
    leads = make_leads(5)
    list(store_scores(columns(leads, make_version()), at=AT))
    counts = (
        "SELECT pg_stat_get_xact_tuples_updated(%(t)s::regclass),"
        " pg_stat_get_xact_tuples_hot_updated(%(t)s::regclass)"
    )

    def counted() -> np.ndarray:
        with connection.cursor() as cursor:
            cursor.execute(counts, {"t": Standing._meta.db_table})
            return np.array(cursor.fetchone())

    before = counted()
    mark_stale([one.pk for one in leads], cause=StaleCause.IMPORT, at=LATER)
    again = columns(leads, make_version(), fired=6)
    assert sum(store_scores(again, at=LATER)) == 5
    assert (counted() - before).tolist() == [10, 10], "all stay on their pages"
    another = columns(leads, make_version(), total=4)
    assert sum(store_scores(another, at=LATER)) == 5
    assert (counted() - before).tolist() == [15, 10], "lists are sorted by the total"


@pytest.mark.postgres
def test_a_batch_reads_its_own_leads_only_however_many_come_before_them(monkeypatch) -> None:
    for name in ("AT_ONCE", "LEAST_AT_ONCE", "MOST_AT_ONCE"):
        monkeypatch.setattr(standing_sets, name, 4)
    leads = make_leads(12)
    read: list[int] = []

    def explain(execute, sql, params, many, context):
        if sql.startswith("SET LOCAL synchronous_commit"):
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute("SET LOCAL enable_nestloop TO off; SET LOCAL enable_hashjoin TO off")
                cursor.execute("SET LOCAL enable_seqscan TO off")
                statement = standing_sets._UPDATE_POSTGRES
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", params)
                (document,) = cursor.fetchone()
                transaction.set_rollback(True)
            tree = json.loads(document) if isinstance(document, str) else document
            read.append(max(rows_of(tree[0]["Plan"])))
        return execute(sql, params, many, context)

    version = make_version()
    with connection.execute_wrapper(explain):
        assert sum(store_scores(columns(leads, version), at=AT)) == 12
    assert read == [4] * 3


def rows_of(plan):
    """Yield how many score rows each node below ``plan`` has read, those left out included."""
    if plan.get("Relation Name") == "leads_standing" and "Scan" in plan["Node Type"]:
        yield (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * (
            1 if plan["Node Type"] != "Tid Scan" else 0
        )
    for one in plan.get("Plans", ()):
        yield from rows_of(one)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_mark_that_waits_for_a_settling_is_found_by_the_sweep() -> None:
    (lead,) = make_leads(1)
    begun, done = threading.Event(), threading.Event()

    def somebody() -> None:
        with transaction.atomic():
            begun.set()
            mark_stale([lead.pk], cause=StaleCause.LIVE, at=LATER)
        connection.close()
        done.set()

    with transaction.atomic():
        assert sum(store_scores(columns([lead], make_version()), at=AT)) == 1
        assert marked() == (set(), set())
        person = threading.Thread(target=somebody)
        person.start()
        assert begun.wait(20)
        assert not done.is_set()
    person.join(20)
    assert marked() == ({lead.pk}, {lead.pk})
