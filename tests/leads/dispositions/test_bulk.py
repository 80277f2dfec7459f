"""Deciding many handoffs at once."""

from datetime import timedelta

import pytest

from leads.database.models import Lead, Stage, Standing
from leads.database.stages import move_leads
from leads.dispositions import bulk
from leads.dispositions.bulk import Choice
from leads.dispositions.bulk_undo import withdraw_all
from leads.dispositions.errors import Incomplete
from leads.dispositions.models import Disposition, Outcome, Reason
from leads.dispositions.services import accept, reject
from leads.handoffs.models import Handoff
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from tests.factories import (
    make_activity,
    make_handoff,
    make_lead,
    make_reason,
    make_user,
)

pytestmark = pytest.mark.django_db
SOON, DAY = timedelta(seconds=8), timedelta(days=1)
ACCEPT = Choice(Outcome.ACCEPTED)


def no(code: str = "no_budget", **more) -> Choice:
    return Choice(Outcome.REJECTED, Reason.objects.get(code=code), **more)


def handoffs(number, team, owner, **more) -> list[int]:
    return [make_handoff(owner=owner, team=team, **more).pk for _ in range(number)]


def test_each_is_decided_as_if_alone(anna, team, now) -> None:
    ids = handoffs(2, team, anna) + handoffs(1, team, None)
    alone = make_handoff(owner=anna, team=team)
    reject(handoff=alone, reason=Reason.objects.get(code="no_budget"), by=anna, at=now)
    done = bulk.decide(ids, no(note="Too small."), by=anna, at=now)
    assert len(done.decided) == 3
    assert done.refused == []
    like = Lead.objects.get(pk=alone.lead_id)
    for row in Disposition.objects.filter(handoff__in=ids).select_related("handoff__lead"):
        lead = row.handoff.lead
        assert (row.reason_id, row.note, row.decided_by) == ("no_budget", "Too small.", anna)
        assert (lead.stage, lead.recycle_on) == (like.stage, like.recycle_on)
        assert Standing.objects.get(pk=lead.pk).stage == Stage.RECYCLED
        assert (row.handoff.owner, row.handoff.outcome) == (anna, "rejected")
        assert row.was["stage"] == Stage.WITH_SALES
    kinds = Event.objects.filter(subject_id__in=ids, kind="handoff.rejected")
    assert {one.payload["disposition"] for one in kinds} == {one.pk for one in done.decided}
    assert Event.objects.filter(kind="lead.recycled").count() == 4


def test_accepted_ones_are_dealt_in_turn(anna, team, now) -> None:
    busy, free = (make_user(role="account_executive", name=name) for name in ("Busy", "Free"))
    Lead.objects.filter(pk=make_lead().pk).update(owner=busy, stage=Stage.SQL)
    ids = handoffs(3, team, anna)
    done = bulk.decide(ids, ACCEPT, by=anna, at=now)
    owners = [one.was["new_owner"] for one in done.decided]
    assert sorted(owners) == sorted([free.pk, free.pk, busy.pk])
    for one in done.decided:
        lead = Lead.objects.get(pk=one.handoff.lead_id)
        assert (lead.stage, lead.owner_id) == (Stage.SQL, one.was["new_owner"])
        assert lead.standing.owner_id == lead.owner_id


def test_those_that_cannot_are_named_with_the_reason(anna, team, now) -> None:
    other = make_user(name="Ben Kay", team=team)
    fine, decided, theirs, held, asked = (
        make_handoff(make_lead(name=name), owner=owner, team=team)
        for name, owner in zip(
            ("Fine", "Decided", "Theirs", "Held", "Asked"),
            (anna, other, other, None, anna),
            strict=True,
        )
    )
    accept(handoff=decided, by=other, at=now)
    Handoff.objects.filter(pk=held.pk).update(
        held_by=other, held_since=now, held_until=now + timedelta(minutes=10)
    )
    Handoff.objects.filter(pk=asked.pk).update(checklist=["pain"])
    ids = [one.pk for one in (fine, decided, theirs, held, asked)]
    found = bulk.preview(ids, ACCEPT, by=anna, at=now + SOON)
    why = {one.handoff.lead.name: one.why for one in found.cannot}
    assert [one.lead.name for one in found.can] == ["Fine"]
    assert why["Decided"] == "Ben Kay accepted this 8 s ago."
    assert why["Theirs"] == "This handoff is with Ben Kay."
    assert why["Held"].startswith("Ben Kay has this on the desk until")
    assert why["Asked"] == "Accepting needs more on the call sheet: pain."
    done = bulk.decide(ids, ACCEPT, by=anna, at=now + SOON)
    assert [one.handoff for one in done.decided] == [fine]
    assert {one.handoff.lead.name: one.why for one in done.refused} == why


def test_a_reason_that_needs_attempts_leaves_out_those_without(anna, team, now) -> None:
    rung, quiet = (make_handoff(owner=anna, team=team, at=now - DAY) for _ in range(2))
    reason = make_reason("unresponsive", needs_attempts=1, label="Unresponsive")
    make_activity(rung.lead, kind="call_outbound", at=now - timedelta(hours=1))
    choice = Choice(Outcome.REJECTED, reason)
    found = bulk.preview([rung.pk, quiet.pk], choice, by=anna, at=now)
    assert [one.pk for one in found.can] == [rung.pk]
    assert found.cannot[0].why.startswith("“Unresponsive” needs 1 logged attempt, and 0 is logged")


@pytest.mark.parametrize(
    ("code", "field", "says"),
    [
        ("duplicate", "reason", "reject duplicates one by one"),
        ("bad_timing", "recycle_on", "needs a date"),
        ("other", "note", "needs words"),
    ],
)
def test_what_is_missing_is_said_once(anna, team, now, code, field, says) -> None:
    with pytest.raises(Incomplete, match=says) as refusal:
        bulk.decide(handoffs(2, team, anna), no(code), by=anna, at=now)
    assert refusal.value.field == field
    assert not Disposition.objects.exists()


def test_how_many_are_decided_at_once(anna, now) -> None:
    with pytest.raises(DomainError, match="At most 500 handoffs are decided at once"):
        bulk.preview(range(501), ACCEPT, by=anna, at=now)
    with pytest.raises(DomainError, match="Choose at least one"):
        bulk.preview([], ACCEPT, by=anna, at=now)


def test_effects_are_counted_beforehand(anna, team, now) -> None:
    make_user(role="marketing_lead", name="Priya Nair")
    make_user(role="account_executive", name="Hugo Lind")
    ids = handoffs(3, team, anna)
    lines = bulk.effects_of(bulk.preview(ids, no(), by=anna, at=now), at=now)
    assert [str(line) for line in lines] == [
        "Recycle 3 leads until 31 May 2026",
        "Stop the clocks of 3 handoffs",
        "Tell Priya Nair in marketing, after ten seconds",
    ]
    lines = bulk.effects_of(bulk.preview(ids, ACCEPT, by=anna, at=now), at=now)
    assert [str(line) for line in lines] == [
        "Make 3 leads SQLs",
        "Pass 3 to Hugo Lind",
        "Stop the clocks of 3 handoffs",
    ]


@pytest.mark.parametrize("choice", ["accept", "recycle", "mend", "disqualify"])
def test_all_of_it_is_taken_back_at_once(anna, team, now, choice) -> None:
    make_user(role="account_executive")
    codes = {"recycle": "no_budget", "mend": "bad_contact_data", "disqualify": "spam"}
    ids = handoffs(3, team, anna)
    before = list(Lead.objects.order_by("pk").values("stage", "owner", "recycle_on", "mend_since"))
    given = ACCEPT if choice == "accept" else no(codes[choice])
    done = bulk.decide(ids, given, by=anna, at=now)
    back = withdraw_all(done.decided[0], by=anna, at=now + SOON)
    assert len(back.decided) == 3
    assert not Handoff.objects.filter(is_decided=True).exists()
    after = Lead.objects.order_by("pk").values("stage", "owner", "recycle_on", "mend_since")
    assert list(after) == before
    assert Event.objects.filter(kind="disposition.withdrawn").count() == 3
    with pytest.raises(Conflict, match="Nothing of this is left"):
        withdraw_all(done.decided[0], by=anna, at=now + 2 * SOON)


def test_what_has_moved_on_stays_and_is_named(anna, team, now) -> None:
    ids = handoffs(3, team, anna)
    done = bulk.decide(ids, no(), by=anna, at=now)
    moved, anew, _third = (one.handoff.lead for one in done.decided)
    move_leads([moved.pk], to=Stage.MQL, by=anna, at=now + SOON, cause="test")
    make_handoff(anew, team=team, at=now + SOON)
    back = withdraw_all(done.decided[1], by=anna, at=now + 2 * SOON)
    assert len(back.decided) == 1
    assert sorted(one.why for one in back.refused) == sorted(
        [
            f"{moved} has moved on since. The decision stays.",
            f"Sales has a newer handoff of {anew}. Decide that one instead.",
        ]
    )


def test_who_and_when_it_may_be_taken_back(anna, team, now) -> None:
    done = bulk.decide(handoffs(2, team, anna), no(), by=anna, at=now)
    with pytest.raises(NotAllowed, match="Only Anna Berg or a sales lead of the team"):
        withdraw_all(done.decided[0], by=make_user(team=team), at=now + SOON)
    with pytest.raises(Conflict, match="Only decisions of today can be taken back"):
        withdraw_all(done.decided[0], by=anna, at=now + DAY)
    withdraw_all(done.decided[0], by=make_user(role="sales_lead", team=team), at=now + SOON)


@pytest.mark.parametrize("rows", [1, 100])
@pytest.mark.parametrize("accepts", [True, False])
def test_the_statements_do_not_grow(
    rows, accepts, anna, team, now, django_assert_max_num_queries
) -> None:
    make_user(role="account_executive")
    ids = handoffs(rows, team, anna)
    given = ACCEPT if accepts else no()
    with django_assert_max_num_queries(45):
        done = bulk.decide(ids, given, by=anna, at=now)
    assert len(done.decided) == rows
    with django_assert_max_num_queries(35):
        withdraw_all(done.decided[0], by=anna, at=now + SOON)
