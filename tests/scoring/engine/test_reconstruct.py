"""Evidence of imported handoffs: as of their own instant, marked as reconstructed."""

from datetime import timedelta

import pytest

from leads.handoffs.models import Handoff
from portal.events.models import Event
from scoring.engine import reconstruct as module
from scoring.engine.models import Evidence
from scoring.engine.reconstruct import CONTINUED, reconstruct, reconstruct_batch
from tests.factories import AT, make_definition
from tests.leads.imports.support import (
    ACTIVITIES,
    HANDOFFS,
    HANDOFFS_HEADER,
    bring,
    lines,
    mapping,
)

pytestmark = pytest.mark.django_db
BEFORE = AT - timedelta(days=30)


def deals(count, at=AT):
    rows = [f"D{n},L{n},,2024-03-{n % 28 + 1:02} 10:00,Web,,,Open,,,,," for n in range(count)]
    return bring(lines(HANDOFFS_HEADER, *rows), HANDOFFS, at=at)


def finished(run):
    return Event.objects.get(kind="import.finished", subject_id=run.pk)


def test_evidence_is_as_of_the_handoff_and_knows_nothing_later():
    version = make_definition(at=BEFORE)
    bring("Id\nL0\n", mapping("leads", {"external_id": "Id"}))
    calls = ("1,L0,demo_request,2024-02-25 10:00", "2,L0,subscription,2024-03-02 10:00")
    bring(lines("Id,Lead,Kind,At", *calls), ACTIVITIES)
    run = deals(1)
    reconstruct([finished(run)], AT)
    evidence = Evidence.objects.get()
    assert (evidence.kind, evidence.version) == ("reconstructed", version)
    assert evidence.as_of == Handoff.objects.get().made_at
    assert evidence.total == 30, "the demo request counts, what came a day later does not"
    assert [each["kind"] for each in evidence.document["activities"]] == ["demo_request"]


def test_twice_is_as_good_as_once_and_dates_are_needed():
    make_definition(at=BEFORE)
    run = deals(3)
    undated = bring(lines(HANDOFFS_HEADER, "U1,L9,,,Web,,,Open,,,,,"), HANDOFFS)
    events = [finished(run), finished(undated)]
    reconstruct(events, AT)
    reconstruct(events, AT)
    assert Evidence.objects.count() == 3
    assert not Evidence.objects.filter(handoff__external_id="U1").exists()


def test_before_any_definition_there_is_no_evidence_and_none_later():
    run = deals(2, at=BEFORE)
    make_definition(at=AT)
    reconstruct([finished(run)], AT)
    assert not Evidence.objects.exists()


def test_a_large_import_is_carried_on_event_by_event(monkeypatch):
    make_definition(at=BEFORE)
    run = deals(5)
    monkeypatch.setattr(module, "BATCH", 2)
    pending, rounds = [finished(run)], 0
    while pending:
        before = set(Event.objects.values_list("pk", flat=True))
        reconstruct(pending, AT)
        pending = list(Event.objects.filter(kind=CONTINUED).exclude(pk__in=before))
        rounds += 1
    assert rounds == 3
    assert Evidence.objects.count() == 5


def test_a_batch_costs_the_same_statements_for_one_and_for_forty(django_assert_max_num_queries):
    make_definition(at=BEFORE)
    event = finished(deals(40))
    with django_assert_max_num_queries(16):
        reconstruct_batch(event.pk)
    assert Evidence.objects.count() == 40
