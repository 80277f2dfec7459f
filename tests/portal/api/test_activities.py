"""Sending activities, one by one and in batches."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.activities.models import Activity
from leads.database.models import Lead, StaleCause
from leads.database.people import LeadInput, find_or_create_leads
from tests.factories import AT, make_lead

NOW = "2026-03-02T09:00:00Z"


def activity(lead: Lead, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "kind": "page_view",
        "occurred_at": NOW,
        "external_id": f"v-{number}",
        "lead": str(lead.public_id),
        "object": {"kind": "page", "key": "/pricing"},
    } | more


@pytest.mark.django_db(transaction=True)
def test_an_activity_counts_once_and_scores_its_lead(caller, ready) -> None:
    lead = make_lead()
    now = timezone.now().isoformat()
    asked = activity(lead, kind="demo_request", occurred_at=now)
    first, again = caller.post("activities/", asked), caller.post("activities/", asked)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["status"] == "recorded"
    assert again.json() == {"status": "duplicate", "id": first.json()["id"]}
    lead.standing.refresh_from_db()
    assert lead.standing.total == 30


@pytest.mark.django_db
def test_a_lead_is_named_by_id_by_address_or_by_another_system(caller) -> None:
    lead = make_lead(external_id="77")
    Lead.objects.update(external_source="crm")
    base = activity(lead)
    del base["lead"]
    ways = [
        {"lead": str(lead.public_id)},
        {"lead_email": lead.email.upper()},
        {"lead_external_id": "77"},
    ]
    for number, way in enumerate(ways):
        sent = base | way | {"external_id": f"n-{number}", "external_source": "crm"}
        assert caller.post("activities/", sent).status_code == 201, way
    assert Activity.objects.filter(lead=lead, source="api:crm").count() == 3
    foreign = base | {"lead_external_id": "77", "external_source": "other"}
    assert caller.post("activities/", foreign).status_code == 422
    assert caller.post("activities/", base).status_code == 422
    assert caller.post("activities/", base | ways[0] | ways[1]).status_code == 422


@pytest.mark.django_db
def test_what_a_closed_duplicate_did_counts_for_the_lead_it_became(caller) -> None:
    stays, closed = make_lead(), make_lead()
    Lead.objects.filter(pk=closed.pk).update(duplicate_of=stays)
    assert caller.post("activities/", activity(closed)).status_code == 201
    assert Activity.objects.get().lead == stays


@pytest.mark.django_db
def test_bad_ones_of_a_batch_do_not_hold_up_the_others(caller) -> None:
    lead = make_lead()
    batch = [
        activity(lead, 1),
        activity(lead, 1),
        activity(lead, 2, kind="dance"),
        activity(lead, 3) | {"lead": "00000000-0000-4000-8000-000000000000"},
        "nonsense",
        None,
        activity(lead, 4, properties={"outcome": {"deep": [1]}}),
        activity(lead, 5, occurred_at="yesterday"),
        activity(lead, 6),
    ]
    answer = caller.post("activities/batch/", {"activities": batch})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    said = [one["status"] for one in body["results"]]
    assert said == ["recorded", "duplicate", *["error"] * 6, "recorded"]
    assert (body["recorded"], body["duplicates"], body["errors"]) == (2, 1, 6)
    assert "Send the lead first" in body["results"][3]["errors"]["lead"][0]
    assert Activity.objects.count() == 2
    again = caller.post("activities/batch/", {"activities": batch}).json()
    assert (again["recorded"], again["duplicates"], again["errors"]) == (0, 3, 6)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent",
    [
        {"activities": []},
        {"activities": "x"},
        {},
        [],
        "x",
        {"activities": [0] * 1001},
        {"activities": [], "x": 1},
    ],
)
def test_a_batch_that_is_none_is_refused(caller, sent) -> None:
    assert caller.post("activities/batch/", json.dumps(sent)).status_code == 422


@pytest.mark.django_db
def test_a_batch_costs_the_same_statements_for_one_and_for_a_thousand(caller) -> None:
    leads = find_or_create_leads(
        [LeadInput(email=f"p{n}@example.com") for n in range(1000)],
        external_source="test",
        by=None,
        at=AT,
        cause=StaleCause.IMPORT,
    )
    emails = list(Lead.objects.values_list("email", flat=True))
    assert len(leads) == len(emails) == 1000
    counts = []
    for size in (1, 1000):
        batch = [
            {
                "kind": "page_view",
                "occurred_at": NOW,
                "external_id": f"{size}-{n}",
                "lead_email": email,
                "object": {"kind": "page", "key": f"/p/{n}"},
            }
            for n, email in enumerate(emails[:size])
        ]
        with CaptureQueriesContext(connection) as queries:
            body = caller.post("activities/batch/", {"activities": batch}).json()
        assert body["recorded"] == size
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1, counts  # the second time the key's last use is fresh


@pytest.mark.django_db(transaction=True)
def test_one_activity_costs_few_statements(caller, ready) -> None:
    lead = make_lead()
    caller.post("activities/", activity(lead, 1))
    now = (timezone.now() - timedelta(seconds=5)).isoformat()
    with CaptureQueriesContext(connection) as queries:
        answer = caller.post("activities/", activity(lead, 2, occurred_at=now))
    assert answer.status_code == 201
    spent = [one["sql"] for one in queries if not one["sql"].startswith(("BEGIN", "COMMIT"))]
    spent = [one for one in spent if "SAVEPOINT" not in one]
    # A ceiling that may only fall; two of them are the key and its minute's count.
    assert len(spent) <= 12, "\n".join(spent)
