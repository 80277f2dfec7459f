from datetime import timedelta

import pytest

from leads.database.models import Lead, Stage, Standing
from leads.database.stages import move_leads
from leads.dispositions.models import Reason
from leads.dispositions.services import accept, reject, withdraw
from leads.handoffs.models import Handoff
from portal.core.errors import Conflict, NotAllowed
from portal.events.models import Event
from tests.factories import make_handoff, make_lead, make_reason, make_team, make_user

pytestmark = pytest.mark.django_db
SOON = timedelta(seconds=8)


def refused(error, disposition, by, at) -> str:
    with pytest.raises(error) as refusal:
        withdraw(disposition=disposition, by=by, at=at)
    return str(refusal.value)


@pytest.mark.parametrize("code", ["no_budget", "wrong_industry", "bad_contact_data", "duplicate"])
def test_a_rejection_is_taken_back_as_if_it_had_not_been(handoff, anna, team, now, code) -> None:
    stays = make_handoff(owner=anna, team=team).lead
    owner = make_user(role="account_executive")
    Lead.objects.filter(pk=handoff.lead_id).update(owner=owner)
    reason = Reason.objects.get(code=code)
    disposition = reject(handoff=handoff, reason=reason, by=anna, at=now, duplicate_of=stays)
    withdraw(disposition=disposition, by=anna, at=now + SOON)
    lead, again = Lead.objects.get(pk=handoff.lead_id), Handoff.objects.get(pk=handoff.pk)
    assert (again.is_open, again.decided_at, again.outcome, again.owner) == (True, None, "", anna)
    assert (lead.stage, lead.owner, lead.recycle_on) == (Stage.WITH_SALES, owner, None)
    assert (lead.mend_since, lead.duplicate_of) == (None, None)
    assert Standing.objects.get(pk=lead.pk).is_listed
    event = Event.objects.get(kind="disposition.withdrawn")
    assert (event.subject_id, event.payload["disposition"]) == (handoff.pk, disposition.pk)


def test_an_acceptance_is_taken_back_with_its_owner(handoff, anna, now) -> None:
    make_user(role="account_executive")
    disposition = accept(handoff=handoff, by=anna, at=now)
    withdraw(disposition=disposition, by=anna, at=now + SOON)
    lead = Lead.objects.get(pk=handoff.lead_id)
    assert (lead.stage, lead.owner, lead.standing.owner) == (Stage.WITH_SALES, None, None)


def test_what_was_taken_back_can_be_decided_again(handoff, anna, now) -> None:
    disposition = reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    withdraw(disposition=disposition, by=anna, at=now + SOON)
    again = accept(handoff=handoff, by=anna, at=now + 2 * SOON)
    assert again.withdrawn_at is None
    assert Handoff.objects.get(pk=handoff.pk).outcome == "accepted"


def test_it_is_taken_back_once(handoff, anna, now) -> None:
    disposition = reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    withdraw(disposition=disposition, by=anna, at=now)
    assert refused(Conflict, disposition, anna, now + SOON) == "Anna Berg took this back 8 s ago."


def test_only_on_the_same_day_in_the_organisations_zone(handoff, anna, now) -> None:
    disposition = reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    midnight_in_berlin = now.replace(hour=23)
    withdraw_at = midnight_in_berlin - timedelta(seconds=1)
    sentence = refused(Conflict, disposition, anna, midnight_in_berlin)
    assert sentence.startswith("Only decisions of today can be taken back; this one was made")
    withdraw(disposition=disposition, by=anna, at=withdraw_at)


def test_other_people_may_not(handoff, anna, team, now) -> None:
    disposition = reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    sentence = "Only Anna Berg or a sales lead of the team may take this back."
    for by in (make_user(team=team), make_user(role="sales_lead", team=make_team())):
        assert refused(NotAllowed, disposition, by, now) == sentence
    assert refused(NotAllowed, disposition, make_user(role="marketing_lead"), now) == sentence
    withdraw(disposition=disposition, by=make_user(role="sales_lead", team=team), at=now)


def test_a_lead_that_has_moved_on_stays_where_it_is(handoff, anna, now) -> None:
    disposition = accept(handoff=handoff, by=anna, at=now)
    move_leads(
        [handoff.lead_id], to=Stage.OPPORTUNITY, by=anna, at=now + SOON, cause="opportunity.opened"
    )
    assert refused(Conflict, disposition, anna, now + SOON) == (
        "Lea Novak has moved on since and is now: Opportunity. The decision stays."
    )
    assert not Handoff.objects.get(pk=handoff.pk).is_open


def test_a_lead_that_went_and_came_back_has_moved_on_too(handoff, anna, now) -> None:
    disposition = accept(handoff=handoff, by=anna, at=now)
    for stage in (Stage.OPPORTUNITY, Stage.SQL):
        move_leads([handoff.lead_id], to=stage, by=anna, at=now + SOON, cause="test")
    assert "has moved on since and is now: SQL" in refused(Conflict, disposition, anna, now + SOON)


def test_a_newer_handoff_of_the_lead_is_not_doubled(handoff, anna, team, now) -> None:
    disposition = reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    make_handoff(handoff.lead, team=team)
    assert refused(Conflict, disposition, anna, now + SOON) == (
        "Sales has a newer handoff of Lea Novak. Decide that one instead."
    )


def test_a_closed_duplicate_whose_address_is_anothers_by_now_stays_closed(
    handoff, anna, team, now
) -> None:
    stays = make_handoff(owner=anna, team=team).lead
    duplicate = Reason.objects.get(code="duplicate")
    disposition = reject(handoff=handoff, reason=duplicate, by=anna, at=now, duplicate_of=stays)
    other = make_lead(email="other@example.test")
    Lead.objects.filter(pk=other.pk).update(email_key=handoff.lead.email_key)
    assert refused(Conflict, disposition, anna, now + SOON) == (
        "Another lead has the address of Lea Novak by now. The decision stays."
    )
    assert Lead.objects.get(pk=handoff.lead_id).duplicate_of == stays


def test_imported_decisions_stay(anna, now) -> None:
    history = make_handoff(origin="imported", cause="imported", is_decided=True)
    disposition = history.dispositions.create(
        origin="imported", outcome="rejected", reason_id="not_stated"
    )
    assert refused(NotAllowed, disposition, make_user(role="admin"), now) == (
        "Imported decisions are history and stay as they are."
    )
