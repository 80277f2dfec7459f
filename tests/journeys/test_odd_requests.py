"""Whatever stands behind the question mark of a list's address, the answer is a page."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.architecture.access import ENDPOINTS, PAGES
from tests.architecture.entries import SALES, Page
from tests.architecture.keys import key_headers
from tests.architecture.world import World
from tests.conftest import FULL

pytestmark = pytest.mark.django_db

WORST = ["1" + "0" * 400, "0001-01-01", "\x00"]
ODD = [
    *WORST, "", "-1", "9223372036854775808", "0000-99-99", "9999-12-31", "password", "²", "💥",
    "<script>alert(1)</script>", "eyJhIjogMX0=", "z" * 5000,
]  # fmt: skip
ASKED = {"cursor", "page", "limit", "order", "since", "until", "before", "list", "state", "owner"}
FIELD = re.compile(r'<(?:input|select)[^>]*\bname="(\w+)"')
LISTS = {name: page for name, page in PAGES.items() if page.lists and page.get}
API_LISTS = {name: one for name, one in ENDPOINTS.items() if one.lists}


def reader(page: Page) -> str:
    """Return who sees most of a page: somebody with every row, or else one of sales."""
    return min(page.get - SALES or page.get)


def odd_queries(fields: set[str], turn: int) -> Iterator[dict[str, str]]:
    """Yield odd values under all names at once, and the worst ones under each field alone.

    PostgreSQL refuses more values than SQLite does: that is where each field is asked alone.
    Every list in its ``turn`` is asked another quarter of them; at full size, all.
    """
    values, worst = (ODD, WORST) if FULL else (ODD[turn % 4 :: 4], [WORST[turn % len(WORST)]])
    yield from (dict.fromkeys(fields | ASKED, value) for value in values)
    if connection.vendor == "sqlite" and not FULL:
        return
    yield from ({name: value} for name in sorted({*fields, "cursor"}) for value in worst)


def failures(
    client: Client, address: str, fields: set[str], turn: int, **more: object
) -> list[str]:
    """Return the queries that this list has no answer to."""
    return [
        f"{address} {str(query)[:80]}"
        for query in odd_queries(fields, turn)
        if client.get(address, query, **more).status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    ]


def test_a_list_answers_whatever_it_is_asked(client) -> None:
    world, found = World(), []
    client.raise_request_exception = False
    for turn, (name, page) in enumerate(LISTS.items()):
        role = reader(page)
        for add in page.lists.values():
            add(world, world.people[role], 1)
        world.log_in(client, role)
        address = reverse(name, kwargs=page.at(world))
        html = client.get(address).getvalue().decode()
        fields = set(FIELD.findall(html)) - {"csrfmiddlewaretoken"}
        found += failures(client, address, fields, turn)
    assert found == []


def test_an_api_list_answers_whatever_it_is_asked(client) -> None:
    world, found = World(), []
    client.raise_request_exception = False
    for turn, (name, endpoint) in enumerate(API_LISTS.items()):
        for add in endpoint.lists.values():
            add(world, world.people["admin"], 1)
        headers = key_headers(world, [endpoint.get])
        address = reverse(name, kwargs=endpoint.at(world))
        found += failures(client, address, {"updated_since", "email"}, turn, headers=headers)
    assert found == []
