"""A handoff keeps the checklist of the definition that made it, whichever way it came about."""

from datetime import timedelta

import pytest

from leads.database.models import StaleCause, Standing
from leads.handoffs.models import Cause, Handoff
from portal.events.bells import held
from scoring.engine.services import hand_over_by_hand, release_leads, settle
from tests.factories import (
    make_activity,
    make_definition,
    make_lead,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db
ASKED = ["pain", "budget"]
ICP = {"industry": "software", "company_size": 100}


@pytest.fixture(autouse=True)
def in_force(now):
    make_team(is_default=True)
    with held():
        yield make_definition(at=now - timedelta(days=1), checklist=ASKED)


def ready(now, **values):
    """Make a lead that the fast track lets through."""
    lead = make_lead(at=now, facts=ICP, **values)
    make_activity(lead, kind="demo_request", at=now)
    return lead


def made() -> Handoff:
    return Handoff.objects.get()


def test_by_its_own_doing(now) -> None:
    settle([ready(now).pk], at=now)
    assert (made().cause, made().checklist) == (Cause.FAST_TRACK, ASKED)


def test_released_from_the_list(now) -> None:
    lead = ready(now)
    Standing.objects.filter(lead=lead).update(stale_cause=StaleCause.IMPORT)
    settle([lead.pk], at=now)
    assert not Handoff.objects.exists()
    release_leads(by=make_user(role="sales_lead"), at=now)
    assert (made().cause, made().checklist) == (Cause.RELEASED, ASKED)


def test_by_hand(now) -> None:
    lead = make_lead(at=now)
    by = make_user(role="marketing_lead")
    hand_over_by_hand(lead=lead, words="Met at the fair.", by=by, at=now)
    assert (made().cause, made().checklist) == (Cause.BY_HAND, ASKED)


def test_the_default_definition_asks_for_nothing(now) -> None:
    make_definition(at=now)
    settle([ready(now).pk], at=now)
    assert made().checklist == []
