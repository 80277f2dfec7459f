from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.database.models import Lead, Note, Stage, StageChange
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import AlreadyDecided, Incomplete, accept, reject
from leads.handoffs.models import Handoff
from portal.core.errors import NotAllowed
from portal.events.models import Event
from tests.factories import (
    make_handoff,
    make_lead,
    make_reason,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def made(kind: str) -> Event:
    return Event.objects.get(kind=kind)


def test_an_accepted_lead_is_an_sql_of_the_account_executive(handoff, anna, team, now) -> None:
    busy = make_user(role="account_executive", team=team)
    make_lead(stage=Stage.SQL)
    Lead.objects.filter(stage=Stage.SQL).update(owner=busy)
    free = make_user(role="account_executive", team=team)
    make_user(role="account_executive")  # of another team
    disposition = accept(handoff=handoff, by=anna, at=now, note=" Wants\x00 a demo. ")
    handoff.refresh_from_db()
    lead = handoff.lead
    lead.refresh_from_db()
    assert (lead.stage, lead.owner, lead.standing.owner) == (Stage.SQL, free, free)
    assert (handoff.is_decided, handoff.decided_at, handoff.outcome) == (True, now, "accepted")
    assert (disposition.note, disposition.was["stage"]) == ("Wants a demo.", "with_sales")
    assert made("handoff.accepted").payload == {"disposition": disposition.pk, "owner": free.pk}
    assert made("handoff.accepted").actor == anna


def test_an_executive_may_be_chosen_and_others_may_not(handoff, anna, now) -> None:
    chosen = make_user(role="account_executive")
    wrong = make_user(role="sdr", name="Ben Ode")
    with pytest.raises(Incomplete, match=r"Ben Ode takes no SQLs. Choose an account executive"):
        accept(handoff=handoff, by=anna, at=now, owner=wrong)
    accept(handoff=handoff, by=anna, at=now, owner=chosen)
    assert Lead.objects.get(pk=handoff.lead_id).owner == chosen


def test_without_any_executive_the_lead_is_an_sql_all_the_same(handoff, anna, now) -> None:
    accept(handoff=handoff, by=anna, at=now)
    lead = Lead.objects.get(pk=handoff.lead_id)
    assert (lead.stage, lead.owner) == (Stage.SQL, None)


def test_recycling_takes_the_reasons_days_in_the_organisations_zone(handoff, anna, now) -> None:
    at = now.replace(hour=23, minute=30)  # the next day in Berlin
    disposition = reject(
        handoff=handoff, reason=make_reason("no_budget", recycle_days=90), by=anna, at=at
    )
    lead = Lead.objects.get(pk=handoff.lead_id)
    assert lead.stage == Stage.RECYCLED
    assert lead.recycle_on == disposition.recycle_on == date(2026, 3, 3) + timedelta(days=90)
    assert kinds()[-2:] == ["lead.recycled", "handoff.rejected"]
    assert made("lead.recycled").payload["until"] == "2026-06-01"


def test_disqualifying_and_mending(anna, team, now) -> None:
    gone, mend = (make_handoff(owner=anna, team=team) for _ in range(2))
    reject(handoff=gone, reason=Reason.objects.get(code="wrong_industry"), by=anna, at=now)
    reject(handoff=mend, reason=Reason.objects.get(code="bad_contact_data"), by=anna, at=now)
    assert Lead.objects.get(pk=gone.lead_id).stage == Stage.DISQUALIFIED
    lead = Lead.objects.get(pk=mend.lead_id)
    assert (lead.stage, lead.mend_since) == (Stage.MQL, now)
    assert {"lead.disqualified", "lead.sent_to_mend"} <= set(kinds())


def test_a_duplicate_leaves_lists_and_names_the_lead_that_stays(handoff, anna, team, now) -> None:
    stays = make_handoff(owner=anna, team=team).lead
    duplicate = Reason.objects.get(code="duplicate")
    reject(handoff=handoff, reason=duplicate, by=anna, at=now, duplicate_of=stays)
    lead = Lead.objects.get(pk=handoff.lead_id)
    assert (lead.duplicate_of, lead.standing.is_listed) == (stays, False)
    assert made("lead.closed_as_duplicate").payload["duplicate_of"] == stays.pk


def test_whoever_decides_an_unassigned_handoff_has_taken_it(anna, team, now) -> None:
    handoff = make_handoff(team=team)
    reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.routing) == (anna, {"rule": "taken", "user": anna.pk})


def test_wrong_rules_are_kept_and_an_untouched_question_stores_nothing(anna, team, now) -> None:
    answers = ([], None, ["pricing", "pricing", "title"])
    stored = [
        reject(
            handoff=make_handoff(owner=anna, team=team),
            reason=make_reason(),
            by=anna,
            at=now,
            wrong_rules=keys,
        ).wrong_rules
        for keys in answers
    ]
    assert stored == [None, None, ["pricing", "title"]]


def test_the_second_is_told_who_when_and_why(handoff, anna, now) -> None:
    reject(handoff=handoff, reason=make_reason(label="Bad timing"), by=anna, at=now)
    late = now + timedelta(seconds=12)
    with pytest.raises(AlreadyDecided) as refusal:
        accept(handoff=handoff, by=anna, at=late)
    assert str(refusal.value) == "Anna Berg rejected this 12 s ago: bad timing."
    assert refusal.value.disposition == Disposition.objects.get()
    with pytest.raises(AlreadyDecided, match="Anna Berg rejected this 3 min ago"):
        reject(handoff=handoff, reason=None, by=anna, at=now + timedelta(minutes=3))


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(0), "0 s ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=2), "on 2 March 2026"),
    ],
)
def test_how_long_ago_an_acceptance_was(handoff, anna, now, later, words) -> None:
    accept(handoff=handoff, by=anna, at=now)
    with pytest.raises(AlreadyDecided) as refusal:
        accept(handoff=handoff, by=anna, at=now + later)
    assert str(refusal.value) == f"Anna Berg accepted this {words}."


def test_the_index_is_the_judge_when_the_lock_saw_nothing(handoff, anna, now) -> None:
    """A disposition that came without its copy on the handoff: the database still refuses."""
    reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    Handoff.objects.filter(pk=handoff.pk).update(is_decided=False)
    with pytest.raises(AlreadyDecided, match="Anna Berg rejected this"):
        accept(handoff=handoff, by=anna, at=now)
    assert Disposition.objects.count() == 1


def test_only_those_who_hold_it_may_decide(handoff, anna, team, now) -> None:
    ben = make_user(name="Ben Ode", team=team)
    stranger = make_user(team=make_team())
    executive = make_user(role="account_executive", team=team)
    passed = "This handoff is with Anna Berg. Ask a sales lead of the team to pass it to you."
    roles = "A handoff is decided by its SDR or by a sales lead of the team."

    def refused(which, by) -> str:
        with pytest.raises(NotAllowed) as refusal:
            accept(handoff=which, by=by, at=now)
        return str(refusal.value)

    assert refused(handoff, ben) == passed
    for by in (executive, make_user(role="marketing_lead"), make_user(role="leadership")):
        assert refused(handoff, by) == roles
    waits = make_handoff(team=team)
    assert refused(waits, stranger) == (
        "This handoff waits for another team. Ask its sales lead for it."
    )
    history = make_handoff(origin="imported", cause="imported")
    assert refused(history, make_user(role="admin")) == (
        "Imported handoffs are history: nobody decides them here."
    )


@pytest.mark.parametrize("role", ["sales_lead", "admin"])
def test_a_sales_lead_of_the_team_and_an_admin_may_decide(handoff, team, now, role) -> None:
    by = make_user(role=role, team=team)
    assert accept(handoff=handoff, by=by, at=now).decided_by == by
    assert Handoff.objects.get(pk=handoff.pk).owner != by


def test_a_sales_lead_of_another_team_may_not(handoff, now) -> None:
    with pytest.raises(NotAllowed):
        accept(handoff=handoff, by=make_user(role="sales_lead", team=make_team()), at=now)


def test_a_decision_without_its_event_cannot_be(handoff, anna, now, monkeypatch) -> None:
    def fail(*args, **kwargs) -> None:
        raise RuntimeError

    monkeypatch.setattr("leads.dispositions.services.record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        accept(handoff=handoff, by=anna, at=now)
    assert Handoff.objects.get(pk=handoff.pk).is_open
    assert Lead.objects.get(pk=handoff.lead_id).stage == Stage.WITH_SALES


def test_deciding_costs_the_same_however_long_the_queue_is(anna, team, now) -> None:
    reason = make_reason()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            reject(handoff=make_handoff(owner=anna, team=team), reason=reason, by=anna, at=now)
        return len(queries)

    cost()
    one = cost()
    for _ in range(39):
        make_handoff(owner=anna, team=team)
    assert cost() == one


BROKEN = [
    "UPDATE leads_disposition SET reason_id = NULL WHERE outcome = 'rejected'",
    "UPDATE leads_disposition SET reason_id = 'not_stated' WHERE outcome = 'rejected'",
    "UPDATE leads_disposition SET decided_by_id = NULL WHERE outcome = 'rejected'",
    "UPDATE leads_disposition SET decided_at = NULL WHERE outcome = 'rejected'",
    "UPDATE leads_disposition SET outcome = 'accepted' WHERE outcome = 'rejected'",
    "UPDATE leads_disposition SET withdrawn_at = '2020-01-01 00:00:00' WHERE outcome = 'rejected'",
    (
        "INSERT INTO leads_disposition (handoff_id, origin, outcome, reason_id, reason_text, note, "
        "decided_by_id, decided_at, was) SELECT handoff_id, origin, outcome, reason_id, "
        "reason_text, note, decided_by_id, decided_at, was FROM leads_disposition"
    ),
]


@pytest.mark.parametrize("statement", BROKEN)
def test_the_database_refuses(handoff, anna, now, statement) -> None:
    reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_lead_has_one_stay_at_a_time_through_it_all(handoff, anna, now) -> None:
    accept(handoff=handoff, by=anna, at=now + timedelta(hours=1))
    stays = StageChange.objects.filter(lead=handoff.lead).order_by("pk")
    assert [stay.stage for stay in stays][-2:] == ["with_sales", "sql"]
    assert [stay.left_at is None for stay in stays][-2:] == [False, True]
    assert not Note.objects.exists()
