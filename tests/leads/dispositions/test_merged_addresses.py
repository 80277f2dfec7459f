"""What a merged lead was found by leads to the one that stays."""

from datetime import timedelta

import pytest

from leads.database.models import Lead, StaleCause
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.search import search_ids
from leads.dispositions.merging import merge, unmerge
from tests.factories import make_lead, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user(role="admin")


@pytest.fixture
def pair(admin, now):
    """The lead that stays has the higher key here: it is locked after the one that went."""
    gone = make_lead(name="Lea Old", email="lea@old.test", external_id="old-1")
    kept = make_lead(name="Lea New", email="lea@new.test")
    merge(kept=kept, gone=gone, by=admin, at=now)
    return kept, gone


def capture(now, *inputs: LeadInput) -> list[int]:
    found = find_or_create_leads(
        list(inputs), external_source="test", by=None, at=now, cause=StaleCause.LIVE
    )
    assert not any(one.is_new for one in found)
    return [one.lead_id for one in found]


def test_a_later_capture_of_the_old_address_or_id_finds_the_one_that_stays(pair, now) -> None:
    kept, _gone = pair
    assert capture(now, LeadInput(email="Lea@old.test", phone="1")) == [kept.pk]
    kept.refresh_from_db()
    assert (kept.phone, kept.email) == ("1", "lea@new.test")
    both = LeadInput(email="lea@new.test"), LeadInput(external_id="old-1")
    assert capture(now, *both) == [kept.pk, kept.pk]
    assert Lead.objects.count() == 2


def test_through_two_merges(pair, admin, now) -> None:
    kept, _gone = pair
    last = make_lead(name="Lea Last", email="lea@last.test")
    merge(kept=last, gone=kept, by=admin, at=now)
    for address in ("lea@old.test", "lea@new.test", "lea@last.test"):
        assert capture(now, LeadInput(email=address)) == [last.pk]


def test_a_lead_that_counts_has_its_own_address(pair, now) -> None:
    other = make_lead(email="other@example.test")
    Lead.objects.filter(pk=other.pk).update(email="lea@old.test", email_key="lea@old.test")
    assert capture(now, LeadInput(email="lea@old.test")) == [other.pk]


@pytest.mark.parametrize("text", ["lea@old.test", "old-1", "lea old"])
def test_a_search_finds_it_by_what_the_other_was_called(pair, text) -> None:
    kept, _gone = pair
    assert search_ids(text, among=None) == [kept.pk]


def test_two_again_each_has_its_own(pair, admin, now) -> None:
    kept, gone = pair
    unmerge(merge=kept.merges.get(), by=admin, at=now + timedelta(seconds=5))
    assert capture(now, LeadInput(email="lea@old.test")) == [gone.pk]
    assert search_ids("lea old", among=None) == [gone.pk]
    assert search_ids("lea new", among=None) == [kept.pk]
