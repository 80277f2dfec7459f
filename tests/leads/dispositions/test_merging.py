"""Two leads become one, and two again."""

from datetime import timedelta

import pytest

from leads.activities.models import Activity
from leads.capture.models import Consent
from leads.database.models import (
    Lead,
    Note,
    Opportunity,
    Presence,
    Stage,
    StageChange,
    Standing,
)
from leads.database.notes import add_note
from leads.dispositions.merge_ways import WAYS, relations
from leads.dispositions.merging import merge, unmerge
from leads.dispositions.models import Merge, Reason
from leads.dispositions.services import reject, withdraw
from leads.handoffs.models import Handoff, Release
from leads.nurture.models import Nurture
from leads.tasks.models import FollowUp
from portal.core.errors import Conflict, NotAllowed
from portal.events.models import Event, EventLead
from portal.notifications.models import Notification
from tests.factories import (
    make_activity,
    make_company,
    make_facts,
    make_handoff,
    make_lead,
    make_reason,
    make_source,
    make_team,
    make_user,
    set_stage,
)

pytestmark = pytest.mark.django_db
SOON, DAY = timedelta(seconds=8), timedelta(days=1)


@pytest.fixture
def priya():
    return make_user(name="Priya Nair", role="marketing_lead")


@pytest.fixture
def pair(now):
    gone = make_lead(name="Lea Novak", email="lea@old.test", at=now - 9 * DAY)
    kept = make_lead(name="Lea M. Novak", email="lea@new.test", at=now - 5 * DAY)
    return kept, gone


def one(pair, by, at, **more):
    kept, gone = pair
    done = merge(kept=kept, gone=gone, by=by, at=at, **more)
    kept.refresh_from_db()
    gone.refresh_from_db()
    return done


def test_every_relation_to_a_lead_has_its_way() -> None:
    assert relations().keys() == WAYS.keys()


def test_everything_moves_and_comes_back(pair, priya, anna, now) -> None:
    kept, gone = pair
    own = make_activity(kept, at=now - DAY)
    for place in range(3):
        make_activity(gone, at=now - place * DAY)
    add_note(lead=gone, text="Rang twice.", is_question=False, answers=None, by=anna, at=now)
    handoff = make_handoff(gone, at=now - DAY, owner=anna)
    Consent.objects.create(lead=gone, text="Yes.", version=1, given_at=now, via="form")
    FollowUp.objects.create(
        lead=gone, assignee=anna, due_at=now, why="Call", key="one", created_at=now
    )
    Presence.objects.create(lead=gone, user=anna, seen_at=now)
    Notification.objects.create(
        user=anna, kind="test", key="n", text="Look", url="/", at=now, lead_id=gone.pk
    )
    said = list(EventLead.objects.filter(lead_id=gone.pk).values_list("event_id", flat=True))
    done = one(pair, priya, now)
    assert Activity.objects.filter(lead=kept).count() == 4
    assert Note.objects.get().lead == kept
    assert Handoff.objects.get().lead == kept
    assert (kept.stage, kept.standing.stage) == (Stage.WITH_SALES, Stage.WITH_SALES)
    for model in (Consent, FollowUp, Presence):
        assert model.objects.get().lead_id == kept.pk
    assert Notification.objects.get(kind="test").lead_id == kept.pk
    assert EventLead.objects.filter(lead_id=kept.pk, event__in=said).count() == len(said)
    assert (gone.stage, gone.duplicate_of) == (Stage.DISQUALIFIED, kept)
    assert not Standing.objects.get(pk=gone.pk).is_listed
    assert Standing.objects.get(pk=kept.pk).stale_since is not None

    since = make_activity(kept, at=now + SOON)
    unmerge(merge=done, by=priya, at=now + SOON)
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert set(Activity.objects.filter(lead=kept)) == {own, since}
    assert Activity.objects.filter(lead=gone).count() == 3
    assert Note.objects.get().lead == gone
    assert Handoff.objects.get(pk=handoff.pk).lead == gone
    for model in (Consent, FollowUp, Presence):
        assert model.objects.get().lead_id == gone.pk
    assert EventLead.objects.filter(lead_id=gone.pk, event__in=said).count() == len(said)
    assert (gone.stage, gone.duplicate_of) == (Stage.WITH_SALES, None)
    assert (kept.stage, kept.standing.stage) == (Stage.KNOWN, Stage.KNOWN)
    assert Standing.objects.get(pk=gone.pk).is_listed
    kinds = Event.objects.filter(kind__in=["lead.merged", "lead.unmerged"]).order_by("pk")
    assert [(e.kind, e.subject_id, e.actor) for e in kinds] == [
        ("lead.merged", kept.pk, priya),
        ("lead.unmerged", kept.pk, priya),
    ]
    assert all(e.lead_links.count() == 2 for e in kinds)


def test_which_value_wins(pair, priya, now) -> None:
    kept, gone = pair
    owner, company, source = make_user(), make_company("Acme"), make_source("Fair")
    Lead.objects.filter(pk=gone.pk).update(
        phone="+49 30 1", company=company, owner=owner, source=source, do_not_call=True,
        extra={"a": 1, "b": 1},
    )  # fmt: skip
    Lead.objects.filter(pk=kept.pk).update(extra={"b": 2}, source=make_source("Web"))
    done = one(pair, priya, now)
    assert (kept.name, kept.email) == ("Lea M. Novak", "lea@new.test")
    assert (kept.phone, kept.company, kept.owner) == ("+49 30 1", company, owner)
    assert kept.source == source, "it came first"
    assert kept.created_at == now - 9 * DAY
    assert (kept.do_not_call, kept.do_not_email) == (True, False)
    assert kept.extra == {"a": 1, "b": 2}
    assert (kept.standing.owner, kept.standing.source) == (owner, source)
    Lead.objects.filter(pk=kept.pk).update(phone="+49 30 2")  # changed since: it stays
    unmerge(merge=done, by=priya, at=now + SOON)
    kept.refresh_from_db()
    assert (kept.phone, kept.company, kept.owner) == ("+49 30 2", None, None)
    assert (kept.source.name, kept.created_at) == ("Web", now - 5 * DAY)
    assert (kept.do_not_call, kept.extra) == (False, {"b": 2})


@pytest.mark.parametrize(
    ("stays", "goes", "becomes"),
    [
        ("known", "mql", "mql"),
        ("mql", "known", "mql"),
        ("mql", "recycled", "recycled"),
        ("recycled", "disqualified", "disqualified"),
        ("sql", "recycled", "sql"),
        ("known", "opportunity", "opportunity"),
        ("customer", "sql", "customer"),
    ],
)
def test_the_further_stage_counts(pair, priya, now, stays, goes, becomes) -> None:
    kept, gone = pair
    set_stage(kept, stays, at=now - DAY)
    set_stage(gone, goes, at=now - DAY)
    done = one(pair, priya, now)
    assert (kept.stage, kept.standing.stage) == (becomes, becomes)
    assert StageChange.objects.filter(lead=kept, left_at=None).get().stage == becomes
    unmerge(merge=done, by=priya, at=now + SOON)
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.stage, gone.stage) == (stays, goes)


def test_what_runs_for_both_runs_once(pair, priya, now) -> None:
    kept, gone = pair
    for lead in pair:
        set_stage(lead, Stage.MQL, at=now - DAY)
        Nurture.objects.create(lead=lead, programme="Warm up", started_at=now - DAY)
        Release.objects.create(
            lead=lead, cause="import", gate="sales_ready", total=70, opened_at=now
        )
    done = one(pair, priya, now)
    assert Nurture.objects.filter(lead=kept, ended_at=None).count() == 1
    assert Release.objects.waiting().filter(lead=kept).count() == 1
    assert Nurture.objects.get(ended_at=now).end == "lead.merged"
    unmerge(merge=done, by=priya, at=now + SOON)
    for lead in (kept, gone):
        assert Nurture.objects.get(lead=lead).ended_at is None
        assert Release.objects.waiting().filter(lead=lead).exists()


def test_a_rejection_as_a_duplicate_merges_and_is_taken_back(anna, team, now) -> None:
    first = make_handoff(
        make_lead(name="Lea Novak", email="lea@new.test"), owner=anna, team=team, at=now - 2 * DAY
    )
    kept = first.lead
    reject(handoff=first, reason=make_reason(), by=anna, at=now - DAY)
    make_facts(kept, at=now - DAY, title="CEO")
    handoff = make_handoff(
        make_lead(name="Lea N.", email="lea@old.test"), owner=anna, team=team, at=now - DAY
    )
    gone = handoff.lead
    make_activity(gone, kind="demo_request", at=now - DAY)
    duplicate = Reason.objects.get(code="duplicate")
    made = reject(handoff=handoff, reason=duplicate, by=anna, at=now, duplicate_of=kept)
    handoff.refresh_from_db()
    assert (handoff.lead, handoff.outcome) == (kept, "rejected")
    assert Activity.objects.get().lead == kept
    assert Lead.objects.get(pk=kept.pk).stage == Stage.RECYCLED, "a duplicate is no judgement"
    assert Merge.objects.get().disposition == made
    rejected = Event.objects.filter(kind="handoff.rejected").latest("pk")
    assert rejected.lead_links.get().lead_id == kept.pk
    withdraw(disposition=made, by=anna, at=now + SOON)
    handoff.refresh_from_db()
    assert (handoff.lead, handoff.is_open) == (gone, True)
    assert Activity.objects.get().lead == gone
    gone.refresh_from_db()
    assert (gone.stage, gone.duplicate_of) == (Stage.WITH_SALES, None)
    assert Merge.objects.get().undone_by == anna


def test_only_marketing_and_sales_leads_merge_without_a_handoff(pair, anna, team, now) -> None:
    executive = make_user(role="account_executive")
    others_lead = make_user(role="sales_lead", team=make_team())
    for by in (anna, executive, make_user(role="leadership"), others_lead):
        with pytest.raises(NotAllowed, match="Marketing, or a sales lead of the team"):
            one(pair, by, now)
    assert not Merge.objects.exists()


def refusal(pair, by, now) -> str:
    with pytest.raises(Conflict) as refused:
        one(pair, by, now)
    return str(refused.value)


def test_what_cannot_become_one(pair, priya, anna, now) -> None:
    kept, gone = pair
    assert refusal((kept, kept), priya, now) == "A lead is not its own duplicate. Choose another."
    make_handoff(kept, owner=anna)
    make_handoff(gone, owner=anna)
    assert refusal(pair, priya, now) == (
        "Sales has Lea M. Novak already, and a handoff of Lea Novak is open. Reject that one as "
        "a duplicate: it makes the two one."
    )
    Handoff.objects.update(is_decided=True, outcome="accepted", decided_at=now)
    for handoff in Handoff.objects.all():
        Opportunity.objects.create(handoff=handoff, lead=handoff.lead)
    assert refusal(pair, priya, now) == (
        "Both have an open opportunity. Win or lose one of them first: a lead has one."
    )
    Opportunity.objects.filter(lead=gone).update(outcome="lost")
    one(pair, priya, now)
    third = make_lead(name="Third")
    assert refusal((third, gone), priya, now) == (
        "Lea Novak is merged into Lea M. Novak already. Choose Lea M. Novak."
    )
    assert refusal((gone, third), priya, now).startswith("Lea Novak is merged into")


def undoing(done, by, at) -> str:
    with pytest.raises((Conflict, NotAllowed)) as refused:
        unmerge(merge=done, by=by, at=at)
    return str(refused.value)


def test_what_cannot_be_taken_back(pair, priya, anna, now) -> None:
    kept, gone = pair
    handoff = make_handoff(gone, owner=anna)
    done = one(pair, priya, now)
    assert undoing(done, anna, now) == (
        "Only Priya Nair, marketing or a sales lead takes this back."
    )
    assert undoing(done, priya, now + DAY).startswith("Only merges of today can be taken back")
    Handoff.objects.update(is_decided=True, outcome="accepted", decided_at=now + SOON)
    assert undoing(done, priya, now + SOON) == (
        "A handoff that came with Lea Novak was decided since. Take that back first."
    )
    Handoff.objects.update(is_decided=False, outcome="", decided_at=None)
    third = make_lead(name="Third")
    again = merge(kept=third, gone=kept, by=priya, at=now + SOON)
    assert undoing(done, priya, now + SOON) == (
        "Lea M. Novak was merged into Third since. Take that back first."
    )
    unmerge(merge=again, by=priya, at=now + SOON)
    other = make_lead(email="other@example.test")
    Lead.objects.filter(pk=other.pk).update(email_key="lea@old.test")
    assert undoing(done, priya, now + SOON) == (
        "Another lead has the address of Lea Novak by now. The two stay one."
    )
    Lead.objects.filter(pk=other.pk).update(email_key="other@example.test")
    unmerge(merge=done, by=priya, at=now + 2 * SOON)
    assert undoing(done, priya, now + 3 * SOON) == "Priya Nair took this back 8 s ago."
    assert Handoff.objects.get(pk=handoff.pk).lead == gone
