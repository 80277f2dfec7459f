"""The terms on the shared pages of agreements."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.agreements.models import Version
from tests.factories import make_terms, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["sdr", "marketing", "leadership"])
def test_everybody_reads_the_terms_as_sentences(client, role) -> None:
    version = make_terms(at=timezone.now() - timedelta(days=1))
    client.force_login(make_user(role=role))
    assert client.get(reverse("terms")).status_code == 200
    page = client.get(reverse("terms-version", args=[version.number])).content.decode()
    assert "Sales makes a first touch within" in page
    assert "4 working hours" in page


def test_a_promise_is_edited_in_a_draft(client) -> None:
    make_terms(at=timezone.now() - timedelta(days=1))
    client.force_login(make_user(role="sales_lead"))
    client.post(reverse("terms-version-start"))
    draft = Version.objects.get(number=2)
    address = reverse("terms-version-clause", args=[2, "first-touch"])
    form = client.get(address)
    assert "Within minutes" in form.content.decode()
    clause = draft.clauses.get(key="first-touch")
    given = {
        "revision": clause.revision,
        "name": "First touch",
        "kind": "first_touch",
        "calendar": "office-hours",
        "warn_percent": 50,
        "untouched": "ended",
        "rationale": "Faster wins.",
    }
    refused = client.post(address, given | {"amount_s": 0})
    assert refused.status_code == 422
    assert "at least 1 minute" in refused.content.decode()
    client.post(address, given | {"amount_s": 120})
    clause.refresh_from_db()
    assert (clause.body["amount_s"], clause.body["warn_percent"]) == (7200, 50)
