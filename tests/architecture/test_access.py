"""Every address, by every role and method, against the reviewed table of ``access.py``.

Whoever must stay out asks at each address in each run. Of those who are let in, one asks, whose
turn it is, for their pages have to be made; all of them ask at full size.
"""

from http import HTTPStatus
from itertools import cycle
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Role
from tests.architecture import names
from tests.architecture.access import ENDPOINTS, PAGES
from tests.architecture.asking import OTHER_METHODS, ROLES, ask, is_let_in
from tests.architecture.entries import EVERYBODY, Page
from tests.architecture.whole import whole_world
from tests.stages import staged
from tests.turns import in_turn

pytestmark = pytest.mark.django_db
ADMIN_ROUTE = "admin/"
# Posting without a token is refused everywhere else. The API is not in this list: it knows no
# sessions, which ``test_keys.py`` shows.
WITHOUT_TOKEN: dict[str, str] = {  # name: why nobody can be tricked there
    "digest-off": "only who has the signed address can stop that person's mail, and no more",
}


world = staged(whole_world)


def is_admin(url: names.Url) -> bool:
    return url.route.startswith(ADMIN_ROUTE)


def test_every_address_is_in_the_table() -> None:
    known = {url.name for url in names.all_urls() if not is_admin(url)}
    assert known - {""} == set(PAGES) | set(ENDPOINTS)


def test_every_address_has_a_name() -> None:
    assert not [url.route for url in names.all_urls() if not url.name and not is_admin(url)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_lets_in_exactly_whom_the_table_names(client, world, name) -> None:
    page = PAGES[name]
    address, sent = reverse(name, kwargs=page.at(world)), dict(page.data(world))
    asking = {"get": who_asks(name, page.get), "post": who_asks(name, page.post)}
    let_in: dict[str, set[str]] = {"get": set(), "post": set()}
    for role in sorted(asking["get"] | asking["post"]):
        world.log_in(client, role)
        if role in asking["get"] and is_let_in(ask(client, "get", address)):
            let_in["get"].add(role)
        if role in asking["post"] and is_let_in(ask(client, "post", address, data=sent)):
            let_in["post"].add(role)
    assert let_in == {"get": page.get & asking["get"], "post": page.post & asking["post"]}


def who_asks(name: str, let_in: frozenset[str]) -> set[str]:
    """Return everybody who must be turned away, and who of the others asks in this run."""
    return {*set(ROLES) - let_in, *in_turn(name, sorted(let_in))}


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("account_")])
def test_a_page_answers_no_other_method(client, world, name) -> None:
    address = reverse(name, kwargs=PAGES[name].at(world))
    for role in sorted((PAGES[name].get | PAGES[name].post) & set(world.people))[:1]:
        world.log_in(client, role)
        assert not [way for way in OTHER_METHODS if is_let_in(ask(client, way, address))]


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.post])
def test_nothing_is_done_without_the_token_of_the_page(world, name) -> None:
    page, client = PAGES[name], Client(enforce_csrf_checks=True)
    address, sent = reverse(name, kwargs=page.at(world)), dict(page.data(world))
    for role in sorted(page.post & set(world.people))[:1]:
        world.log_in(client, role)
        is_refused = ask(client, "post", address, data=sent).status_code == HTTPStatus.FORBIDDEN
        assert is_refused != (name in WITHOUT_TOKEN)


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


def test_no_other_role_reaches_a_single_thing_in_the_admin(client, world) -> None:
    """One rule guards them all, so each address is asked as one role, in turn."""
    found = {url.name: url for url in names.all_urls() if is_admin(url) and url.arguments}
    turns = zip(found.items(), cycle(role for role in ROLES if role != Role.ADMIN), strict=False)
    for (name, url), role in turns:
        if name:
            given = {key: "leads" if key == "app_label" else "1" for key in url.arguments}
            world.log_in(client, role)
            for method in ("get", "post"):
                assert not is_let_in(ask(client, method, reverse(name, kwargs=given))), name
    assert len(found) > 100


def test_the_admin_does_nothing_without_the_token_of_the_page(world) -> None:
    client = Client(enforce_csrf_checks=True)
    world.log_in(client, Role.ADMIN)
    answers = {name: ask(client, "post", reverse(name)) for name in admin_addresses()}
    refused = {HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED}
    assert not [name for name, answer in answers.items() if answer.status_code not in refused]


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_the_table_names_known_roles_only(name: str, page: Page) -> None:
    assert page.get | page.post <= EVERYBODY
    assert bool(page.get | page.post) != bool(page.closed), f"{name}: somebody, or a reason"
