"""The queue is read from indexes: it costs what is shown, not what is open."""

import re
from datetime import timedelta

import pytest
from django.db import connection

from leads.database.models import Lead, Standing
from leads.database.queries import standings_seen_by
from leads.handoffs.models import Handoff
from leads.handoffs.order import KEYS, NEAR, ORDER, by_state, day_of, on_desk_of
from leads.handoffs.skip_models import Skip
from portal.desk.queue import SHOWN, for_rows, parts_of
from tests.factories import make_team, make_user

ROWS = 4_000


@pytest.fixture
def many(tidy, now):
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


def plans_of(user, at) -> dict[str, str]:
    """Return how the database reads each band."""
    day = day_of(user, at=at)
    assert len(parts_of(day)["on_time"][:SHOWN]) == SHOWN
    return {state: plan_of(for_rows(rows)[: SHOWN + 1]) for state, rows in parts_of(day).items()}


def plan_of(rows) -> str:
    """Ask as the product does: with values beside the statement, which SQLite looks at too."""
    return rows.explain()


@pytest.fixture
def put_aside(many, now):
    """Some are snoozed and held, as on a working day, after months of skips."""
    sdr, lead = many
    ids = list(Handoff.objects.filter(owner=sdr).values_list("pk", flat=True)[:12])
    days = (now - timedelta(days=n // 20) for n in range(4_000))
    Skip.objects.bulk_create(
        Skip(by=sdr if n % 9 == 0 else lead, handoff_id=ids[n % 12], at=day)
        for n, day in enumerate(days)
    )
    Handoff.objects.filter(pk__in=ids[:6]).update(
        snoozed_at=now, snoozed_until=now + timedelta(hours=2), wakes_on_activity=True
    )
    Handoff.objects.filter(pk__in=ids[6:]).update(
        held_by=sdr, held_since=now, held_until=now + timedelta(minutes=9)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return sdr, lead


@pytest.mark.postgres
def test_a_persons_bands_are_read_by_their_owner(put_aside, now) -> None:
    sdr, _lead = put_aside
    for plan in plans_of(sdr, now).values():
        assert reads_by_index(plan), plan
        assert "leads_lead" not in plan, plan


@pytest.mark.parametrize("who", [0, 1])
def test_what_is_put_aside_spoils_no_plan(put_aside, now, who) -> None:
    user = put_aside[who]
    day = day_of(user, at=now)
    plain, awake = by_state(day.desk, at=now), by_state(day.desk.filter(day.awake), at=now)
    for state, rows in plain.items():
        before, after = (plan_of(for_rows(one)[: SHOWN + 1]) for one in (rows, awake[state]))
        assert indexes_in(after) == indexes_in(before), after


def indexes_in(plan: str) -> set[str]:
    return set(re.findall(r"(?:leads_open|leads_handoff_pkey|SCAN|Seq Scan)\w*", plan))


def test_what_is_aside_or_held_is_found_by_its_own_index(put_aside, now) -> None:
    sdr, _lead = put_aside
    snoozed = plan_of(on_desk_of(sdr).filter(snoozed_until__gt=now))
    held = plan_of(Handoff.objects.open().filter(held_by=sdr).values_list("pk", "held_until"))
    skipped = plan_of(Skip.objects.filter(by=sdr, at__gte=now).filter(handoff__is_decided=False))
    near = plan_of(on_desk_of(sdr).order_by(*ORDER).values_list(*KEYS)[: NEAR + 1])
    assert connection.vendor != "postgresql" or reads_by_index(near), near
    assert "leads_skipped_by" in skipped, skipped
    assert "leads_held_open" in held, held
    assert reads_by_index(snoozed), snoozed


def reads_by_index(plan: str) -> bool:
    """Tell whether open handoffs are looked up, and not walked."""
    if connection.vendor == "postgresql":
        return "Seq Scan on leads_handoff" not in plan
    return "SCAN leads_handoff\n" not in f"{plan}\n"


@pytest.mark.postgres
def test_a_teams_bands_are_read_in_order_until_they_are_full(put_aside, now) -> None:
    _sdr, lead = put_aside
    plans = plans_of(lead, now)
    for state, plan in plans.items():
        assert state == "skipped" or "leads_open_of_team" in plan, plan
        assert reads_by_index(plan), plan
        assert "leads_lead" not in plan, plan
    assert "leads_open_of_team_by_rank" in plans["on_time"], plans["on_time"]
    assert "Sort" not in plans["on_time"], plans["on_time"]


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
