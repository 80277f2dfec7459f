"""Handoffs with their evidence, decisions, versions."""

import pytest

from leads.dispositions.models import CallSheet, Disposition
from leads.handoffs.models import Handoff
from portal.accounts.models import Role
from portal.agreements.models import Version
from tests.factories import make_handoff, make_reason, make_team, make_user
from tests.portal.api.conftest import key_for
from tests.portal.api.test_leads import HOT


@pytest.mark.django_db(transaction=True)
def test_a_handoff_shows_the_evidence_that_froze_with_it(caller, ready) -> None:
    sent = caller.post("leads/", HOT).json()
    body = caller.get(f"handoffs/{sent['handoff']}/").json()
    assert (body["lead"], body["owner"]) == (sent["id"], ready.email)
    evidence = body["evidence"]
    assert (evidence["kind"], evidence["version"], evidence["total"]) == (
        "frozen",
        1,
        sent["total"],
    )
    assert "fast_track" in evidence["gates"]
    assert evidence["document"]["rules"]
    assert evidence["document"]["lines"]
    assert HOT["email"] not in str(evidence)
    assert HOT["name"] not in str(evidence)
    assert caller.get("handoffs/?is_decided=false").json()["results"][0]["id"] == sent["handoff"]
    assert not caller.get("handoffs/?is_decided=true").json()["results"]


@pytest.mark.django_db
def test_who_is_too_late_is_told_who_was_faster() -> None:
    team = make_team()
    fast, late = (make_user(role=Role.SDR, team=team) for _ in range(2))
    handoff = make_handoff(team=team)
    make_reason("no_budget")
    address = f"handoffs/{handoff.public_id}/disposition/"
    first = key_for(fast).post(address, {"outcome": "rejected", "reason": "no_budget"})
    assert first.status_code == 201, first.content
    assert (first.json()["reason"], first.json()["stage"]) == ("no_budget", "recycled")
    second = key_for(late).post(address, {"outcome": "accepted"})
    assert second.status_code == 409
    assert fast.name in second.json()["detail"]
    assert second.json()["disposition"]["decided_by"] == fast.email
    assert Disposition.objects.get().decided_by == fast


@pytest.mark.django_db
def test_an_acceptance_makes_an_sql() -> None:
    team = make_team()
    executive = make_user(role=Role.ACCOUNT_EXECUTIVE, team=team)
    handoff = make_handoff(team=team)
    sdr = key_for(make_user(role=Role.SDR, team=team))
    sent = {"outcome": "accepted", "owner": executive.email.upper(), "note": "Good fit"}
    answer = sdr.post(f"handoffs/{handoff.public_id}/disposition/", sent)
    assert (answer.status_code, answer.json()["stage"]) == (201, "sql"), answer.content
    handoff.lead.refresh_from_db()
    assert handoff.lead.owner == executive


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"outcome": "rejected"}, "reason"),
        ({"outcome": "rejected", "reason": "never_heard"}, "reason"),
        ({"outcome": "rejected", "reason": "not_stated"}, "reason"),
        ({"outcome": "rejected", "reason": "later"}, "recycle_on"),
        ({"outcome": "rejected", "reason": "later", "recycle_on": "1999-01-01"}, "recycle_on"),
        ({"outcome": "rejected", "reason": "wordy"}, "note"),
        ({"outcome": "accepted", "reason": "later"}, "reason"),
        ({"outcome": "accepted", "owner": "nobody@example.com"}, "owner"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"outcome": "accepted", "decided_by": 1}, "decided_by"),
    ],
)
def test_what_a_decision_needs_is_said_by_field(caller, sent, field) -> None:
    make_reason("later", needs_date=True)
    make_reason("wordy", needs_note=True)
    handoff = make_handoff()
    answer = caller.post(f"handoffs/{handoff.public_id}/disposition/", sent)
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["errors"]
    assert not Disposition.objects.exists()


@pytest.mark.django_db
def test_an_acceptance_needs_the_checklist_here_too(caller) -> None:
    handoff = make_handoff(checklist=["pain", "budget"])
    answer = caller.post(f"handoffs/{handoff.public_id}/disposition/", {"outcome": "accepted"})
    assert answer.status_code == 422, answer.content
    (sentence,) = answer.json()["errors"]["checklist"]
    assert sentence == "Accepting needs more on the call sheet: pain, budget."
    assert not Disposition.objects.exists()
    shown = caller.get(f"handoffs/{handoff.public_id}/").json()
    assert shown["checklist"] == ["pain", "budget"]


@pytest.mark.django_db
def test_a_call_sheet_comes_with_the_decision_or_not_at_all(caller) -> None:
    handoff = make_handoff(checklist=["pain", "budget"])
    address = f"handoffs/{handoff.public_id}/disposition/"
    sent = {"outcome": "accepted", "call_sheet": {"pain": "Retyped orders"}}
    assert caller.post(address, sent).status_code == 422
    assert not CallSheet.objects.exists()  # the decision was refused: nothing is half done
    sent["call_sheet"]["budget"] = "20 k"
    assert caller.post(address, sent).status_code == 201
    sheet = CallSheet.objects.get(handoff=handoff)
    assert (sheet.pain, sheet.budget, sheet.revision) == ("Retyped orders", "20 k", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("sheet", [{"horoscope": "Leo"}, {"budget": "x" * 201}, "pain", None])
def test_a_call_sheet_asks_what_it_asks(caller, sheet) -> None:
    handoff = make_handoff()
    sent = {"outcome": "accepted", "call_sheet": sheet}
    answer = caller.post(f"handoffs/{handoff.public_id}/disposition/", sent)
    assert answer.status_code == 422, answer.content
    assert "call_sheet" in str(answer.json()["errors"])
    assert not Disposition.objects.exists()


@pytest.mark.django_db
def test_a_handoff_of_another_team_cannot_be_decided() -> None:
    handoff = make_handoff(team=make_team())
    stranger = key_for(make_user(role=Role.SDR, team=make_team()))
    address = f"handoffs/{handoff.public_id}/disposition/"
    assert stranger.post(address, {"outcome": "accepted"}).status_code == 404
    executive = key_for(make_user(role=Role.ACCOUNT_EXECUTIVE))
    assert executive.post(address, {"outcome": "accepted"}).status_code == 404
    assert not Handoff.objects.get().is_decided


@pytest.mark.django_db
def test_a_version_is_read_word_for_word_as_it_was_signed(caller, ready) -> None:
    version = Version.objects.get()
    (row,) = caller.get("versions/").json()["results"]
    assert (row["agreement"], row["number"], row["is_in_force"]) == ("definition", 1, True)
    body = caller.get("versions/definition/1/").json()
    assert (body["signed_text"], body["sha256"]) == (version.signed_text, version.sha256)
    assert {one["side"] for one in body["signatures"]} == {"marketing", "sales"}
    assert body["problems"] == []
    assert caller.get(f"versions/definition/{10**30}/").status_code == 404
    assert caller.get("versions/terms/1/").status_code == 404
