"""The queue is read from indexes: it costs what is shown, not what is open."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.database.models import Lead, Standing
from leads.database.queries import standings_seen_by
from leads.handoffs.models import Handoff
from portal.desk.queue import queue_of
from tests.factories import make_team, make_user

ROWS = 4_000


@pytest.fixture
def many(db, now):
    """Open handoffs of four teams, written past the services: only their number matters here."""
    teams = [make_team() for _ in range(4)]
    sdr, lead = make_user(team=teams[0]), make_user(role="sales_lead", team=teams[0])
    leads = Lead.objects.bulk_create(
        Lead(email_key=f"p{n}@x.test", name=f"P {n}", recorded_at=now) for n in range(ROWS)
    )
    Handoff.objects.bulk_create(
        Handoff(
            lead=one, origin="live", cause="sales_ready", made_at=now, team=teams[n % 4],
            rank=n % 120, owner=sdr if n % 40 == 0 else None if n % 40 == 4 else lead,
            due_at=now + timedelta(hours=n % 30 - 5), warn_at=now + timedelta(hours=n % 30 - 8),
        )
        for n, one in enumerate(leads)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return sdr, lead


def plans_of(user, at) -> list[str]:
    """Return how the database reads each band."""
    with CaptureQueriesContext(connection) as asked:
        assert len(queue_of(user, at=at)) > 50
    bands = [one["sql"] for one in asked if 'FROM "leads_handoff"' in one["sql"]]
    assert len(bands) == 3
    with connection.cursor() as cursor:
        plans = []
        for sql in bands:
            cursor.execute(f"EXPLAIN {sql}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    return plans


@pytest.mark.postgres
def test_a_teams_bands_are_read_in_order_until_they_are_full(many, now) -> None:
    _sdr, lead = many
    for plan in plans_of(lead, now):
        assert "leads_open_of_team" in plan, plan
        assert "Seq Scan on leads_handoff" not in plan, plan
        assert "leads_lead" not in plan, plan
    on_time = plans_of(lead, now)[2]
    assert "leads_open_of_team_by_rank" in on_time, on_time
    assert "Sort" not in on_time, on_time


@pytest.mark.postgres
def test_a_persons_bands_are_read_by_their_owner(many, now) -> None:
    sdr, _lead = many
    for plan in plans_of(sdr, now):
        assert "Seq Scan on leads_handoff" not in plan, plan
        assert "leads_lead" not in plan, plan


@pytest.mark.postgres
def test_what_a_person_may_see_is_looked_up(many) -> None:
    sdr, _lead = many
    plan = Lead.objects.visible_to(sdr).explain()
    assert "Seq Scan on leads_handoff" not in plan, plan


@pytest.mark.postgres
def test_a_sales_leads_list_stops_when_its_page_is_full(many) -> None:
    _sdr, lead = many
    Standing.objects.bulk_create(
        Standing(lead=one, rank=n % 120) for n, one in enumerate(Lead.objects.all())
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = standings_seen_by(lead).order_by("-rank", "-pk")[:51].explain()
    assert "leads_by_rank" in plan, plan
    assert "Sort Key: leads_standing" not in plan, plan
