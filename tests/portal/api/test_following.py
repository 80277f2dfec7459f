"""``updated_since``: what changed, in its order, once each, late and merged ones included."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from leads.database.models import Lead, Standing
from leads.database.stages import Stage
from leads.dispositions.merging import merge
from leads.handoffs.models import Handoff
from portal.accounts.keys import create_api_key
from portal.accounts.models import Role
from scoring.engine.erasing import Why, erase_person
from tests.factories import make_handoff, make_lead, make_team, make_user, set_stage

pytestmark = pytest.mark.django_db
OLD = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def read(client, now):
    """Read a list as marketing: all its pages."""
    admin = make_user(role=Role.ADMIN)
    _key, secret = create_api_key(
        name="BI", owner=admin, scopes=["leads:read"], expires_at=None, at=now
    )

    def get(address: str, **asked):
        rows, url, first = [], f"/api/v1/{address}/", None
        while url:
            answer = client.get(url, asked, headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == 200, answer.content
            page, asked = answer.json(), {}
            first = first or page
            rows, url = rows + page["results"], page["next"]
        return rows, first

    return get


def age(*, to: datetime = OLD) -> None:
    """Let everything have changed long ago."""
    with connection.cursor() as cursor:
        for table in ("leads_standing", "leads_handoff"):
            stamp = connection.ops.adapt_datetimefield_value(to)
            cursor.execute(f"UPDATE {table} SET changed_at = %s", [stamp])  # noqa: S608 - our names


def since() -> str:
    return (timezone.now() - MINUTE).isoformat()


@pytest.mark.parametrize(
    "change",
    [
        lambda lead: Lead.objects.filter(pk=lead.pk).update(name="New name"),
        lambda lead: Lead.objects.filter(pk=lead.pk).update(do_not_call=True),
        lambda lead: set_stage(lead, Stage.MQL),
        lambda lead: Standing.objects.filter(pk=lead.pk).update(total=44, rank=44),
    ],
)
def test_a_lead_that_changed_is_listed_and_the_others_are_not(read, change) -> None:
    lead, _other = make_lead(), make_lead()
    assert len(read("leads", updated_since=since())[0]) == 2, "new ones changed by coming"
    age()
    assert read("leads", updated_since=since())[0] == []
    change(lead)
    (row,), _page = read("leads", updated_since=since())
    assert row["id"] == str(lead.public_id)


def test_a_rescore_that_changes_nothing_changes_no_lead(read) -> None:
    lead = make_lead()
    age()
    Standing.objects.filter(pk=lead.pk).update(scored_at=timezone.now(), stale_since=None)
    assert read("leads", updated_since=since())[0] == []


def test_pages_show_each_once_in_the_order_of_change(read) -> None:
    leads = [make_lead() for _ in range(7)]
    for number, lead in enumerate(leads):  # three share an instant
        stamp = connection.ops.adapt_datetimefield_value(OLD - (number // 3) * MINUTE)
        with connection.cursor() as cursor:
            sql = "UPDATE leads_standing SET changed_at = %s WHERE lead_id = %s"
            cursor.execute(sql, [stamp, lead.pk])
    rows, _page = read("leads", updated_since="2019-12-31T00:00:00Z", page_size=2)
    ids = [row["id"] for row in rows]
    order = [*leads[6:], *leads[3:6], *leads[:3]]
    assert ids == [str(one.public_id) for one in order]
    assert [row["updated_at"] for row in rows] == sorted(row["updated_at"] for row in rows)


def test_the_next_time_begins_ten_minutes_before(read) -> None:
    before = timezone.now().replace(microsecond=0)
    _rows, page = read("leads", updated_since=since())
    again = datetime.fromisoformat(page["next_updated_since"])
    assert timedelta(minutes=10) >= before - again >= timedelta(minutes=9)
    assert "next_updated_since" not in read("leads")[1]


def test_what_commits_late_is_found_the_next_time(read) -> None:
    """A write of nine minutes ago that is stored only now bears an instant that was read past."""
    lead = make_lead()
    _rows, page = read("leads", updated_since=since())
    age(to=(timezone.now() - timedelta(minutes=9)).replace(microsecond=0))
    rows, _page = read("leads", updated_since=page["next_updated_since"])
    assert [row["id"] for row in rows] == [str(lead.public_id)]


def test_merged_and_erased_ones_are_told(read, now) -> None:
    admin = make_user(role=Role.ADMIN)
    kept, gone, forgotten = make_lead(), make_lead(), make_lead(name="Forget Me")
    age()
    merge(kept=kept, gone=gone, by=admin, at=now)
    erase_person(lead=forgotten, why=Why.ASKED, by=admin, at=now)
    rows = {row["id"]: row for row in read("leads", updated_since=since())[0]}
    assert rows[str(gone.public_id)]["merged_into"] == str(kept.public_id)
    erased = rows[str(forgotten.public_id)]
    assert (erased["name"], erased["email"], erased["external_source"]) == ("", "", "erased")
    assert str(gone.public_id) not in {row["id"] for row in read("leads")[0]}


def test_handoffs_follow_too(read) -> None:
    handoff, _other = make_handoff(), make_handoff()
    assert len(read("handoffs", updated_since=since())[0]) == 2
    age()
    Handoff.objects.filter(pk=handoff.pk).update(held_until=timezone.now())
    assert read("handoffs", updated_since=since())[0] == [], "who has it open is nobody's report"
    owner = make_user(team=make_team())
    Handoff.objects.filter(pk=handoff.pk).update(owner=owner)
    (row,), _page = read("handoffs", updated_since=since())
    assert (row["id"], row["owner"]) == (str(handoff.public_id), owner.email)


def test_an_instant_that_is_none_is_refused(client, read) -> None:
    admin = make_user(role=Role.ADMIN)
    _key, secret = create_api_key(
        name="x", owner=admin, scopes=["leads:read"], expires_at=None, at=timezone.now()
    )
    for asked in ("yesterday", "2026-13-01"):
        answer = client.get(
            "/api/v1/leads/", {"updated_since": asked},
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip
        assert answer.status_code == 422
