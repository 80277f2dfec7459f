"""What the doctor finds, and what it says to do."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from leads.dispositions.models import Reason
from leads.imports.models import Import
from portal.accounts.models import ApiKey, Role
from portal.agreements.models import Version
from portal.core import database_objects
from portal.core.models import Heartbeat
from portal.core.tasks import beat_heart
from portal.events.models import Delivery, Event
from portal.events.services import record
from scoring.definitions.services import seed_default
from scoring.engine.models import Rescore, RescoreRange
from tests.factories import make_handoff, make_lead, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def well(db: None) -> None:
    """An installation without a fault but for its missing terms."""
    make_user(role=Role.ADMIN)
    make_team(is_default=True)
    seed_default(
        by_marketing=make_user(role=Role.MARKETING_LEAD),
        by_sales=make_user(role=Role.SALES_LEAD),
        at=timezone.now() - timedelta(days=1),
    )
    Delivery.objects.update(state=Delivery.State.DONE)  # a worker has done what followed
    beat_heart()


def findings() -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("doctor", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert all(one["mend"].endswith(".") for one in found)
    return end.value.code, " ".join(one["what"] for one in found)


def test_nothing_is_wrong_where_all_is_well(well, monkeypatch) -> None:
    assert findings() == (2, "No terms is in force: no clock starts.")
    monkeypatch.setattr("portal.management.commands.doctor.version_in_force", lambda *a, **k: 1)
    out = StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue() == "Everything looks well.\n"


def late_delivery() -> None:
    with transaction.atomic():
        event = record("test.happened", subject=make_lead(), actor=None)
    Delivery.objects.create(event=event, handler="a.b", step=0, state="failed",
                            not_before=timezone.now())  # fmt: skip
    Delivery.objects.create(event=event, handler="c.d", step=0,
                            not_before=timezone.now() - timedelta(minutes=6))  # fmt: skip


def stuck_import() -> None:
    then = timezone.now() - timedelta(hours=1)
    Import.objects.create(kind="leads", state="running", file_name="deals.csv", sha256="0" * 64,
                          created_at=then, leased_until=then, next_row=41)  # fmt: skip


def stuck_rescore() -> None:
    then = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
    rescore = Rescore.objects.create(version=Version.objects.get(), started_at=then)
    RescoreRange.objects.create(rescore=rescore, first=1, last=4000, leased_until=then)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda: Heartbeat.objects.all().delete(), "No worker has run"),
        (lambda: Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=9)), "9 minutes"),
        (late_delivery, "failed for good: a.b"),
        (late_delivery, "due for more than five minutes"),
        (stuck_import, "deals.csv has stood still at row 41"),
        (stuck_rescore, "2026-03-01 07:30 stands still at leads 1 to 4000"),
        (lambda: Reason.objects.update(is_active=False), "No reason is offered"),
        (lambda: database_objects.drop_all(connection), "does not guard its evidence"),
    ],
)
def test_what_is_wrong_is_said(well, break_it, said) -> None:
    break_it()
    code, text = findings()
    assert said in text
    assert code == 1


def test_what_waits_is_a_warning(well) -> None:
    make_handoff(at=timezone.now() - timedelta(hours=1))
    code, text = findings()
    assert (code, "waited for more than five minutes" in text) == (2, True)


def test_a_database_that_does_not_answer_is_the_one_finding(monkeypatch) -> None:
    def fail() -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(connection, "ensure_connection", fail)
    assert findings() == (1, "The database does not answer: connection refused")


def test_a_key_is_made_printed_once_and_recorded(client) -> None:
    owner = make_user(role=Role.MARKETING)
    out = StringIO()
    call_command("create_api_key", owner.email.upper(), "--name", "CRM", "--scope", "leads:read",
                 "--days", "7", "--json", stdout=out)  # fmt: skip
    key = json.loads(out.getvalue())["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/leads/", headers=headers).status_code == 200
    row = ApiKey.objects.get()
    assert timedelta(days=6) < row.expires_at - timezone.now() <= timedelta(days=7)
    assert Event.objects.filter(kind="admin.changed", subject_id=row.pk).count() == 1


def test_a_key_that_could_not_be_used_is_not_made() -> None:
    usual = ["--name", "CRM", "--scope", "leads:write"]
    with pytest.raises(CommandError, match="belongs to somebody who sees all"):
        call_command("create_api_key", make_user().email, *usual)
    with pytest.raises(CommandError, match="Nobody active"):
        call_command("create_api_key", "nobody@example.com", *usual)
    assert not ApiKey.objects.exists()
