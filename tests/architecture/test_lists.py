"""No list asks a question for each row: the same number of queries at 1 and at 40 rows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.architecture.access import ENDPOINTS, NOT_A_LIST, PAGES, Endpoint, Page
from tests.architecture.keys import key_headers
from tests.architecture.world import ANONYMOUS, World

pytestmark = pytest.mark.django_db
FEW, MANY = 1, 40

PAGE_LISTS = [
    (name, role)
    for name, page in PAGES.items()
    for role in sorted(page.get - {ANONYMOUS})
    if page.rows is not NOT_A_LIST
]
API_LISTS = [name for name, endpoint in ENDPOINTS.items() if endpoint.rows is not NOT_A_LIST]


def measure(client: Client, address: str, headers: dict[str, str]) -> tuple[list[str], int]:
    """Return the queries of one request, and the length of its answer."""
    client.get(address, headers=headers)  # fills what is kept between requests
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, headers=headers)
    assert response.status_code == 200
    return [query["sql"] for query in queries], len(response.content)


def check(
    client: Client,
    world: World,
    entry: Page | Endpoint,
    name: str,
    role: str,
    headers: dict[str, str],
) -> None:
    """Compare the list at few and at many rows; more rows must also show."""
    user, address = world.people[role], reverse(name, kwargs=entry.at(world))
    entry.rows(world, user, FEW)
    few, short = measure(client, address, headers)
    entry.rows(world, user, MANY - FEW)
    many, long = measure(client, address, headers)
    assert long > short, "the rows that were added cannot be seen"
    assert len(many) == len(few), "\n".join(many)


@pytest.mark.parametrize(("name", "role"), PAGE_LISTS)
def test_a_list_costs_the_same_however_long_it_is(client, name, role) -> None:
    world = World()
    world.log_in(client, role)
    check(client, world, PAGES[name], name, role, {})


@pytest.mark.parametrize("name", API_LISTS)
def test_an_api_list_costs_the_same_however_long_it_is(client, name) -> None:
    world = World()
    headers = key_headers(world, [ENDPOINTS[name].get])
    check(client, world, ENDPOINTS[name], name, "admin", headers)
