from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.database.derive import SENIORITY
from leads.database.models import Gate, Lead, Stage, Standing
from leads.database.registry import KINDS
from leads.dispositions.models import Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Cause
from leads.handoffs.services import NewHandoff, make_handoffs
from leads.nurture.handlers import let_go, nurture
from leads.nurture.lists import in_nurture, rows
from leads.nurture.models import Nurture
from leads.nurture.programme import RANKS, programme_of
from leads.nurture.services import start_nurture
from leads.nurture.steps import FIRST, NO_MAIL, PRICE, STEPS, next_step
from leads.tasks.models import FollowUp
from portal.events.models import Event
from tests.factories import (
    make_activity,
    make_handoff,
    make_lead,
    make_leads,
    make_team,
    make_user,
    set_stage,
)

pytestmark = pytest.mark.django_db
DIRECTOR = {"title": "Marketing Director", "industry": "B2B SaaS", "company_size": 200}


def qualified(*leads) -> list[Event]:
    return [Event(kind="lead.qualified", subject_id=lead.pk) for lead in leads]


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (
            {"industry": "B2B SaaS", "department": "marketing", "seniority": "director"},
            "SaaS marketing directors",
        ),
        ({"industry": "B2B SaaS", "department": "it", "seniority": "VP"}, "SaaS IT VPs"),
        ({"department": "customer_success", "seniority": "c_level"}, "Customer success executives"),
        ({"industry": "logistics"}, "Logistics teams"),
        ({"industry": "B2B", "seniority": "unheard of"}, "B2B teams"),
        ({"seniority": "head"}, "Heads"),
        ({}, "General interest"),
    ],
)
def test_a_programme_is_named_by_what_is_known(facts, name) -> None:
    assert programme_of(facts) == name


def test_a_programmes_name_fits_its_column() -> None:
    facts = {"industry": "x" * 300, "department": "y" * 300, "seniority": "director"}
    assert len(programme_of(facts)) <= 120


def test_the_next_step_follows_what_was_done_last() -> None:
    assert next_step("") is FIRST
    assert next_step("page_view", ["pricing"]) is PRICE
    assert next_step("webinar_attended") == "Send the recording, and offer a free trial."
    assert next_step("webinar_attended", do_not_email=True) is NO_MAIL
    assert next_step("unsubscribed") is NO_MAIL
    assert set(STEPS) <= {kind.name for kind in KINDS}


def test_a_marketing_director_is_nurtured_and_an_executive_asked(now) -> None:
    eva = make_user(role="account_executive")
    lead = make_lead(stage=Stage.MQL, facts=DIRECTOR)
    for _ in range(2):
        nurture(qualified(lead), now)
    cared = Nurture.objects.get()
    assert (cared.lead, cared.programme, cared.started_at) == (
        lead, "SaaS marketing directors", now,
    )  # fmt: skip
    asked = FollowUp.objects.get()
    assert (asked.assignee, asked.due_at) == (eva, now + timedelta(days=2))
    event = Event.objects.get(kind="lead.nurtured")
    assert (event.subject_id, event.payload["programme"]) == (lead.pk, "SaaS marketing directors")


def test_only_mqls_that_are_not_sales_ready_are_nurtured(now) -> None:
    known, ready, duplicate, mend = make_leads(4, stage=Stage.MQL)
    set_stage(known, Stage.KNOWN)
    Standing.objects.filter(pk=ready.pk).update(gates=Gate.MQL | Gate.SALES_READY)
    Lead.objects.filter(pk=duplicate.pk).update(duplicate_of=known)
    Lead.objects.filter(pk=mend.pk).update(mend_since=now)
    nurture(qualified(known, ready, duplicate, mend), now)
    assert not Nurture.objects.exists()


def test_executives_with_the_least_to_do_are_asked(now) -> None:
    busy, free = (make_user(role="account_executive") for _ in range(2))
    Lead.objects.filter(pk__in=[one.pk for one in make_leads(2, stage=Stage.SQL)]).update(
        owner=busy
    )
    leads = make_leads(4, stage=Stage.MQL)
    nurture(qualified(*leads), now)
    assert [FollowUp.objects.filter(assignee=one).count() for one in (busy, free)] == [1, 3]


def test_without_executives_the_follow_up_is_nobodys(now) -> None:
    nurture(qualified(make_lead(stage=Stage.MQL)), now)
    assert FollowUp.objects.get().assignee is None


def test_care_ends_when_sales_gets_the_lead(now) -> None:
    goes, stays = make_leads(2, stage=Stage.MQL)
    start_nurture([goes.pk, stays.pk], at=now)
    make_handoffs([NewHandoff(goes.pk, Cause.FAST_TRACK, 90, "A2")], by=None, at=now)
    events = list(Event.objects.filter(kind="handoff.made"))
    for _ in range(2):
        let_go(events, now)
    assert dict(Nurture.objects.values_list("lead", "end")) == {
        goes.pk: "handoff.made",
        stays.pk: "",
    }
    assert Event.objects.filter(kind="nurture.ended").count() == 1


def test_the_handlers_may_come_in_any_order(now) -> None:
    lead = make_lead(stage=Stage.MQL)
    make_handoffs([NewHandoff(lead.pk, Cause.FAST_TRACK, 90, "A2")], by=None, at=now)
    let_go(list(Event.objects.filter(kind="handoff.made")), now)
    nurture(qualified(lead), now)
    assert not Nurture.objects.exists()


def test_one_and_forty_cost_the_same(now) -> None:
    make_user(role="account_executive")

    def cost(count) -> int:
        ids = [lead.pk for lead in make_leads(count, stage=Stage.MQL)]
        with CaptureQueriesContext(connection) as queries:
            assert len(start_nurture(ids, at=now)) == count
        return len(queries)

    cost(1)
    assert cost(1) == cost(40)


def test_the_database_keeps_one_care_at_a_time(now) -> None:
    lead = make_lead(stage=Stage.MQL)
    start_nurture([lead.pk], at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Nurture.objects.create(lead=lead, programme="again", started_at=now)


def test_days_count_from_the_day_it_became_an_mql(now) -> None:
    user, lead = make_user(role="marketing"), make_lead(stage=Stage.MQL, at=now)
    start_nurture([lead.pk], at=now + timedelta(days=3))
    for days, is_long in ((83, False), (84, True)):
        (row,) = rows(in_nurture(user), at=now + timedelta(days=days))
        assert (row.days, row.is_long, row.since) == (days, is_long, now)


def test_the_last_thing_is_the_leads_own(now) -> None:
    user, lead = make_user(role="marketing"), make_lead(stage=Stage.MQL)
    start_nurture([lead.pk], at=now)
    make_activity(lead, kind="content_download", at=now)
    for kind in ("call_outbound", "email_sent", "meeting_held"):
        make_activity(lead, kind=kind, at=now + timedelta(hours=1))
    make_activity(lead, kind="demo_request", at=now + timedelta(hours=2), is_bot=True)
    (row,) = rows(in_nurture(user), at=now)
    assert row.last.registered.name == "content_download"
    assert row.step == "Send a case study on the same subject."


def test_marketing_reads_the_list(client, now) -> None:
    lead = make_lead(stage=Stage.MQL, facts=DIRECTOR, name="Lea Novak", at=now)
    start_nurture([lead.pk], at=now)
    page = {"object_kind": "page", "object_key": "/pricing", "object_title": "Pricing"}
    make_activity(lead, at=now, tags=["pricing"], **page)
    gone = make_lead(stage=Stage.MQL, name="Gone Away")
    start_nurture([gone.pk], at=now)
    set_stage(gone, Stage.DISQUALIFIED)
    client.force_login(make_user(role="marketing"))
    text = client.get(reverse("nurture")).content.decode()
    for words in ("Lea Novak", "SaaS marketing directors", "Pricing", str(PRICE), "past 84"):
        assert words in text
    assert "Gone Away" not in text


def test_leads_to_mend_are_listed_with_the_reason(client, now) -> None:
    anna = make_user(team=make_team())
    handoff = make_handoff(make_lead(name="Lea Novak"), owner=anna)
    reason = Reason.objects.get(code="bad_contact_data")
    reject(handoff=handoff, reason=reason, by=anna, at=now, note="The number is a fax.")
    client.force_login(make_user(role="marketing"))
    text = client.get(reverse("nurture"), {"list": "mend"}).content.decode()
    for words in ("Lea Novak", "Wrong contact data", "The number is a fax."):
        assert words in text
    set_stage(handoff.lead, Stage.WITH_SALES)
    text = client.get(reverse("nurture"), {"list": "mend"}).content.decode()
    assert "Nothing to mend" in text


@pytest.mark.parametrize("role", ["sdr", "account_executive", "sales_lead"])
def test_sales_does_not_see_it(client, role) -> None:
    client.force_login(make_user(role=role))
    assert client.get(reverse("nurture")).status_code == 404


@pytest.mark.parametrize("which", ["", "mend"])
def test_a_list_costs_the_same_at_one_and_at_forty(client, now, which) -> None:
    client.force_login(make_user(role="marketing_lead"))

    def add(count) -> None:
        ids = [lead.pk for lead in make_leads(count, stage=Stage.MQL)]
        start_nurture(ids, at=now)
        for pk in ids:
            make_activity(Lead.objects.get(pk=pk), object_kind="page", object_key="/x", at=now)
        if which:
            Lead.objects.filter(pk__in=ids).update(mend_since=now)

    def ask() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse("nurture"), {"list": which})
        return len(queries), len(answer.content)

    add(1)
    ask()
    one, short = ask()
    add(39)
    forty, long = ask()
    assert (forty, long > short) == (one, True)


def test_every_rank_that_is_derived_has_a_word() -> None:
    assert {rank for rank, _words in SENIORITY} == set(RANKS)
