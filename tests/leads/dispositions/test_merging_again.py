"""Merges of merges, and what a merge costs."""

from datetime import timedelta

import pytest

from leads.activities.models import Activity
from leads.database.facts import current_facts
from leads.database.models import FactSnapshot, Lead
from leads.dispositions.handlers import gather_late
from leads.dispositions.merging import merge, unmerge
from leads.dispositions.models import Merge, Reason
from leads.dispositions.services import reject
from portal.core.errors import Conflict
from portal.events.models import Event
from tests.factories import make_activity, make_facts, make_handoff, make_lead, make_team, make_user

pytestmark = pytest.mark.django_db
SOON = timedelta(seconds=8)
DAY = timedelta(days=1)


@pytest.fixture
def priya():
    return make_user(name="Priya Nair", role="marketing_lead")


def test_one_after_the_other_becomes_one_and_comes_apart(priya, now) -> None:
    first, second, third = (make_lead(name=name, at=now - 9 * DAY) for name in "ABC")
    for place, lead in enumerate((first, second, third)):
        make_facts(lead, at=now - (5 - place) * DAY, city=f"City {place}")
        make_activity(lead, at=now - place * DAY)
    inner = merge(kept=second, gone=first, by=priya, at=now)
    outer = merge(kept=third, gone=second, by=priya, at=now + SOON)
    first.refresh_from_db()
    assert first.duplicate_of == third
    assert Activity.objects.filter(lead=third).count() == 3
    unmerge(merge=outer, by=priya, at=now + 2 * SOON)
    first.refresh_from_db()
    assert first.duplicate_of == second
    assert Activity.objects.filter(lead=second).count() == 2
    unmerge(merge=inner, by=priya, at=now + 3 * SOON)
    for lead in (first, second, third):
        assert Activity.objects.get(lead=lead)
        assert Lead.objects.get(pk=lead.pk).duplicate_of is None


def test_a_decision_s_merge_is_taken_back_by_the_decision(priya, now) -> None:
    team = make_team()
    anna = make_user(team=team)
    handoff, stays = (make_handoff(owner=anna, team=team) for _ in range(2))
    duplicate = Reason.objects.get(code="duplicate")
    reject(handoff=handoff, reason=duplicate, by=anna, at=now, duplicate_of=stays.lead)
    with pytest.raises(Conflict, match="Take the decision back instead"):
        unmerge(merge=Merge.objects.get(), by=priya, at=now + SOON)


@pytest.mark.parametrize("rows", [1, 60])
def test_it_costs_the_same_statements_however_much_there_is(
    rows, priya, now, django_assert_max_num_queries
) -> None:
    kept, gone = (make_lead(at=now - 90 * DAY) for _ in range(2))
    for place in range(rows):
        make_activity(gone, at=now - place * DAY)
        make_facts(gone, at=now - place * DAY, city=f"City {place}", title=f"CEO {place}")
    with django_assert_max_num_queries(75):
        done = merge(kept=kept, gone=gone, by=priya, at=now)
    with django_assert_max_num_queries(75):
        unmerge(merge=done, by=priya, at=now + SOON)
    assert FactSnapshot.objects.filter(lead=kept).exists()


def test_what_another_transaction_wrote_for_the_one_that_went_comes_along(priya, now) -> None:
    kept, gone = (make_lead(at=now - 90 * DAY) for _ in range(2))
    done = merge(kept=kept, gone=gone, by=priya, at=now)
    late = make_activity(gone, at=now)
    make_facts(gone, at=now, city="Ulm")
    events = list(Event.objects.filter(kind="lead.merged"))
    for _ in range(2):  # harmless when it runs again
        gather_late(events, now + SOON)
    assert Activity.objects.get().lead == kept
    assert current_facts([kept.pk], at=now)[kept.pk]["city"] == "Ulm"
    done.refresh_from_db()
    unmerge(merge=done, by=priya, at=now + 2 * SOON)
    late.refresh_from_db()
    assert late.lead == gone
    assert "city" not in current_facts([kept.pk], at=now)[kept.pk]
    gather_late(events, now + 3 * SOON)
    assert Activity.objects.get().lead == gone, "two again: nothing is gathered"
