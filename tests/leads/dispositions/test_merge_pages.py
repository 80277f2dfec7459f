"""The pages on which two leads become one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Lead
from leads.dispositions.duplicates import likely_duplicates
from leads.dispositions.merging import merge, preview
from leads.dispositions.models import Disposition, Merge
from tests.factories import (
    make_activity,
    make_company,
    make_facts,
    make_handoff,
    make_lead,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def priya():
    return make_user(name="Priya Nair", role="marketing_lead")


@pytest.fixture
def pair(now):
    company = make_company("Acme", domain="acme.test")
    gone = make_lead(name="Lea Novak", email="lea@mail.test", at=now - 9 * DAY, company=company)
    kept = make_lead(name="Lea Novak", email="lea@acme.test", at=now - DAY, company=company)
    return kept, gone


def compare(kept, gone, query: str = "") -> str:
    return reverse("lead-merge-with", args=[kept.public_id, gone.public_id]) + query


def test_likely_ones_are_offered_with_what_speaks_for_them(pair, priya, now) -> None:
    kept, gone = pair
    by_phone = make_lead(name="L. N.", email="x@acme.test", company=kept.company, phone="030 12345")
    make_lead(name="Max Roth", email="max@acme.test", company=kept.company)
    Lead.objects.filter(pk=kept.pk).update(phone="+49 (30) 12345")
    kept.refresh_from_db()
    found = likely_duplicates(kept, reader=priya)
    assert [(one.lead, one.why) for one in found] == [(gone, "same name, same company")]
    Lead.objects.filter(pk=by_phone.pk).update(phone="+49 30 12345")
    found = likely_duplicates(kept, reader=priya)
    assert [(one.lead, one.why) for one in found] == [
        (by_phone, "same phone, same company"),
        (gone, "same name, same company"),
    ]


def test_a_person_is_offered_only_who_they_see(pair, now) -> None:
    kept, gone = pair
    team = make_team()
    sdr, lead = make_user(team=team), make_user(role="sales_lead", team=team)
    for reader in (sdr, lead):
        assert likely_duplicates(kept, reader=reader) == [], "nothing of theirs is like it"
    handoff = make_handoff(gone, at=now, owner=sdr, team=team)
    for reader in (sdr, lead):
        assert [one.lead for one in likely_duplicates(kept, reader=reader)] == [gone]
    stranger = make_user(team=make_team("Elsewhere"))
    assert likely_duplicates(handoff.lead, reader=stranger) == []


@pytest.mark.parametrize("role", ["sdr", "sales_lead", "account_executive", "marketing"])
def test_who_sees_some_leads_sees_the_same_when_only_few_are_asked_about(pair, now, role) -> None:
    kept, gone = pair
    team = make_team()
    reader = make_user(role=role, team=team)
    make_handoff(gone, at=now, owner=make_user(team=team) if role != "sdr" else reader, team=team)
    Lead.objects.filter(pk=gone.pk).update(owner=reader, stage="sql")
    other = make_lead(email="other@elsewhere.test")
    everything = set(Lead.objects.visible_to(reader).values_list("pk", flat=True))
    assert gone.pk in everything
    for few in ({gone.pk}, {kept.pk, gone.pk}, {other.pk}, set()):
        seen = Lead.objects.visible_to(reader, among=few).values_list("pk", flat=True)
        assert set(seen) == everything & few


def test_the_picker_finds_by_what_is_typed(client, pair, priya) -> None:
    kept, gone = pair
    other = make_lead(name="Lena Nowak", email="lena@web.test")
    client.force_login(priya)
    page = client.get(reverse("lead-merge", args=[kept.public_id]), {"q": "lena"})
    text = page.content.decode()
    assert compare(other, kept) in text
    assert compare(gone, kept) in text
    nobody = client.get(reverse("lead-merge", args=[kept.public_id]), {"q": "zzz"})
    assert "No other lead that you see is found by “zzz”" in nobody.content.decode()


def test_the_preview_says_which_value_stays_and_why(pair, now) -> None:
    kept, gone = pair
    Lead.objects.filter(pk=gone.pk).update(phone="1", do_not_call=True)
    make_facts(kept, at=now - DAY, title="CEO", city="Ulm")
    make_facts(gone, at=now - 2 * DAY, title="CTO", country="Germany")
    make_activity(gone, at=now - DAY)
    make_activity(kept, at=now - DAY)
    make_handoff(gone, owner=make_user(name="Anna Berg"))
    gone.refresh_from_db()
    found = preview(kept, gone, at=now)
    lines = {str(one.label): (one.is_from_gone, str(one.why)) for one in found.lines}
    assert lines["Phone"] == (True, "The other lead has none.")
    assert lines["E-mail"] == (
        False,
        "The lead that stays keeps its own; the other address leads to it from now on.",
    )
    assert lines["Lead since"] == (True, "The earlier one counts.")
    assert lines["Stage"] == (True, "The one that is further along counts.")
    assert lines["Do not call"] == (True, "The stricter one counts.")
    facts = {str(one.label): (one.kept, one.gone, one.is_from_gone) for one in found.facts}
    assert facts["title"] == ("CEO", "CTO", False)
    assert facts["country"] == ("", "Germany", True)
    assert [(str(label), n) for label, n in found.moves] == [
        ("Activities", 1),
        ("Handoffs, with their decisions", 1),
    ]
    goes_on, told_twice = found.warnings
    assert goes_on == "The open handoff of Lea Novak goes on for Lea Novak, with Anna Berg."
    assert told_twice.startswith("1 activity stands on both at the same second. Each counts")
    assert found.obstacles == []


def test_marketing_compares_merges_and_takes_it_back(client, pair, priya) -> None:
    kept, gone = pair
    client.force_login(priya)
    page = client.get(compare(kept, gone)).content.decode()
    assert "Merge the two" in page
    assert compare(gone, kept) in page, "the other one may stay"
    answer = client.post(compare(kept, gone), follow=True)
    assert "Lea Novak is part of Lea Novak now." in answer.content.decode()
    row = Merge.objects.get()
    assert (row.kept, row.gone, row.by) == (kept, gone, priya)
    again = client.post(compare(kept, gone))
    assert again.status_code == 409
    assert "is merged into" in again.content.decode()
    undone = client.post(reverse("merge-undo", args=[row.pk]), follow=True)
    assert "is a lead of its own again" in undone.content.decode()
    assert Lead.objects.get(pk=gone.pk).duplicate_of is None


def test_two_with_sales_need_one_who_decides(client, pair, anna, team, priya) -> None:
    kept, gone = pair
    for lead in pair:
        make_handoff(lead, owner=anna, team=team, at=timezone.now() - DAY)
    client.force_login(priya)
    page = client.get(compare(kept, gone)).content.decode()
    assert "A handoff of Lea Novak is open. Anna Berg decides it" in page
    assert "Merge the two" not in page
    client.force_login(anna)
    page = client.get(compare(kept, gone, "?rejects=1")).content.decode()
    assert "Reject as a duplicate and merge" in page
    answer = client.post(compare(kept, gone), {"rejects": "1", "note": "Same person."})
    assert answer.status_code == 302
    made = Disposition.objects.get()
    assert (made.reason_id, made.note, made.duplicate_of) == ("duplicate", "Same person.", kept)
    row = Merge.objects.get(disposition=made)
    client.post(reverse("merge-undo", args=[row.pk]))
    made.refresh_from_db()
    assert made.withdrawn_by == anna
    assert Lead.objects.get(pk=gone.pk).duplicate_of is None


def test_an_sdr_merges_at_the_desk_only(client, pair, anna, team) -> None:
    kept, gone = pair
    decided = make_handoff(kept, owner=anna, team=team)
    make_handoff(gone, owner=make_user(team=team), team=team)
    client.force_login(anna)
    assert client.get(compare(kept, gone)).status_code == 404
    assert client.get(reverse("lead-merge", args=[kept.public_id])).status_code == 200
    decided.is_decided, decided.outcome = True, "rejected"
    decided.decided_at = timezone.now()
    decided.save()
    assert client.get(reverse("lead-merge", args=[kept.public_id])).status_code == 404


@pytest.mark.parametrize("rows", [1, 40])
def test_the_preview_costs_the_same(rows, pair, now, django_assert_max_num_queries) -> None:
    kept, gone = pair
    for place in range(rows):
        make_activity(gone, at=now - place * DAY)
        make_facts(gone, at=now - place * DAY, city=f"City {place}")
    with django_assert_max_num_queries(40):
        preview(kept, gone, at=now)


def test_chains_do_not_show_the_merged_ones(pair, priya, now) -> None:
    kept, gone = pair
    merge(kept=kept, gone=gone, by=priya, at=now)
    assert likely_duplicates(kept, reader=priya) == []
