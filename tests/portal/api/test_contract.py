"""What holds at every address: keys, refusals in sentences, limits."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.keys import revoke_api_key
from portal.accounts.models import ApiKey, Role
from tests.factories import make_handoff, make_user
from tests.portal.api.conftest import key_for

READS = ["leads/", "handoffs/", "versions/"]
SENDS = ["leads/", "activities/", "activities/batch/"]


def assert_problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"].endswith(".")
    assert len(body["detail"]) > 20
    return body


@pytest.mark.django_db
@pytest.mark.parametrize("address", [*READS, "nothing/here/"])
def test_without_a_usable_key_nothing_is_answered(address) -> None:
    owner = make_user(role=Role.ADMIN)
    late, revoked, left = (key_for(owner) for _ in range(3))
    keys = list(ApiKey.objects.order_by("pk"))
    ApiKey.objects.filter(pk=keys[0].pk).update(expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    revoke_api_key(key=keys[1], at=datetime.now(UTC))
    for caller in (late, revoked):
        answer = caller.get(address)
        assert_problem(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")
    owner.is_active = False
    owner.save()
    assert_problem(left.get(address), 401)
    for header in ("", "Bearer", "Bearer  ", "Basic YTpi", "Bearer " + "x" * 5000, "Bearer ä"):
        assert_problem(Client().get(f"/api/v1/{address}", headers={"Authorization": header}), 401)


@pytest.mark.django_db
def test_a_key_does_only_what_its_scopes_name() -> None:
    owner = make_user(role=Role.ADMIN)
    reader, sender = key_for(owner, ["leads:read"]), key_for(owner, ["leads:write"])
    for address in READS:
        assert reader.get(address).status_code == 200
        assert_problem(sender.get(address), 403)
    for address in SENDS:
        assert_problem(reader.post(address, {}), 403)
        assert_problem(sender.post(address, {}), 422)
    decide = f"handoffs/{make_handoff().public_id}/disposition/"
    assert_problem(sender.post(decide, {}), 403)


@pytest.mark.django_db
def test_other_methods_types_and_addresses_are_refused_in_json(caller) -> None:
    assert_problem(caller.post("handoffs/", {}), 405)
    assert_problem(caller.get("activities/"), 405)
    put = caller.client.put(
        "/api/v1/leads/", "{}", content_type="application/json", headers=caller.headers
    )
    assert_problem(put, 405)
    assert_problem(caller.get("leads/not-an-id/"), 404)
    assert_problem(caller.get("nothing/"), 404)
    assert_problem(caller.client.post("/api/v1/leads/", {"a": 1}, headers=caller.headers), 415)
    assert_problem(caller.get("leads/", Accept="text/html"), 406)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1e',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 50 + b"]" * 50,
        b'{"name": "\\uD800"}',
        b'{"name": 1' + b"0" * 5000 + b"}",
    ],
    ids=lambda body: body[:9],
)
@pytest.mark.parametrize("address", SENDS)
def test_a_body_that_cannot_be_read_is_refused(caller, address, body) -> None:
    answer = caller.client.post(
        f"/api/v1/{address}", body, content_type="application/json", headers=caller.headers
    )
    assert_problem(answer, 422 if body == b"" else 400)


@pytest.mark.django_db
def test_a_body_over_the_limit_is_refused_unread(caller) -> None:
    body = json.dumps({"email": "a@example.com", "name": "x" * 2_700_000})
    answer = caller.post("leads/", body)
    assert_problem(answer, 413)


@pytest.mark.django_db(transaction=True)
def test_a_crowd_never_passes_the_limit(caller, settings, monkeypatch) -> None:
    settings.API_REQUESTS_PER_MINUTE = 20
    half_past = datetime.now(UTC).replace(second=30)
    monkeypatch.setattr("django.utils.timezone.now", lambda: half_past)

    def ask(_number: int) -> tuple[int, str]:
        try:
            answer = caller.get("versions/")
            return answer.status_code, answer.headers.get("Retry-After", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(60)))
    assert [status for status, _ in answers].count(200) == 20
    refused = [wait for status, wait in answers if status == 429]
    assert len(refused) == 40
    assert set(refused) == {"30"}


texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "\x00",
            "\ud800",
            "\u202e",
            "a" * 400,
            "vera@example.com",
            "2026-03-02T09:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "page_view",
            "rejected",
            "accepted",
        ]
    ),
)
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.just(10**400),
        st.floats(allow_nan=False, allow_infinity=False),
        texts,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
NAMES = [
    "email",
    "external_id",
    "external_source",
    "name",
    "source",
    "facts",
    "facts_said_by",
    "activity",
    "consent",
    "kind",
    "occurred_at",
    "object",
    "properties",
    "is_bot",
    "lead",
    "lead_email",
    "activities",
    "outcome",
    "reason",
    "note",
    "recycle_on",
    "duplicate_of",
    "wrong_rules",
    "owner",
    "title",
    "key",
]
bodies = st.one_of(values, st.dictionaries(st.sampled_from(NAMES), values, max_size=5))
whole = st.fixed_dictionaries(
    {"email": st.just("vera@example.com"), "kind": st.just("page_view")},
    optional={
        "name": texts,
        "facts": st.dictionaries(st.sampled_from(["title", "company_size"]), values, max_size=2),
        "activity": st.fixed_dictionaries(
            {"kind": st.just("chat")},
            optional={
                "properties": st.dictionaries(texts, values, max_size=2),
                "occurred_at": texts,
                "object": values,
            },
        ),
    },
)
almost = whole.map(lambda one: {name: value for name, value in one.items() if name != "kind"})


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(bodies, almost))
@pytest.mark.parametrize("address", [*SENDS, "disposition"])
def test_whatever_is_sent_is_taken_or_refused_in_a_sentence(caller, address, body) -> None:
    if address == "disposition":
        address = f"handoffs/{make_handoff().public_id}/disposition/"
    answer = caller.client.post(
        f"/api/v1/{address}",
        json.dumps(body),
        content_type="application/json",
        headers=caller.headers,
    )
    ApiKey.objects.update(last_used_at=datetime.now(UTC))
    assert answer.status_code in {200, 201, 400, 422, 429}, answer.content
    if answer.status_code >= 400:
        assert_problem(answer, answer.status_code)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(
            [
                "cursor",
                "page_size",
                "stage",
                "email",
                "owner",
                "lead",
                "is_decided",
                "agreement",
                "external_id",
            ]
        ),
        texts.map(str),
        max_size=3,
    )
)
@pytest.mark.parametrize("address", READS)
def test_whatever_is_asked_is_answered_or_refused_in_a_sentence(caller, address, query) -> None:
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    answer = caller.client.get(f"/api/v1/{address}", clean, headers=caller.headers)
    assert answer.status_code in {200, 422, 429}, answer.content


@pytest.fixture(autouse=True)
def many_may_knock(settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
