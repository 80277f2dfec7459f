"""Every page of the table opens on PostgreSQL too, as the role that sees most of it.

What a page shows, refuses and asks of whom is tested on SQLite, where pages are walked by every
role (``test_access.py``); lists are asked everything on both (``tests/journeys``). This is what
lets tests of pages alone run once: no query of a page is one that only SQLite answers.
"""

import pytest
from django.urls import reverse

from portal.accounts.models import Role
from tests.architecture.access import PAGES
from tests.architecture.asking import ask, is_let_in
from tests.architecture.whole import whole_world
from tests.architecture.world import ANONYMOUS
from tests.stages import staged

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
MOST = (Role.ADMIN, Role.MARKETING_LEAD, Role.SALES_LEAD, Role.SDR, Role.ACCOUNT_EXECUTIVE)

world = staged(whole_world)


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.get])
def test_a_page_opens(client, world, name) -> None:
    page = PAGES[name]
    role = next((str(one) for one in MOST if one in page.get), "") or min(page.get - {ANONYMOUS})
    world.log_in(client, role)
    assert is_let_in(ask(client, "get", reverse(name, kwargs=page.at(world))))


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.post])
def test_a_page_is_posted_to(client, world, name) -> None:
    page = PAGES[name]
    role = next((str(one) for one in MOST if one in page.post), "") or min(page.post - {ANONYMOUS})
    world.log_in(client, role)
    address, sent = reverse(name, kwargs=page.at(world)), dict(page.data(world))
    assert is_let_in(ask(client, "post", address, data=sent))
