"""A definition in force, who signed it, and the team that gets what it hands over."""

from datetime import timedelta

import pytest

from portal.events.bells import held
from scoring.definitions.services import seed_default
from scoring.engine import shards
from tests.factories import make_team, make_user
from tests.scoring.engine.written import write_leads


@pytest.fixture
def quiet():
    """Nothing settles by itself: each test says when."""
    with held():
        yield


@pytest.fixture
def small_columns(quiet, monkeypatch, tmp_path, settings):
    """Shards of 40 leads in a folder of the test's own; nothing settles by itself."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(shards, "LEADS", 40)


@pytest.fixture
def leads(db):
    return sorted(write_leads(100))


@pytest.fixture
def signers(now):
    return make_user(role="marketing_lead"), make_user(role="sales_lead")


@pytest.fixture
def version(signers, now):
    marketing, sales = signers
    return seed_default(by_marketing=marketing, by_sales=sales, at=now - timedelta(days=365))


@pytest.fixture
def team(db):
    return make_team(is_default=True)
