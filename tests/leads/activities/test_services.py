"""Recording activities in sets: each once, and what follows for the lead."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.activities.models import Activity, TrackedObject
from leads.activities.services import (
    ActivityInput,
    activities_of,
    mark_bots,
    record_activities,
    retag,
)
from leads.database.models import StaleCause, Standing
from portal.core.errors import DomainError
from portal.events.models import Event
from tests.factories import make_activity, make_lead, make_user

pytestmark = pytest.mark.django_db


def visit(lead, number, now, **more):
    given = {
        "kind": "page_view", "occurred_at": now, "external_id": str(number),
        "object_kind": "page", "object_key": f"/{number}", "object_title": "A page",
    }  # fmt: skip
    return ActivityInput(lead_id=lead.pk, **(given | more))


def scored(*leads) -> None:
    Standing.objects.filter(pk__in=[lead.pk for lead in leads]).update(
        stale_since=None, stale_cause=0
    )


def test_an_activity_is_kept_with_its_object_and_marks_its_lead(now) -> None:
    lead, by = make_lead(), make_user()
    scored(lead)
    late = now + timedelta(minutes=5, microseconds=7)
    item = visit(lead, 1, now, properties={"duration_s": 12, "form": "démo"})
    (recorded,) = record_activities([item], source="api:3", by=by, at=late)
    activity = Activity.objects.select_related("object").get(pk=recorded.activity_id)
    assert recorded.is_new
    assert (activity.occurred_at, activity.received_at) == (now, late.replace(microsecond=0))
    assert (activity.object.key, activity.object.title) == ("/1", "A page")
    assert (activity.properties, activity.actor) == ({"duration_s": 12, "form": "démo"}, by)
    standing = Standing.objects.get(lead=lead)
    assert standing.stale_cause == StaleCause.LIVE


def test_what_comes_with_letters_and_accents_apart_is_kept_as_rules_are_signed(now) -> None:
    lead, apart, whole = make_lead(), "Menu\u0308", "Menü"
    said = {"properties": {apart: apart, "n": 1, "extra": {"list": [apart]}}, "object_title": apart}
    items = [
        visit(lead, n, now, object_key=f"/{key}", **said) for n, key in enumerate((apart, whole))
    ]
    for one in record_activities(items, source="api:3", by=None, at=now):
        activity = Activity.objects.get(pk=one.activity_id)
        assert activity.properties == {whole: whole, "n": 1, "extra": {"list": [whole]}}
    page = TrackedObject.objects.get()  # one page, however it is spelled
    assert (page.key, page.title) == (f"/{whole}", whole)
    assert retag(object=page, tags=[apart, whole], by=make_user(), at=now).tags == [whole.lower()]


def test_what_is_sent_twice_is_kept_once(now) -> None:
    lead = make_lead()
    items = [visit(lead, 1, now), visit(lead, 1, now), visit(lead, 2, now)]
    found = record_activities(items, source="api:3", by=None, at=now)
    assert [one.is_new for one in found] == [True, False, True]
    assert found[0].activity_id == found[1].activity_id
    scored(lead)
    again = record_activities(items, source="api:3", by=None, at=now)
    assert [(one.is_new, one.activity_id) for one in again] == [
        (False, one.activity_id) for one in found
    ]
    assert Standing.objects.get(lead=lead).stale_since is None
    assert record_activities(items[:1], source="other", by=None, at=now)[0].is_new


def test_activities_without_an_id_are_each_their_own(now) -> None:
    lead = make_lead()
    items = [visit(lead, 1, now, external_id="")] * 2
    found = record_activities(items, source="desk", by=None, at=now)
    assert [one.is_new for one in found] == [True, True]


def test_history_counts_as_received_when_it_happened(now) -> None:
    lead = make_lead()
    scored(lead)
    old = now - timedelta(days=90)
    record_activities([visit(lead, 1, old)], source="import:crm", by=None, at=now, history=True)
    assert Activity.objects.get().received_at == old
    assert Standing.objects.get(lead=lead).stale_cause == StaleCause.IMPORT


def test_unknown_kinds_are_refused_with_those_that_exist(now) -> None:
    with pytest.raises(DomainError, match="page_view"):
        record_activities([visit(make_lead(), 1, now, kind="dance")], source="api", by=None, at=now)
    with pytest.raises(DomainError, match="asset"):
        record_activities(
            [visit(make_lead(), 1, now, object_kind="dance")], source="api", by=None, at=now
        )


def statements(number: int, now) -> int:
    lead = make_lead()
    items = [visit(lead, f"{number}-{i}", now) for i in range(number)]
    with CaptureQueriesContext(connection) as queries:
        record_activities(items, source="api", by=None, at=now)
    return len(queries)


def test_two_hundred_cost_the_statements_of_one(now) -> None:
    assert statements(200, now) == statements(1, now) <= 8


def test_what_was_known_then(now) -> None:
    lead, other = make_lead(), make_lead()
    first = make_activity(lead, at=now)
    make_activity(lead, at=now, received_at=now + timedelta(days=2))
    make_activity(lead, at=now + timedelta(days=1))
    assert activities_of([lead.pk, other.pk], until=now) == {lead.pk: [first], other.pk: []}
    assert len(activities_of([lead.pk])[lead.pk]) == 3


def test_an_activity_is_never_edited_but_for_its_bot_mark(now) -> None:
    activity = make_activity(make_lead())
    with pytest.raises(DatabaseError), transaction.atomic():
        Activity.objects.filter(pk=activity.pk).update(kind=2)
    Activity.objects.filter(pk=activity.pk).update(is_bot=True)


def test_new_tags_mark_the_leads_that_met_the_object(now) -> None:
    met, other, by = make_lead(), make_lead(), make_user()
    make_activity(met, object_kind="page", object_key="/pricing")
    make_activity(other, object_kind="page", object_key="/else")
    scored(met, other)
    page = TrackedObject.objects.get(key="/pricing")
    assert retag(object=page, tags=[" Pricing", "pricing", ""], by=by, at=now).tags == ["pricing"]
    assert Standing.objects.get(lead=met).stale_cause == StaleCause.IMPORT
    assert Standing.objects.get(lead=other).stale_since is None
    scored(met)
    retag(object=page, tags=["pricing"], by=by, at=now)
    assert Standing.objects.get(lead=met).stale_since is None
    assert Event.objects.filter(kind="object.tagged").count() == 1


def test_a_bot_mark_is_set_and_taken_away(now) -> None:
    lead, by = make_lead(), make_user()
    activity = make_activity(lead)
    scored(lead)
    assert mark_bots(ids=[activity.pk], by=by, at=now) == [activity.pk]
    assert mark_bots(ids=[activity.pk], by=by, at=now) == []
    assert Standing.objects.get(lead=lead).stale_since is not None
    assert mark_bots(ids=[activity.pk], by=by, at=now, is_bot=False) == [activity.pk]
    assert Event.objects.filter(kind="activities.marked", lead_links__lead_id=lead.pk).count() == 2
