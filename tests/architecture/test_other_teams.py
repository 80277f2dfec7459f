"""What belongs to another team answers sales people 404, whichever argument names it."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import pytest
from django.urls import reverse

from tests.architecture import names
from tests.architecture.access import ENDPOINTS, PAGES
from tests.architecture.asking import ask
from tests.architecture.entries import Endpoint, Page
from tests.architecture.keys import key_headers
from tests.architecture.whole import whole
from tests.architecture.world import IN_THE_TEAM, World
from tests.stages import staged

pytestmark = pytest.mark.django_db
METHODS = ("get", "post")
WITH_ARGUMENTS = {url.name for url in names.all_urls() if url.arguments}


@dataclass
class Two:
    ours: World
    theirs: World


PAGES_OF_A_TEAM = [name for name, one in PAGES.items() if name in WITH_ARGUMENTS and not one.shared]
ENDPOINTS_OF_A_TEAM = [
    name for name, one in ENDPOINTS.items() if name in WITH_ARGUMENTS and not one.shared
]


def two_worlds() -> Two:
    """Return two teams, each with things of its own."""
    return Two(whole(World()), whole(World("elsewhere")))


two = staged(two_worlds)


def addresses_of_others(name: str, entry: Page | Endpoint, two: Two) -> Iterator[str]:
    """Yield the address with another team's id in each of its arguments in turn, and in all."""
    ours, theirs = entry.at(two.ours), entry.at(two.theirs)
    assert all(ours[key] != theirs[key] for key in ours), "the two teams share a thing"
    for key in ours:
        yield reverse(name, kwargs={**ours, key: theirs[key]})
    if len(ours) > 1:
        yield reverse(name, kwargs=theirs)


@pytest.mark.parametrize("name", PAGES_OF_A_TEAM)
def test_a_page_of_another_team_is_not_there(client, two, name) -> None:
    page, world = PAGES[name], two.ours
    sent = {"post": {"data": dict(page.data(world))}}
    for address in addresses_of_others(name, page, two):
        for role in sorted(IN_THE_TEAM):
            world.log_in(client, role)
            for method in (one for one in METHODS if getattr(page, one)):
                status = ask(client, method, address, **sent.get(method, {})).status_code
                assert status == HTTPStatus.NOT_FOUND, f"{method} {address} as {role}"


@pytest.mark.parametrize("name", ENDPOINTS_OF_A_TEAM)
def test_the_api_does_not_know_what_is_another_teams(client, two, name) -> None:
    endpoint, world = ENDPOINTS[name], two.ours
    for address in addresses_of_others(name, endpoint, two):
        for role in sorted(IN_THE_TEAM):
            for method in (one for one in METHODS if getattr(endpoint, one)):
                headers = key_headers(world, [getattr(endpoint, method)], role)
                status = ask(client, method, address, headers=headers).status_code
                assert status == HTTPStatus.NOT_FOUND, f"{method} {address} as {role}"


def test_the_addresses_are_found() -> None:
    assert {"lead", "desk-accept", "note-answer", "clock"} <= set(PAGES_OF_A_TEAM)
    assert {"api-lead", "api-handoff-disposition"} <= set(ENDPOINTS_OF_A_TEAM)
