import pytest

from portal.accounts.models import Team, User
from tests.factories import make_team, make_user


@pytest.fixture
def team() -> Team:
    return make_team("Inbound", is_default=True)


@pytest.fixture
def boss(team) -> User:
    """The team's sales lead."""
    return make_user(name="Sam Lee", role="sales_lead", team=team)
