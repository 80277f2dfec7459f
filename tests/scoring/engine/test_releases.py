"""The release list: who sees it, who releases, and what each choice sends to sales."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.handoffs.models import Handoff, Release
from leads.handoffs.services import NewRelease, queue_releases
from portal.accounts.models import Membership, Role
from scoring.engine.rescore import begin_rescore, carry_on
from tests.factories import make_activity, make_definition, make_lead, make_team, make_user

pytestmark = pytest.mark.django_db
READERS = {
    Role.MARKETING,
    Role.MARKETING_LEAD,
    Role.SALES_LEAD,
    Role.LEADERSHIP,
    Role.ADMIN,
}
RELEASERS = {Role.SALES_LEAD, Role.MARKETING_LEAD, Role.ADMIN}


def signed_in(role: Role, **values) -> Client:
    client = Client()
    client.force_login(make_user(role=role, **values))
    return client


def waiting(number: int, *, qualified: bool = True) -> list[Release]:
    """Put leads on the list; qualified ones still pass the fast track when they are released."""
    now = timezone.now()
    leads = []
    for _ in range(number):
        facts = {"industry": "software", "company_size": 100} if qualified else {}
        lead = make_lead(at=now - timedelta(hours=1), facts=facts)
        make_activity(lead, kind="demo_request", at=now - timedelta(minutes=30))
        leads.append(lead)
    queue_releases(
        [
            NewRelease(lead.pk, Release.Cause.IMPORT, "fast_track", 40 + i)
            for i, lead in enumerate(leads)
        ],
        at=now,
    )
    return list(Release.objects.waiting().filter(lead__in=leads).order_by("-total"))


@pytest.fixture
def in_force():
    make_team(is_default=True)
    return make_definition(at=timezone.now() - timedelta(days=1))


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_the_list_and_who_releases(in_force, role) -> None:
    waiting(1)
    client = signed_in(role)
    page = client.get(reverse("releases"))
    assert page.status_code == (200 if role in READERS else 404)
    assert ("Release all" in page.content.decode()) == (role in RELEASERS)
    acted = client.post(reverse("release"), {"which": "all"})
    expected = 302 if role in RELEASERS else 403 if role in READERS else 404
    assert acted.status_code == expected
    assert Handoff.objects.count() == (1 if role in RELEASERS else 0)


def test_the_best_so_many_are_released(in_force) -> None:
    rows = waiting(3)
    signed_in(Role.SALES_LEAD).post(reverse("release"), {"which": "best", "count": "2"})
    assert set(Handoff.objects.values_list("lead", flat=True)) == {row.lead_id for row in rows[:2]}
    assert list(Release.objects.waiting()) == [rows[2]]


def test_the_ticked_ones_are_released(in_force) -> None:
    rows = waiting(3)
    client = signed_in(Role.MARKETING_LEAD)
    client.post(reverse("release"), {"which": "chosen", "release": [rows[1].pk]})
    assert list(Handoff.objects.values_list("lead", flat=True)) == [rows[1].lead_id]


def test_one_whose_gate_has_closed_is_taken_off(in_force) -> None:
    (row,) = waiting(1, qualified=False)
    client = signed_in(Role.SALES_LEAD)
    told = client.post(reverse("release"), {"which": "all"}, follow=True)
    row.refresh_from_db()
    assert (Handoff.objects.count(), row.end) == (0, Release.End.CLOSED)
    assert "no longer meets its gate" in told.content.decode()


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"which": "best"},
        {"which": "best", "count": "0"},
        {"which": "best", "count": "x"},
        {"which": "chosen"},
        {"which": "chosen", "release": "x"},
        {"which": "everything"},
    ],
)
def test_an_unclear_choice_releases_nobody(in_force, posted) -> None:
    waiting(1)
    assert signed_in(Role.SALES_LEAD).post(reverse("release"), posted).status_code == 422
    assert not Handoff.objects.exists()


def test_room_in_sales_is_told(in_force) -> None:
    team = make_team()
    sdr = make_user(role=Role.SDR)
    Membership.objects.create(team=team, user=sdr, cap=7)
    away = timezone.now() + timedelta(days=3)
    Membership.objects.create(team=team, user=make_user(role=Role.SDR), away_until=away)
    waiting(1)
    page = signed_in(Role.MARKETING).get(reverse("releases")).content.decode()
    assert "room for 7 more: 1 person there" in page


def test_an_empty_list_says_what_comes_next(in_force) -> None:
    page = signed_in(Role.SALES_LEAD).get(reverse("releases")).content.decode()
    assert "Nobody waits to be released" in page


def test_before_the_first_definition_the_page_says_so() -> None:
    page = signed_in(Role.SALES_LEAD).get(reverse("releases")).content.decode()
    assert "No definition is in force" in page


def test_the_list_costs_the_same_at_1_and_40_and_pages_by_key(in_force) -> None:
    client = signed_in(Role.MARKETING)

    def cost() -> int:
        client.get(reverse("releases"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("releases")).status_code == 200
        return len(queries)

    waiting(1)
    few = cost()
    waiting(39)
    assert cost() == few
    waiting(12)
    cursor = client.get(reverse("releases")).context["page"].next
    assert len(client.get(reverse("releases"), {"cursor": cursor}).context["page"].rows) == 2


def test_a_rescore_shows_how_far_it_is_and_can_be_stopped_and_started(in_force) -> None:
    make_lead(at=timezone.now())
    begin_rescore(version=in_force, by=None, at=timezone.now())
    lead, reader = signed_in(Role.MARKETING_LEAD), signed_in(Role.MARKETING)
    page = lead.get(reverse("releases")).content.decode()
    assert "All leads are being scored by" in page
    assert "0 of 1" in page
    assert "Stop it" in page
    assert "Stop it" not in reader.get(reverse("releases")).content.decode()
    assert reader.post(reverse("rescore"), {"act": "cancel"}).status_code == 403
    part = reader.get(reverse("rescore"), headers={"HX-Request": "true"})
    assert "0 of 1" in part.content.decode()
    assert reader.get(reverse("rescore")).status_code == 302
    assert lead.post(reverse("rescore"), {"act": "cancel"}).status_code == 302
    assert lead.post(reverse("rescore"), {"act": "cancel"}).status_code == 409
    over = reader.get(reverse("rescore"), headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    assert "was stopped" in lead.get(reverse("releases")).content.decode()
    assert lead.post(reverse("rescore"), {"act": "start"}).status_code == 302
    assert carry_on(at=timezone.now()) is not None
    assert "scored by" not in lead.get(reverse("releases")).content.decode()
