"""Every address of the API, by scope of the key, and by keys that open nothing."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse

from portal.accounts.models import ApiKey, Role, User
from tests.architecture.access import ENDPOINTS
from tests.architecture.asking import OTHER_METHODS, ask, is_let_in
from tests.architecture.entries import Endpoint
from tests.architecture.keys import key_headers, scopes
from tests.architecture.whole import whole_world
from tests.architecture.world import World
from tests.stages import staged

pytestmark = pytest.mark.django_db


world = staged(whole_world)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_api_answers_exactly_the_keys_of_the_right_scope(client, world, name) -> None:
    endpoint = ENDPOINTS[name]
    address, data = reverse(name, kwargs=endpoint.at(world)), dict(endpoint.data(world))
    sent = {"content_type": "application/json", "data": data}
    keys = {scope: key_headers(world, [scope]) for scope in scopes()}
    let_in = {
        method: [
            scope
            for scope, headers in keys.items()
            if is_let_in(
                ask(client, method, address, headers=headers, **(sent if method == "post" else {}))
            )
        ]
        for method in ("get", "post", *OTHER_METHODS)
    }
    expected = {"get": endpoint.get, "post": endpoint.post}
    assert let_in == {method: [one] if (one := expected.get(method)) else [] for method in let_in}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_api_knows_no_sessions_and_no_wrong_keys(client, world, name) -> None:
    address = reverse(name, kwargs=ENDPOINTS[name].at(world))
    world.log_in(client, Role.ADMIN)
    wrong = {
        "no key": {},
        "an unknown key": {"Authorization": "Bearer wrong"},
        "another way to sign in": {"Authorization": "Basic d3Jvbmc6d3Jvbmc="},
        "a revoked key": spoiled(world, revoked_at=world.at),
        "an expired key": spoiled(world, expires_at=world.at - timedelta(seconds=1)),
        "a key of somebody who left": spoiled(world, owner=gone(world)),
    }
    for why, headers in wrong.items():
        for method in ("get", "post"):
            status = ask(client, method, address, headers=headers).status_code
            assert status == HTTPStatus.UNAUTHORIZED, f"{method} with {why}"


def spoiled(world: World, **values: object) -> dict[str, str]:
    """Return the headers of a key of every scope that no longer counts."""
    headers = key_headers(world, scopes())
    ApiKey.objects.filter(pk=ApiKey.objects.latest("pk").pk).update(**values)
    return headers


def gone(world: World) -> User:
    person = world.people[Role.LEADERSHIP]
    person.is_active = False
    person.save()
    return person


@pytest.mark.parametrize(("name", "endpoint"), ENDPOINTS.items())
def test_the_table_names_known_scopes_only(name: str, endpoint: Endpoint) -> None:
    assert {endpoint.get, endpoint.post} - {""} <= set(scopes()), name
