"""The pages on which many handoffs are decided at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.dispositions.models import Disposition
from leads.dispositions.services import accept
from leads.handoffs.models import Handoff
from tests.factories import make_handoff, make_lead, make_source, make_team, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAGE = "/desk/bulk/"


@pytest.fixture
def team():
    return make_team("Inbound", is_default=True)


@pytest.fixture
def anna(team):
    return make_user(name="Anna Berg", team=team)


@pytest.fixture
def three(anna, team):
    web = make_source("Web")
    return [
        make_handoff(
            make_lead(name=name, source=web), owner=anna, team=team, at=timezone.now() - DAY
        )
        for name in ("Lea Novak", "Max Roth", "Zoe Abel")
    ]


def ids(rows) -> list[int]:
    return [one.pk for one in rows]


REJECT = {"outcome": "rejected", "reason": "no_budget", "which": "chosen"}


def test_ticked_previewed_decided_and_taken_back(client, anna, three) -> None:
    client.force_login(anna)
    page = client.get(PAGE).content.decode()
    assert all(one.lead.name in page for one in three)
    sent = REJECT | {"handoff": ids(three[:2])}
    preview = client.post(PAGE, sent).content.decode()
    assert "Reject 2, no budget" in preview
    assert "Zoe Abel" not in preview
    assert not Disposition.objects.exists(), "looking decides nothing"
    answer = client.post(PAGE, sent | {"sure": "1"})
    first = Disposition.objects.order_by("pk")[0]
    assert answer.headers["Location"] == f"{PAGE}?done={first.pk}"
    page = client.get(answer.headers["Location"]).content.decode()
    assert "2 rejected, no budget" in page
    assert reverse("desk-bulk-undo", args=[first.pk]) in page
    answer = client.post(reverse("desk-bulk-undo", args=[first.pk]), follow=True)
    assert "2 decisions taken back." in answer.content.decode()
    assert Handoff.objects.open().count() == 3


def test_all_that_the_filter_finds(client, anna, team, three) -> None:
    other = make_handoff(make_lead(name="Ida Other"), owner=anna, team=team)
    client.force_login(anna)
    source = three[0].source_id
    page = client.get(PAGE, {"source": source}).content.decode()
    assert "Ida Other" not in page
    assert "All 3 that fit" in page
    sent = REJECT | {"which": "all", "source": source, "sure": "1"}
    client.post(PAGE, sent)
    assert Disposition.objects.count() == 3
    assert Handoff.objects.get(pk=other.pk).is_open


def test_who_was_faster_is_named(client, anna, team, three) -> None:
    ben = make_user(name="Ben Kay", role="sales_lead", team=team)
    client.force_login(anna)
    accept(handoff=three[0], by=ben, at=timezone.now())
    preview = client.post(PAGE, REJECT | {"handoff": ids(three)}).content.decode()
    assert "1 of the chosen ones cannot be decided so" in preview
    assert "Ben Kay accepted this" in preview
    done = client.post(PAGE, REJECT | {"handoff": ids(three), "sure": "1"})
    text = done.content.decode()
    assert "2 decided, 1 not" in " ".join(text.split())
    assert "Ben Kay accepted this" in text
    late = client.post(PAGE, REJECT | {"handoff": ids(three), "sure": "1"})
    assert late.status_code == 409


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Choose: accept them or reject them."),
        ({"outcome": "rejected"}, "Choose a reason: a rejection without one teaches nobody."),
        ({"outcome": "rejected", "reason": "nonsense"}, "This reason is not offered."),
        ({"outcome": "rejected", "reason": "bad_timing"}, "needs a date"),
        ({"outcome": "rejected", "reason": "duplicate"}, "reject duplicates one by one"),
        (REJECT | {"recycle_on": "soon"}, "Write the date like 2027-03-03."),
        ({"outcome": "accepted", "owner": "999999"}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    client, anna, three, sent, says
) -> None:
    client.force_login(anna)
    answer = client.post(PAGE, sent | {"handoff": ids(three[:1]), "note": "Kept words."})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert says in text
    assert "Kept words." in text
    assert f'id="tick-{three[0].pk}" name="handoff" value="{three[0].pk}"' in text
    assert text.count(" checked") >= 2  # the ticked row, and which ones


def test_nothing_chosen_and_nonsense_chosen(client, anna, three) -> None:
    client.force_login(anna)
    for chosen in ([], ["x", "-1", "9" * 30]):
        answer = client.post(PAGE, REJECT | {"handoff": chosen})
        assert answer.status_code == 422
        assert "Choose at least one handoff." in answer.content.decode()
    answer = client.post(PAGE, REJECT | {"handoff": [str(10**15)]})
    assert "None of them can be decided so" in answer.content.decode()


def test_too_many_are_refused_in_a_sentence(client, anna, three) -> None:
    client.force_login(anna)
    answer = client.post(PAGE, REJECT | {"handoff": list(range(1, 502))})
    assert answer.status_code == 422
    assert "At most 500 handoffs are decided at once." in answer.content.decode()


def test_other_teams_handoffs_are_not_touched(client, anna, three) -> None:
    theirs = make_handoff(owner=make_user(team=make_team()), team=make_team())
    client.force_login(anna)
    client.post(PAGE, REJECT | {"handoff": [theirs.pk, three[0].pk], "sure": "1"})
    assert Handoff.objects.get(pk=theirs.pk).is_open


def test_a_sales_lead_decides_for_the_team_and_takes_it_back(client, anna, team, three) -> None:
    ben = make_user(name="Ben Kay", role="sales_lead", team=team)
    client.force_login(ben)
    client.post(PAGE, REJECT | {"which": "all", "of": anna.pk, "sure": "1"})
    assert Disposition.objects.filter(decided_by=ben).count() == 3
    page = client.get(PAGE).content.decode()
    assert "3 rejected, no budget" in page
    client.post(reverse("desk-bulk-undo", args=[Disposition.objects.order_by("pk")[1].pk]))
    assert Handoff.objects.open().count() == 3
