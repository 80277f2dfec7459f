"""Who and what most tests of dispositions begin with: Anna of Inbound, and her one handoff."""

import pytest

from tests.factories import make_handoff, make_lead, make_team, make_user


@pytest.fixture
def team():
    return make_team("Inbound", is_default=True)


@pytest.fixture
def anna(team):
    return make_user(name="Anna Berg", team=team)


@pytest.fixture
def handoff(anna, team):
    return make_handoff(make_lead(name="Lea Novak"), owner=anna, team=team)
