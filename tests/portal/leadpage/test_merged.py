"""The page, and the API, of a lead that became part of another."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Lead
from leads.dispositions.merging import merge
from leads.dispositions.models import Merge
from tests.factories import make_lead, make_user
from tests.portal.api.conftest import key_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def priya():
    return make_user(name="Priya Nair", role="marketing_lead")


@pytest.fixture
def merged(priya):
    kept, gone = make_lead(name="Lea Novak"), make_lead(name="L. Novak")
    return merge(kept=kept, gone=gone, by=priya, at=timezone.now())


def page(client, lead: Lead, **more):
    return client.get(reverse("lead", args=[lead.public_id]), **more)


def test_the_old_address_leads_to_the_one_that_stays_with_a_sentence(client, merged, priya) -> None:
    client.force_login(priya)
    answer = page(client, merged.gone, follow=True)
    assert answer.redirect_chain == [(reverse("lead", args=[merged.kept.public_id]), 302)]
    text = answer.content.decode()
    assert "L. Novak was merged into Lea Novak. This is the one that stays." in text
    assert reverse("merge-undo", args=[merged.pk]) in text


def test_who_may_not_see_the_one_that_stays_finds_nothing(client, merged) -> None:
    client.force_login(make_user())
    assert page(client, merged.gone).status_code == 404


def test_taking_back_is_offered_today_and_to_whom_it_is_theirs(client, merged, priya) -> None:
    address = reverse("merge-undo", args=[merged.pk])
    client.force_login(make_user(role="leadership"))
    text = page(client, merged.kept).content.decode()
    assert "merged by Priya Nair" in text
    assert address not in text
    Merge.objects.update(at=timezone.now() - timedelta(days=2))
    client.force_login(priya)
    assert address not in page(client, merged.kept).content.decode()


def test_one_closed_before_there_were_merges_keeps_its_page(client, priya) -> None:
    stays, closed = make_lead(), make_lead()
    Lead.objects.filter(pk=closed.pk).update(duplicate_of=stays)
    client.force_login(priya)
    assert "Closed as a duplicate" in page(client, closed).content.decode()


def test_the_api_names_the_lead_that_stays(merged, priya) -> None:
    caller = key_for(priya, ["leads:read"])
    answer = caller.get(f"leads/{merged.gone.public_id}/")
    assert answer.status_code == 307
    assert answer.headers["Location"].endswith(f"/leads/{merged.kept.public_id}/")
    body = answer.json()
    assert body["detail"] == "This lead was merged into another. Read that one instead."
    assert body["lead"] == str(merged.kept.public_id)
    stranger = key_for(make_user(), ["leads:read"])
    assert stranger.get(f"leads/{merged.gone.public_id}/").status_code == 404
