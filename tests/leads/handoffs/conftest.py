"""A team and two who share its desk."""

import pytest

from tests.factories import make_team, make_user


@pytest.fixture
def team():
    return make_team(is_default=True)


@pytest.fixture
def sofia(team):
    return make_user(team=team, name="Sofia Berg")


@pytest.fixture
def anna(team):
    return make_user(team=team, name="Anna Roth")
