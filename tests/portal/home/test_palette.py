"""Find or do: what it finds, for whom, and at what cost."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.database.models.presence import Presence
from portal.accounts.models import Role
from portal.home.navigation import ALSO, SECTIONS, pages_of
from portal.home.palette import LEADS, RECENT, find
from tests.factories import make_lead, make_team, make_user
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


scene = staged(Scene)


def names(user, text: str) -> list[str]:
    return [str(row.lead) for row in find(user, text).leads]


def pages(user, text: str) -> list[str]:
    return [line.label for line in find(user, text).pages]


def test_a_lead_is_found_by_address_domain_and_the_beginning_of_names(scene) -> None:
    lead = make_lead(name="Marta Lindqvist", email="marta@nordwind.example", company="Nordwind")
    make_lead(name="Martin Okafor", email="martin@paylane.example")
    user = scene.priya
    assert names(user, "marta@nordwind.example") == [str(lead)]
    assert names(user, "nordwind.example") == [str(lead)]
    assert names(user, "  Lindq   mar ") == [str(lead)]
    assert names(user, "nordw") == [str(lead)]
    assert sorted(names(user, "mart")) == ["Marta Lindqvist", "Martin Okafor"]
    assert names(user, "nobody at all") == []


def test_an_sdr_finds_only_what_they_may_see(scene) -> None:
    mine = scene.handoff(scene.sofia, name="Ada Ours")
    scene.handoff(scene.anna, name="Ada Colleague")
    make_lead(name="Ada Elsewhere")
    assert names(scene.sofia, "ada") == [str(mine.lead)]
    other = make_user(role=Role.SDR, team=make_team("Elsewhere"))
    assert names(other, "ada") == []
    assert len(names(scene.priya, "ada")) == 3


def test_what_was_seen_last_comes_first_and_only_while_one_may_see_it(scene) -> None:
    handoffs = [scene.handoff(scene.sofia, name=f"Seen {n}") for n in range(RECENT + 1)]
    strange = make_lead(name="Not hers any more")
    now = timezone.now()
    for n, lead in enumerate([strange, *(one.lead for one in handoffs)]):
        Presence.objects.create(lead=lead, user=scene.sofia, seen_at=now - timedelta(minutes=n))
    Presence.objects.create(lead=handoffs[0].lead, user=scene.anna, seen_at=now)
    assert names(scene.sofia, "") == [f"Seen {n}" for n in range(RECENT)]
    assert names(scene.tom, "") == []


def test_pages_are_found_by_their_words_and_by_role(scene) -> None:
    assert pages(scene.sofia, "desk") == ["Desk"]
    assert pages(scene.priya, "desk") == []
    assert pages(scene.priya, "spend") == ["Sources"]
    assert pages(scene.sofia, "dark") == ["Preferences"]
    assert pages(scene.priya, "le")[0] == "Leads"
    assert "Team board" in [str(item.label) for item in pages_of(scene.tom)]


def test_one_letter_finds_pages_only(scene) -> None:
    make_lead(name="Daniel")
    assert names(scene.priya, "d") == []
    assert "Definitions" in pages(scene.priya, "d")


def test_every_letter_after_g_leads_to_one_page() -> None:
    items = [item for _title, some in SECTIONS for item in some] + list(ALSO)
    letters = [item.letter for item in items if item.letter]
    assert len(letters) == len(set(letters))
    assert all(item.letter for _title, some in SECTIONS for item in some)


@pytest.mark.parametrize("role", list(Role))
def test_every_page_it_offers_opens(client, scene, role) -> None:
    user = make_user(role=role, team=scene.team)
    client.force_login(user)
    for item in pages_of(user):
        assert client.get(reverse(item.page)).status_code == 200, item.page


@pytest.mark.parametrize("text", ["", "lead"])
def test_an_answer_costs_the_same_few_statements_for_any_number(
    client, scene, django_assert_max_num_queries, text
) -> None:
    for _ in range(LEADS + 4):
        handoff = scene.handoff(scene.sofia)
        Presence.objects.create(lead=handoff.lead, user=scene.sofia, seen_at=scene.at)
    client.force_login(scene.sofia)
    # session, user; savepoint and time limit, external id, words, rows, their leads
    with django_assert_max_num_queries(11):
        answer = client.get(reverse("find"), {"q": text}, headers=PART)
    assert answer.content.decode().count('id="found-lead-') == (LEADS if text else RECENT)
    assert "<html" not in answer.content.decode()


def test_without_javascript_it_is_a_page(client, scene) -> None:
    lead = make_lead(name="Marta Lindqvist")
    client.force_login(scene.priya)
    html = client.get(reverse("find"), {"q": "marta"}).content.decode()
    assert "<h1>Find</h1>" in html
    assert f'href="{lead.get_absolute_url()}"' in html
    assert 'value="marta"' in html
    nothing = client.get(reverse("find"), {"q": "<b>zzz</b>"}).content.decode()
    assert "Nothing found" in nothing
    assert "<b>zzz</b>" not in nothing


@pytest.mark.parametrize("text", ["\x00", "%", "_", "'", "@", ".", "a" * 5000, "🦊", "a.b@c@d"])
def test_odd_questions_are_answered(client, scene, text) -> None:
    client.force_login(scene.sofia)
    assert client.get(reverse("find"), {"q": text}, headers=PART).status_code == 200
