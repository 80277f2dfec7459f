"""The schema: complete, valid, behind the sign-in, with examples that hold."""

import json

import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS

from portal.api_examples import EXAMPLES
from tests.factories import make_handoff, make_reason, make_user


@pytest.mark.django_db
def test_the_schema_is_complete_and_valid(tmp_path) -> None:
    file = tmp_path / "schema.json"
    call_command(
        "spectacular",
        "--fail-on-warn",
        "--validate",
        "--format",
        "openapi-json",
        "--file",
        str(file),
    )
    assert not GENERATOR_STATS
    schema = json.loads(file.read_text())
    assert set(schema["paths"]) == {
        f"/api/v1/{path}"
        for path in (
            "leads/",
            "leads/{public_id}/",
            "leads/{public_id}/score/",
            "activities/",
            "activities/batch/",
            "handoffs/",
            "handoffs/{public_id}/",
            "handoffs/{public_id}/disposition/",
            "definitions/{number}/backtest/",
            "definitions/{number}/preview/",
            "visitors/",
            "sales-time/",
            "alerts/",
            "versions/",
            "versions/{agreement}/{number}/",
        )
    }
    for path, ways in schema["paths"].items():
        for way, operation in ways.items():
            assert operation["summary"], path
            assert operation["security"] == [{"key": []}], path
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])
            sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            assert way != "post" or sent["examples"], path
            good = next(
                operation["responses"][s] for s in ("200", "201") if s in operation["responses"]
            )
            assert good["content"]["application/json"]["examples"], path


@pytest.mark.django_db
def test_the_schema_and_its_page_are_for_people_who_signed_in(client) -> None:
    for address in ("/api/v1/schema/", "/api/v1/docs/", "/api/v1/docs/?script="):
        assert client.get(address).status_code == 302
    client.force_login(make_user())
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert page.context["nav"]
    assert b"swagger-ui-bundle.js" in page.content
    assert client.get("/api/v1/docs/?script=")["Content-Type"].startswith("application/javascript")
    assert client.get("/api/v1/schema/").json()["openapi"].startswith("3.")


@pytest.mark.django_db
def test_the_examples_are_taken_and_answered_as_they_say(caller) -> None:
    make_reason("no_budget", needs_date=False, needs_note=False)
    handoff = make_handoff()
    addresses = {
        "leads_send": "leads/",
        "activities_send": "activities/",
        "activities_send_batch": "activities/batch/",
        "handoffs_decide": f"handoffs/{handoff.public_id}/disposition/",
    }
    for name, address in addresses.items():
        answer = caller.post(address, EXAMPLES[name].sent)
        assert answer.status_code in {200, 201}, answer.content
        assert answer.json().keys() == EXAMPLES[name].answered.keys()
    for name, address in [("leads", "leads/"), ("handoffs", "handoffs/")]:
        row = caller.get(address).json()["results"][0]
        assert row.keys() == EXAMPLES[f"{name}_list"].answered["results"][0].keys()
        detail = caller.get(f"{address}{row['id']}/").json()
        assert detail.keys() == EXAMPLES[f"{name}_read"].answered.keys()
