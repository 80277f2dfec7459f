"""An admin, their browser, the address of a page of theirs, and something to look at."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads.capture.models import CaptureForm
from leads.dispositions.services import reject
from portal.accounts.models import Role, User
from portal.events.models import Event
from portal.events.services import record
from scoring.definitions.services import seed_default
from tests.factories import (
    make_activity,
    make_handoff,
    make_reason,
    make_source,
    make_team,
    make_user,
)


@pytest.fixture
def boss() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def desk(client: Client, boss: User) -> Client:
    client.force_login(boss)
    return client


def page(model, name: str, *args) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


def fill() -> None:
    """One row at least of what the pages show most."""
    handoff = make_handoff(owner=make_user(team=make_team()))
    make_activity(handoff.lead, object_kind="page", object_key="/pricing", tags=["pricing"])
    reject(handoff=handoff, reason=make_reason(), by=make_user(role=Role.ADMIN), at=timezone.now())
    signers = make_user(role=Role.MARKETING_LEAD), make_user(role=Role.SALES_LEAD)
    seed_default(by_marketing=signers[0], by_sales=signers[1], at=datetime(2026, 1, 5, tzinfo=UTC))
    CaptureForm.objects.create(
        slug="demo", name="Demo", source=make_source(), consent_text="Yes", thanks="Thanks"
    )


def record_one(lead) -> Event:
    with transaction.atomic():
        return record("test.happened", subject=lead, actor=None)
