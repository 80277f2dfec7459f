"""One lead's new score where nothing else follows: SQLite writes it without a lock, if it may."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.database.models import Stage, Standing
from leads.database.stages import move_leads
from leads.handoffs.models import Handoff
from scoring.engine.ahead import settle_ahead
from scoring.engine.services import setting_at, settle, settle_now
from tests.factories import make_activity, make_facts, make_lead

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet", "version")]
IS_SQLITE = connection.vendor == "sqlite"


def standing_of(lead):
    return Standing.objects.get(pk=lead.pk)


def asked_for_a_demo(lead, at):
    make_activity(lead, kind="demo_request", at=at)


def read_a_case_study(lead, at):
    about = {"object_kind": "asset", "object_key": f"study-{lead.pk}", "tags": ["case study"]}
    make_activity(lead, kind="content_download", at=at, **about)


@contextmanager
def just_before_the_write(act):
    """Let somebody else act between reading and writing, once; yield whether it came to that."""
    acted = []

    def watch(execute, sql, params, many, context):
        if not acted and sql.startswith("UPDATE leads_standing SET version_id"):
            acted.append(sql)
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield acted


def test_it_says_what_settling_says(now) -> None:
    one, other = make_lead(facts={"title": "Intern"}), make_lead(facts={"title": "Intern"})
    settle([one.pk, other.pk], at=now)
    for lead in (one, other):
        asked_for_a_demo(lead, now)
    assert settle_ahead(one.pk, setting_at(now)) is IS_SQLITE
    settle([one.pk] if not IS_SQLITE else [], at=now)
    settle([other.pk], at=now)
    columns = ("total", "rank", "fit", "engagement", "grade", "gates", "fired", "valid_until",
               "scored_at", "version_id", "stale_since", "stale_cause", "stage")  # fmt: skip
    mine, theirs = standing_of(one), standing_of(other)
    assert mine.total == 20
    assert [getattr(mine, c) for c in columns] == [getattr(theirs, c) for c in columns]


def test_what_opens_a_gate_is_settled_under_its_lock(now, team) -> None:
    lead = make_lead(facts={"title": "VP Sales", "industry": "B2B SaaS", "company_size": 300})
    settle([lead.pk], at=now)
    assert standing_of(lead).stage == Stage.KNOWN
    asked_for_a_demo(lead, now)
    assert not settle_ahead(lead.pk, setting_at(now))
    settle_now([lead.pk], now)
    assert Handoff.objects.filter(lead=lead).exists()
    assert standing_of(lead).stage == Stage.WITH_SALES


def test_who_has_just_come_in_is_settled_under_the_lock(now) -> None:
    lead = make_lead()
    asked_for_a_demo(lead, now)
    assert not settle_ahead(lead.pk, setting_at(now))


def test_a_gate_that_was_open_is_left_to_the_lock_too(now) -> None:
    lead = make_lead()
    settle([lead.pk], at=now)
    asked_for_a_demo(lead, now)
    Standing.objects.filter(pk=lead.pk).update(gates=2)
    assert not settle_ahead(lead.pk, setting_at(now))


def scored_and_then(act):
    """Somebody else scores the lead; then more happens in the same second, marked the same."""

    def both(lead, at):
        settle([lead.pk], at=at)
        act(lead, at)

    return both


@pytest.mark.parametrize(
    ("act", "total"),
    [
        (read_a_case_study, 40),
        (scored_and_then(read_a_case_study), 40),
        (scored_and_then(lambda lead, at: make_facts(lead, at=at, title="Intern")), 20),
        (lambda lead, at: move_leads([lead.pk], to=Stage.MQL, by=None, at=at, cause="test"), 30),
    ],
    ids=["activity", "scored, activity", "scored, fact", "stage"],
)
def test_what_comes_between_reading_and_writing_is_not_lost(act, total, now) -> None:
    lead = make_lead(at=now)
    settle([lead.pk], at=now)  # scored in this very second before
    asked_for_a_demo(lead, now)
    with just_before_the_write(lambda: act(lead, now)) as acted:
        assert not settle_ahead(lead.pk, setting_at(now))
    assert bool(acted) is IS_SQLITE
    if not acted:
        act(lead, now)
    assert standing_of(lead).stale_since is not None
    settle_now([lead.pk], now)
    assert (standing_of(lead).total, standing_of(lead).stale_since) == (total, None)


def test_nobody_waits_while_it_reads(now) -> None:
    lead = make_lead()
    settle([lead.pk], at=now)
    asked_for_a_demo(lead, now - timedelta(days=1))
    with CaptureQueriesContext(connection) as asked:
        settle_now([lead.pk], now)
    assert standing_of(lead).total == 30
    said = [one["sql"] for one in asked]
    locks = [one for one in said if "FOR NO KEY UPDATE" in one]
    first = next(one for one in said if one.startswith(("INSERT", "UPDATE", "DELETE", "SAVEPOINT")))
    assert bool(locks) is not IS_SQLITE
    assert (first.startswith("UPDATE leads_standing") and "max(id)" in first) is IS_SQLITE
    assert len(asked) <= 8
