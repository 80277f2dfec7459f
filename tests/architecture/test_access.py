"""Every address, by every role and method, against the reviewed table of ``access.py``."""

from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Role
from tests.architecture import names
from tests.architecture.access import ENDPOINTS, EVERYBODY, PAGES, Endpoint, Page
from tests.architecture.keys import key_headers, scopes
from tests.architecture.world import ANONYMOUS, World

pytestmark = pytest.mark.django_db
ROLES = [ANONYMOUS, *map(str, Role)]
OTHER_METHODS = ("put", "patch", "delete")
TURNED_AWAY = {
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
}  # fmt: skip
ADMIN_ROUTE = "admin/"


@pytest.fixture
def world() -> World:
    return World()


def is_admin(url: names.Url) -> bool:
    return url.route.startswith(ADMIN_ROUTE)


def ask(client: Client, method: str, address: str, **more):
    """Send one request and take back whatever it wrote, so that the next one finds the same."""
    with transaction.atomic():
        response = getattr(client, method)(address, **more)
        transaction.set_rollback(True)
    assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, f"{method} {address}"
    return response


def is_let_in(response) -> bool:
    """Tell whether the request reached the page: not turned away, not sent to sign in."""
    to = urlsplit(response.headers.get("Location", ""))
    sent_to_sign_in = to.path == str(settings.LOGIN_URL) and "next=" in to.query
    return not sent_to_sign_in and response.status_code not in TURNED_AWAY


def test_every_address_is_in_the_table() -> None:
    known = {url.name for url in names.all_urls() if not is_admin(url)}
    assert known - {""} == set(PAGES) | set(ENDPOINTS)


def test_every_address_has_a_name() -> None:
    assert not [url.route for url in names.all_urls() if not url.name and not is_admin(url)]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_lets_in_exactly_whom_the_table_names(client, world, name, method) -> None:
    page = PAGES[name]
    allowed = page.get if method == "get" else page.post
    address, sent = reverse(name, kwargs=page.at(world)), {}
    if method == "post":
        sent = {"data": page.data(world)}
    let_in = set()
    for role in ROLES:
        world.log_in(client, role)
        if is_let_in(ask(client, method, address, **sent)):
            let_in.add(role)
    assert let_in == allowed


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("account_")])
def test_a_page_answers_no_other_method(client, world, name) -> None:
    address = reverse(name, kwargs=PAGES[name].at(world))
    for role in sorted((PAGES[name].get | PAGES[name].post) & set(world.people)):
        world.log_in(client, role)
        assert not [way for way in OTHER_METHODS if is_let_in(ask(client, way, address))]


@pytest.mark.parametrize("method", ["get", "post", *OTHER_METHODS])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_api_answers_exactly_the_keys_of_the_right_scope(client, world, name, method) -> None:
    endpoint = ENDPOINTS[name]
    needed = {"get": endpoint.get, "post": endpoint.post}.get(method, "")
    sent = {"content_type": "application/json", "data": dict(endpoint.data(world))}
    more = sent if method == "post" else {}
    address = reverse(name, kwargs=endpoint.at(world))
    let_in = {
        scope
        for scope in scopes()
        if is_let_in(ask(client, method, address, headers=key_headers(world, [scope]), **more))
    }
    assert let_in == ({needed} if needed else set())


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_api_knows_no_sessions_and_no_wrong_keys(client, world, name) -> None:
    address = reverse(name, kwargs=ENDPOINTS[name].at(world))
    world.log_in(client, Role.ADMIN)
    assert ask(client, "get", address).status_code == HTTPStatus.UNAUTHORIZED
    wrong = ask(client, "get", address, headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == HTTPStatus.UNAUTHORIZED


def admin_addresses() -> list[str]:
    """Return the admin's addresses that need nothing in their path, but for signing in and out."""
    outside = {"admin:login", "admin:logout", "admin:autocomplete"}
    found = [url for url in names.all_urls() if is_admin(url) and url.name and not url.arguments]
    return sorted({url.name for url in found} - outside)


@pytest.mark.parametrize("name", admin_addresses())
def test_only_admins_enter_the_admin(client, world, name) -> None:
    address, entered, refused = reverse(name), set(), {}
    for role in ROLES:
        world.log_in(client, role)
        response = ask(client, "get", address)
        if "Location" in response.headers:
            assert urlsplit(response.headers["Location"]).path.startswith(reverse("admin:login"))
        elif response.status_code == HTTPStatus.FORBIDDEN:
            refused[role] = response
        else:
            entered.add(role)
    # Evidence, events and signed text are read-only: nobody at all may add them.
    may_be_closed = name.endswith("_add")
    assert entered == {str(Role.ADMIN)} or (may_be_closed and not entered and refused)


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_the_table_names_known_roles_only(name: str, page: Page) -> None:
    assert page.get | page.post <= EVERYBODY
    assert bool(page.get | page.post) != bool(page.closed), f"{name}: somebody, or a reason"


@pytest.mark.parametrize(("name", "endpoint"), ENDPOINTS.items())
def test_the_table_names_known_scopes_only(name: str, endpoint: Endpoint) -> None:
    assert {endpoint.get, endpoint.post} - {""} <= set(scopes()), name
