"""Who has a lead open now: seen within the last minute, by one question for a whole list."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Presence
from leads.database.presence import be_present, forget_presence, present_on
from tests.factories import make_company, make_lead, make_user

pytestmark = pytest.mark.django_db


def test_others_are_seen_for_a_minute(now) -> None:
    lead, anna, me = make_lead(), make_user(), make_user()
    be_present(anna, lead.pk, at=now)
    be_present(me, lead.pk, at=now)
    for seconds, seen in ((0, [anna]), (59, [anna]), (60, [])):
        at = now + timedelta(seconds=seconds)
        assert present_on([lead.pk], at=at, but=me).get(lead.pk, []) == seen


def test_a_sign_of_life_renews_it(now) -> None:
    lead, anna = make_lead(), make_user()
    for seconds in (0, 0, 50):
        be_present(anna, lead.pk, at=now + timedelta(seconds=seconds))
    later = now + timedelta(seconds=100)
    assert present_on([lead.pk], at=later, but=make_user()) == {lead.pk: [anna]}
    assert Presence.objects.count() == 1


def test_a_list_asks_once(now, django_assert_num_queries) -> None:
    leads, people, me = (
        [make_lead() for _ in range(4)],
        [make_user() for _ in range(3)],
        make_user(),
    )
    for lead in leads[:3]:
        for person in people:
            be_present(person, lead.pk, at=now)
    ids = [lead.pk for lead in leads]
    with django_assert_num_queries(1):
        found = present_on(ids, at=now, but=me)
        assert {pk: [one.name for one in seen] for pk, seen in found.items()} == {
            pk: sorted(one.name for one in people) for pk in ids[:3]
        }
    with django_assert_num_queries(0):
        assert present_on([], at=now, but=me) == {}


def test_what_faded_long_ago_is_forgotten(now) -> None:
    lead, anna, tom = make_lead(), make_user(), make_user()
    be_present(anna, lead.pk, at=now - timedelta(days=2))
    be_present(tom, lead.pk, at=now)
    assert forget_presence(at=now) == 1
    assert Presence.objects.get().user == tom


@pytest.mark.parametrize("name", ["leads", "company"])
def test_a_list_of_leads_shows_who_has_them_open(client, name) -> None:
    lead, anna, reader = (
        make_lead(company=make_company()), make_user(name="Anna Roth"), make_user(role="marketing"),
    )  # fmt: skip
    client.force_login(reader)
    address = reverse(name, args=[lead.company.public_id] if name == "company" else [])
    be_present(reader, lead.pk, at=timezone.now())
    assert "Has it open:" not in client.get(address).content.decode()
    be_present(anna, lead.pk, at=timezone.now())
    assert "Has it open: Anna Roth" in client.get(address).content.decode()


def test_opening_the_page_of_a_lead_is_seen(client) -> None:
    lead, reader = make_lead(), make_user(role="marketing")
    client.force_login(reader)
    client.get(lead.get_absolute_url())
    others = present_on([lead.pk], at=timezone.now(), but=make_user())
    assert others == {lead.pk: [reader]}
