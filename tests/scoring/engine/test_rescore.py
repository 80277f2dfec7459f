"""Rescoring in ranges: the same as settling one by one, whatever interrupts it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from leads.database import standing_sets
from leads.database.models import Lead, Stage, StageChange, StaleCause, Standing
from leads.database.standing import mark_stale
from leads.handoffs.models import Handoff, Release
from portal.core.errors import Conflict, NotAllowed
from portal.events.bells import held
from portal.events.models import Event, EventLead
from scoring.engine.due import settle_due
from scoring.engine.following import HANDOFF_GATES
from scoring.engine.intake import Wanted
from scoring.engine.models import Evidence, Rescore, RescoreRange
from scoring.engine.rescore import (
    LEASE,
    begin_rescore,
    cancel_rescore,
    carry_on,
    running_rescore,
)
from scoring.engine.services import setting_at, settle
from scoring.engine.sets import score_set
from tests.factories import make_handoff, make_team, make_user, set_stage
from tests.scoring.engine.written import sign_rules, write_leads
from tests.scoring.rules.builders import NOW
from tests.scoring.rules.test_agreement import FULL

pytestmark = pytest.mark.django_db
LEADS = 120
BEFORE = NOW - timedelta(days=1)


class Killed(Exception):
    """Ends a worker in the middle of what it does."""


@pytest.fixture(autouse=True)
def quiet():
    with held():
        yield


@pytest.fixture
def company():
    """Leads in every stage, scored by a first version; some wait, some are with sales."""
    make_team(is_default=True)
    sign_rules(at=BEFORE - timedelta(days=1), ready=24)
    leads = sorted(write_leads(LEADS))
    stages = [Stage.MQL, Stage.RECYCLED, Stage.SQL, Stage.DISQUALIFIED]
    for place, pk in enumerate(leads):
        if place % 3 == 0:
            set_stage(Lead(pk=pk), stages[place // 3 % 4], at=BEFORE)
        elif place % 20 == 1:
            make_handoff(Lead.objects.get(pk=pk), at=BEFORE)
    Lead.objects.filter(stage=Stage.RECYCLED).update(recycle_on=(NOW + timedelta(days=20)).date())
    settle(leads, at=BEFORE)
    assert Release.objects.waiting().count() > 2
    return leads


def outcome():
    """Everything that a settling writes, without ids and instants of its own."""
    names = ("lead_id", "version_id", "fit", "engagement", "total", "rank", "grade", "gates",
             "fired", "valid_until", "stale_since", "stage")  # fmt: skip
    return {
        "standings": list(Standing.objects.order_by("pk").values_list(*names)),
        "releases": sorted(
            Release.objects.values_list("lead_id", "cause", "gate", "total", "opened_at", "end")
        ),
        "stages": sorted(StageChange.objects.values_list("lead_id", "stage", "left_at")),
        "handoffs": sorted(Handoff.objects.values_list("lead_id", "cause", "total", "grade")),
        "evidence": sorted(Evidence.objects.values_list("handoff__lead_id", "total", "fired")),
        "events": sorted(
            EventLead.objects.exclude(event__kind__startswith="rescore.").values_list(
                "lead_id", "event__kind", "event__at"
            )
        ),
    }


def undone(do):
    """Return the outcome of ``do``, and take all of it back."""
    with transaction.atomic():
        do()
        found = outcome()
        transaction.set_rollback(True)
    return found


def work_off(at, on_written=lambda _count: None):
    while carry_on(at=at, on_written=on_written) is not None:
        pass


def by_ranges(version, size=17, at=NOW):
    begin_rescore(version=version, by=None, at=at, leads_in_range=size)
    work_off(at)


def test_ranges_come_to_the_same_as_settling_one_by_one(company):
    version = sign_rules(at=NOW, ready=18, points={"long": {"points": "4"}})
    one_by_one = undone(lambda: settle(company, at=NOW, is_rescore=True))
    before = outcome()
    by_ranges(version)
    assert outcome() == one_by_one
    for part in ("standings", "releases", "stages", "handoffs", "events"):
        assert before[part] != one_by_one[part], f"the case shows nothing of {part}"


@pytest.mark.parametrize("point", range(0, 20, 1 if FULL else 4))
def test_a_killed_rescore_comes_to_the_same_as_an_undisturbed_one(company, point):
    version = sign_rules(at=NOW, ready=18, points={"long": {"points": "4"}})
    undisturbed = undone(lambda: by_ranges(version, size=13))
    begin_rescore(version=version, by=None, at=NOW, leads_in_range=13)
    batches = iter(range(1_000))

    def kill_there(_count):
        if next(batches) == point:
            raise Killed

    with pytest.raises(Killed):
        work_off(NOW, kill_there)
    assert Rescore.objects.get().state == Rescore.State.RUNNING
    later = NOW + LEASE + timedelta(seconds=1)
    work_off(later)
    assert outcome() == undisturbed
    assert Rescore.objects.get().state == Rescore.State.DONE
    assert sum(RescoreRange.objects.values_list("looked_at", flat=True)) == LEADS


def test_a_second_time_nothing_is_written_not_even_those_that_might_come_back(company):
    """Whether a recycled lead with an open gate returns is asked of all it did, each time."""
    version = sign_rules(at=NOW, ready=18)
    by_ranges(version)
    recycled = Standing.objects.filter(stage=Stage.RECYCLED)
    asked = {one.pk for one in recycled if one.gates & HANDOFF_GATES}
    assert asked - set(Release.objects.waiting().values_list("lead_id", flat=True))
    sent_back = Standing.objects.filter(stage=Stage.MQL, gates__gte=2).first()
    Lead.objects.filter(pk=sent_back.pk).update(mend_since=NOW)  # its gate is open, it waits
    Release.objects.filter(lead=sent_back.pk).update(closed_at=NOW, end=Release.End.CLOSED)
    first = outcome()
    begin_rescore(version=version, by=None, at=NOW, leads_in_range=40)
    work_off(NOW)
    assert outcome() == first
    again = Rescore.objects.order_by("pk").last().ranges.all()
    assert sum(one.written for one in again) == 0
    assert sum(one.looked_at for one in again) == LEADS


def test_what_changes_meanwhile_is_not_overwritten_and_is_still_due(company, monkeypatch):
    for name in ("AT_ONCE", "LEAST_AT_ONCE", "MOST_AT_ONCE"):  # the last lead comes in no first one
        monkeypatch.setattr(standing_sets, name, 8)
    version = sign_rules(at=NOW, ready=18)
    begin_rescore(version=version, by=None, at=NOW)
    late = company[-1]
    assert Standing.objects.get(pk=late).stage == Stage.KNOWN

    def somebody_acts(_count):
        if Standing.objects.get(pk=late).stale_since is None:
            Standing.objects.filter(pk=late).update(total=-77)
            mark_stale([late], cause=StaleCause.LIVE, at=NOW)

    result = score_set(
        Wanted(first=company[0], last=late),
        setting_at(NOW),
        on_written=somebody_acts,
    )
    kept = Standing.objects.get(pk=late)
    assert (kept.total, kept.stale_since is None) == (-77, False)
    assert 0 < result.written < LEADS


def test_the_rescore_says_once_that_it_is_done_and_whom_it_queued(company):
    waiting = set(Release.objects.waiting().values_list("lead_id", flat=True))
    version = sign_rules(at=NOW, ready=18)
    by_ranges(version)
    (event,) = Event.objects.filter(kind="rescore.finished", subject_id=version.pk)
    queued = set(Release.objects.waiting().values_list("lead_id", flat=True)) - waiting
    assert queued
    assert set(event.lead_links.values_list("lead_id", flat=True)) == queued
    while settle_due(at=NOW):
        pass
    assert Event.objects.filter(kind="rescore.finished", subject_id=version.pk).count() == 1


def test_the_sweep_starts_a_rescore_for_many_leads_and_it_needs_no_other_help(company):
    write_leads(250, seed=9)
    Standing.objects.update(stale_since=None, stale_cause=0)
    version = sign_rules(at=NOW, ready=18)
    while settle_due(at=NOW):
        pass
    assert set(Standing.objects.values_list("version", flat=True)) == {version.pk}
    assert Rescore.objects.get().state == Rescore.State.DONE


def test_many_stale_leads_settled_as_a_set_come_to_the_same(company):
    some = company[::2]
    mark_stale(some, cause=StaleCause.LIVE, at=NOW)
    mark_stale(company[1::5], cause=StaleCause.IMPORT, at=NOW)
    ids = sorted({*some, *company[1::5]})
    one_by_one = undone(lambda: settle(ids, at=NOW))
    score_set(Wanted(ids=ids), setting_at(NOW))
    assert outcome() == one_by_one
    assert Handoff.objects.filter(cause="sales_ready", made_at=NOW).exists()
    assert not Standing.objects.filter(stale_since__isnull=False).exists()


def test_a_cancelled_rescore_leaves_the_rest_as_it_was(company):
    version = sign_rules(at=NOW, ready=18)
    begin_rescore(version=version, by=None, at=NOW, leads_in_range=30)
    carry_on(at=NOW)
    assert running_rescore().percent in range(1, 99)
    with pytest.raises(NotAllowed):
        cancel_rescore(by=make_user(role="marketing"), at=NOW)
    cancel_rescore(by=make_user(role="sales_lead"), at=NOW)
    assert carry_on(at=NOW) is None
    while settle_due(at=NOW):
        pass
    versions = list(Standing.objects.values_list("version", flat=True))
    assert 0 < versions.count(version.pk) < LEADS, "the sweep does not start it again"
    with pytest.raises(Conflict):
        cancel_rescore(by=None, at=NOW)
    begin_rescore(version=version, by=make_user(role="marketing_lead"), at=NOW)
    carry_on(at=NOW)
    assert set(Standing.objects.values_list("version", flat=True)) == {version.pk}


def test_a_newer_version_overtakes_a_rescore_that_runs(company):
    first = sign_rules(at=NOW, ready=18)
    begin_rescore(version=first, by=None, at=NOW, leads_in_range=30)
    with pytest.raises(Conflict):
        begin_rescore(version=first, by=None, at=NOW)
    carry_on(at=NOW)
    second = sign_rules(at=NOW + timedelta(minutes=1), ready=16)
    by_ranges(second, at=NOW + timedelta(minutes=1))
    states = list(Rescore.objects.order_by("pk").values_list("version", "state"))
    assert states == [(first.pk, "overtaken"), (second.pk, "done")]
    assert set(Standing.objects.values_list("version", flat=True)) == {second.pk}


def test_two_workers_never_have_the_same_range(company):
    version = sign_rules(at=NOW, ready=18)
    begin_rescore(version=version, by=None, at=NOW, leads_in_range=60)
    looked = []

    def another_worker(_count):
        if len(looked) < 1:
            looked.append(carry_on(at=NOW))

    assert carry_on(at=NOW, on_written=another_worker) is not None
    assert looked[0] is not None
    assert carry_on(at=NOW) is None
    assert min(RescoreRange.objects.values_list("first", flat=True)) == company[0]
    assert not connection.needs_rollback


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_lead_that_somebody_holds_is_waited_for_by_nobody():
    make_team(is_default=True)
    sign_rules(at=BEFORE, ready=68)
    leads = sorted(write_leads(60))
    settle(leads, at=BEFORE)
    version = sign_rules(at=NOW, ready=67)
    held_lead, go_on, is_held = leads[7], threading.Event(), threading.Event()

    def somebody():
        with transaction.atomic():
            list(Standing.objects.select_for_update().filter(pk=held_lead))
            is_held.set()
            go_on.wait(20)
        connection.close()

    person = threading.Thread(target=somebody)
    person.start()
    try:
        assert is_held.wait(20)
        by_ranges(version)
        others = Standing.objects.exclude(version=version)
        assert list(others.values_list("pk", flat=True)) == [held_lead]
        assert Rescore.objects.get().state == Rescore.State.DONE
    finally:
        go_on.set()
        person.join()
    while settle_due(at=NOW):
        pass
    assert not Standing.objects.exclude(version=version).exists(), "the sweep came by"
