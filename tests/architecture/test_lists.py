"""No list asks a question for each row: as many queries at 2 rows as at 10, or 40 at full size.

At full size every role asks whose rows are found differently, else one of them in turn. One row
alone is no measure: where nothing stands beside it, what is beside it need not be looked for.
"""

from collections.abc import Mapping

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.architecture import rows
from tests.architecture.access import ENDPOINTS, PAGES
from tests.architecture.entries import SALES, Endpoint, Page
from tests.architecture.keys import key_headers
from tests.architecture.world import World
from tests.conftest import FULL
from tests.stages import staged
from tests.turns import in_turn

pytestmark = pytest.mark.django_db
FEW, MANY = 2, 40 if FULL else 10


def company() -> World:
    """Return a world with its people, and nothing that a list could show."""
    world = World()
    assert world.sessions
    return world


world = staged(company)


def readers(page: Page) -> list[str]:
    """Return the roles whose rows are found differently, and one of those who see everything."""
    everything = [role for role in ("marketing_lead", "admin") if role in page.get]
    return [*sorted(page.get & SALES), *everything[:1]]


PAGE_LISTS = [
    (name, query, role)
    for name, page in PAGES.items()
    for query in page.lists
    for role in in_turn(name + query, readers(page))
]
API_LISTS = [(name, query) for name, endpoint in ENDPOINTS.items() for query in endpoint.lists]


def measure(client: Client, address: str, headers: Mapping[str, str]) -> tuple[list[str], int]:
    """Return the queries of one request, and the length of its answer."""
    client.get(address, headers=headers)  # fills what is kept between requests
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, headers=headers)
        length = len(response.getvalue())
    assert response.status_code == 200
    return [query["sql"] for query in queries], length


def check(
    client: Client,
    world: World,
    entry: Page | Endpoint,
    named: tuple[str, str],
    role: str,
    headers: Mapping[str, str],
) -> None:
    """Compare the list at few and at many rows; more rows must also show."""
    name, query = named
    user, address = world.people[role], f"{reverse(name, kwargs=entry.at(world))}?{query}"
    entry.lists[query](world, user, FEW)
    few, short = measure(client, address, headers)
    entry.lists[query](world, user, MANY - FEW)
    many, long = measure(client, address, headers)
    assert long > short, "the rows that were added cannot be seen"
    assert len(many) <= len(few), "\n".join(many)


@pytest.mark.parametrize(("name", "query", "role"), PAGE_LISTS)
def test_a_list_costs_the_same_however_long_it_is(client, world, name, query, role) -> None:
    world.log_in(client, role)
    check(client, world, PAGES[name], (name, query), role, {})


@pytest.mark.parametrize(("name", "query"), API_LISTS)
def test_an_api_list_costs_the_same_however_long_it_is(client, world, name, query) -> None:
    headers = key_headers(world, [ENDPOINTS[name].get])
    check(client, world, ENDPOINTS[name], (name, query), "admin", headers)


def changelists() -> dict[str, type]:
    """Return the admin's lists by address, with what each of them lists."""
    return {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"): model
        for model in admin.site._registry
    }


def fill(world: World, count: int) -> None:
    """Add rows to most of the tables that the admin lists."""
    user, executive = world.marketing, world.executive
    rows.breached(world, world.people["sdr"], count)
    rows.handoffs(world, executive, count)
    rows.rejected(world, user, count)
    rows.in_nurture(world, user, count)
    rows.waiting_for_release(world, user, count)
    for add in (rows.spend, rows.follow_ups, rows.imports, rows.rejected_rows, rows.on_the_lead):
        add(world, user, count)
    rows.terms(world, user, count)
    for _ in range(count):
        key_headers(world, ["leads:read"])


def test_the_admins_lists_cost_the_same_however_long_they_are(client, world) -> None:
    world.log_in(client, "admin")
    fill(world, 2)
    few = {address: measure(client, address, {})[0] for address in changelists()}
    before = {address: model._default_manager.count() for address, model in changelists().items()}
    fill(world, 5)
    dear, grown = {}, set()
    for address, model in changelists().items():
        if model._default_manager.count() >= before[address] + 5:
            grown.add(model.__name__)
        many = measure(client, address, {})[0]
        if len(many) > len(few[address]):
            dear[address] = f"{len(few[address])} -> {len(many)}: {many[-1]}"
    assert not dear
    assert {"Lead", "Handoff", "Disposition", "Event", "Version", "Clock", "Breach"} <= grown
