"""One lead, an SDR, an account executive and a meeting; nothing happens by itself."""

from datetime import timedelta

import pytest

from leads.database.models import Lead
from leads.meetings.models import Meeting
from portal.accounts.models import Role
from portal.events.bells import held
from tests.factories import make_lead, make_user
from tests.leads.meetings.making import make


@pytest.fixture(autouse=True)
def quiet():
    """Nothing is delivered by itself: each test says when."""
    with held():
        yield


@pytest.fixture
def sdr(db):
    return make_user(name="Sofia Keller", zone="Europe/Berlin")


@pytest.fixture
def executive(db):
    return make_user(role=Role.ACCOUNT_EXECUTIVE, name="Hugo Marchetti")


@pytest.fixture
def lead(now) -> Lead:
    return make_lead(
        at=now - timedelta(days=5), name="Marta Lindqvist", email="marta@kestrel.example"
    )


@pytest.fixture
def booked(lead, sdr, executive, now) -> Meeting:
    return make(lead, sdr, now, host=executive, invites_lead=True)
