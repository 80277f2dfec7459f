"""Past handoffs: their leads, dispositions, outcomes, first touches and stages."""

import pytest

from leads.database.models import Lead, Opportunity, StageChange
from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff, Release
from portal.events.models import Event
from tests.factories import make_handoff, make_lead, make_user
from tests.leads.imports.support import (
    ACTIVITIES,
    HANDOFFS,
    HANDOFFS_HEADER,
    LATER,
    bring,
    counts,
    instant,
    lines,
    mapping,
)

pytestmark = pytest.mark.django_db

WON = "D1,L1,,2024-01-01 09:00,Web,Spring,Ana Kern,Payment Done,accepted,,2024-01-05,won,1200.50"
REJECTED = "D2,L2,,2024-01-02 09:00,Web,,Nobody Known,Lost,rejected,no_budget,2024-01-03,lost,"


def deals(*rows, **more):
    return bring(lines(HANDOFFS_HEADER, *rows), HANDOFFS, **more)


def stage(external_id):
    return Lead.objects.get(external_id=external_id).stage


def test_a_won_deal_is_an_accepted_handoff_with_a_won_opportunity():
    ana = make_user(name="Ana Kern")
    assert counts(deals(WON)) == (1, 0, 0, 0)
    handoff = Handoff.objects.select_related("lead", "source", "campaign").get()
    assert (handoff.origin, handoff.cause, handoff.outcome) == ("imported", "imported", "accepted")
    assert (handoff.made_at, handoff.decided_at) == (
        instant("2024-01-01T09:00"),
        instant("2024-01-05"),
    )
    assert (handoff.source.name, handoff.campaign.name) == ("Web", "Spring")
    assert (handoff.owner, handoff.source_owner) == (ana, "Ana Kern")
    assert (handoff.source_stage, handoff.external_id) == ("Payment Done", "D1")
    disposition = handoff.dispositions.get()
    assert (disposition.origin, disposition.outcome, disposition.decided_by) == (
        "imported",
        "accepted",
        ana,
    )
    opportunity = handoff.opportunity
    assert (opportunity.outcome, str(opportunity.value), opportunity.currency) == (
        "won",
        "1200.50",
        "EUR",
    )
    assert opportunity.closed_at is None, "the file does not say when"
    lead = handoff.lead
    assert (lead.external_id, lead.stage, lead.source.name) == ("L1", "customer", "Web")
    assert lead.created_at == instant("2024-01-01T09:00")


def test_a_rejection_keeps_its_reason_and_a_stranger_s_name():
    deals(REJECTED)
    disposition = Disposition.objects.select_related("handoff").get()
    assert (disposition.reason_id, disposition.reason_text) == ("no_budget", "no_budget")
    assert (disposition.decided_by, disposition.handoff.owner) == (None, None)
    assert disposition.handoff.source_owner == "Nobody Known"
    assert disposition.handoff.extra["outcome"] == "lost"
    assert not Opportunity.objects.exists(), "what sales turned down was no opportunity"
    lead = Lead.objects.get()
    assert (lead.stage, str(lead.recycle_on)) == ("recycled", "2024-04-02")


def test_history_is_never_routed_queued_or_clocked():
    deals(WON, REJECTED)
    assert not Release.objects.exists()
    assert not Handoff.objects.open().exists()
    assert set(Event.objects.values_list("kind", flat=True)) == {
        "import.uploaded",
        "import.started",
        "import.finished",
    }


def test_a_deal_without_a_lead_becomes_one_keyed_by_itself():
    deals("D9,,,2024-01-01,Web,,,New,,,,,", "D8,,Kim@Acme.test,2024-01-01,Web,,,New,,,,,")
    own = Lead.objects.get(external_source="crm", external_id="D9")
    assert own.handoffs.get().external_id == "D9"
    kim = Lead.objects.get(email="kim@acme.test")
    assert (kim.external_id, kim.handoffs.get().external_id) == ("", "D8")


def test_a_handoff_without_a_source_takes_its_lead_s():
    bring(
        "Id,Source,Page\nL1,Organic,/a\n",
        mapping("leads", {"external_id": "Id", "source": "Source", "landing_page": "Page"}),
    )
    deals("D1,L1,,,,,,New,,,,,")
    handoff = Handoff.objects.get()
    assert (handoff.source.name, handoff.landing_page, handoff.made_at) == ("Organic", "/a", None)
    assert (handoff.is_decided, stage("L1")) == (False, "known")


def test_the_same_deals_twice_change_nothing():
    deals(WON, REJECTED)
    before = [
        list(model.objects.order_by("pk").values())
        for model in (Handoff, Lead, Disposition, Opportunity, StageChange)
    ]
    assert counts(deals(WON, REJECTED, at=LATER)) == (0, 0, 2, 0)
    after = [
        list(model.objects.order_by("pk").values())
        for model in (Handoff, Lead, Disposition, Opportunity, StageChange)
    ]
    assert after == before


def test_a_newer_export_changes_what_it_says_and_erases_nothing():
    deals("D1,L1,,2024-01-01,Web,,,Open,,,,,")
    assert stage("L1") == "known"
    run = deals("D1,L1,,,,,,Lost,rejected,,2024-02-01,lost,", at=LATER)
    assert counts(run) == (0, 1, 0, 0)
    handoff = Handoff.objects.select_related("source").get()
    assert (handoff.source.name, handoff.source_stage, handoff.outcome) == (
        "Web",
        "Lost",
        "rejected",
    )
    assert handoff.dispositions.get().reason_id == "not_stated"
    assert stage("L1") == "recycled"
    deals("D1,L1,,,,,,Won,accepted,,2024-03-01,won,100", at=LATER)
    disposition = Disposition.objects.get()
    assert (disposition.outcome, disposition.reason_id, stage("L1")) == (
        "accepted",
        None,
        "customer",
    )


def test_of_rows_with_one_id_the_last_counts_also_the_second_time():
    rows = ("D1,L1,,2024-01-01,Web,,,Open,,,,,", "D1,L1,,2024-01-01,Web,,,Lost,rejected,spam,,,")
    assert counts(deals(*rows)) == (1, 0, 1, 0)
    assert counts(deals(*rows)) == (0, 0, 2, 0)
    assert Handoff.objects.get().source_stage == "Lost"


def test_an_unknown_reason_is_said_with_those_there_are():
    run = deals("D1,L1,,2024-01-01,Web,,,Lost,rejected,no_such_reason,,,")
    (sentence,) = run.rejected_rows.get().reasons
    assert 'There is no reason "no_such_reason"' in sentence
    assert "no_budget" in sentence


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["accepted,,2024-01-05,open,"], "sql"),
        (["accepted,,2024-01-05,,"], "sql"),
        (["accepted,,2024-01-05,lost,"], "recycled"),
        (["rejected,spam,2024-01-05,,"], "disqualified"),
        (["rejected,bad_contact_data,2024-01-05,,"], "recycled"),
        (["rejected,duplicate,2024-01-05,,"], "disqualified"),
        (["rejected,duplicate,2024-01-09,,", "accepted,,2024-01-05,open,"], "sql"),
        (["rejected,spam,2024-01-05,,", "accepted,,2024-01-07,open,"], "sql"),
        (["accepted,,2024-01-07,open,", "rejected,spam,2024-01-05,,"], "sql"),
        (["rejected,spam,,won,", "rejected,spam,2024-01-05,,"], "customer"),
        ([",,,open,"], "known"),
    ],
)
def test_the_latest_decision_puts_the_lead_in_its_stage(rows, expected):
    deals(*(f"D{n},L1,,2024-01-0{n + 1},Web,,,Any,{row}" for n, row in enumerate(rows)))
    assert stage("L1") == expected
    lead = Lead.objects.select_related("standing").get()
    assert lead.standing.stage == expected
    assert StageChange.objects.get(lead=lead, left_at=None).stage == expected


def test_a_lead_that_sales_works_on_stays_where_it_is():
    lead = make_lead(email="busy@acme.test")
    make_handoff(lead)
    deals("D1,,busy@acme.test,2024-01-01,Web,,,Lost,rejected,spam,2024-01-02,,")
    lead.refresh_from_db()
    assert lead.stage == "with_sales"


@pytest.mark.parametrize("calls_first", [True, False])
def test_the_first_touch_is_the_first_outbound_call_at_or_after_it_was_made(calls_first):
    bring("Id\nL1\n", mapping("leads", {"external_id": "Id"}))

    def calls():
        rows = (
            "1,L1,call_outbound,2024-01-01 08:59",
            "2,L1,call_inbound,2024-01-01 09:01",
            "3,L1,call_outbound,2024-01-01 11:00",
            "4,L1,call_outbound,2024-01-01 10:00",
        )
        bring(lines("Id,Lead,Kind,At", *rows), ACTIVITIES)

    if calls_first:
        calls()
    deals(
        "D1,L1,,2024-01-01 09:00,Web,,,Open,,,,,",
        "D2,L1,,2024-01-01 10:30,Web,,,Open,,,,,",
        "D3,L1,,,Web,,,Open,,,,,",
    )
    if not calls_first:
        calls()
    stamps = dict(Handoff.objects.values_list("external_id", "first_touch_at"))
    assert stamps == {
        "D1": instant("2024-01-01T10:00"),
        "D2": instant("2024-01-01T11:00"),
        "D3": None,
    }
