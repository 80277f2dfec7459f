"""Three real systems' exports brought in by the command, against counts made from the files alone.

The straight counts use the csv module and nothing of the importer (real.py).
"""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from leads.activities.models import Activity
from leads.database.models import Lead, Opportunity, Spend
from leads.handoffs.models import Handoff, Release
from tests.journeys.real import (
    BERLIN,
    CRM_REASONS,
    DATA,
    FILES,
    ONE_IN,
    ROOT,
    blank,
    bring,
    by_system,
    counted,
    created,
    duration,
    said,
    straight,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data"),
]


@pytest.fixture(scope="module")
def everything(django_db_setup, django_db_blocker):
    """All files, brought in once for this module and rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        brought = {name: bring(name) for name in FILES}
        # PostgreSQL keeps its checks of foreign keys for the end: else each test pays for all.
        connection.check_constraints()
        yield brought
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_in_and_none_is_rejected(everything, name):
    result = everything[name]
    assert (result["state"], result["rejected"], result["rows"]) == ("done", 0, len(straight(name)))
    assert result["created"] + result["updated"] + result["unchanged"] == result["rows"]


def test_people_calls_and_spend_are_all_there(everything):
    deals = straight("itcareerhub_handoffs")
    contacts = {row["Id"] for row in straight("itcareerhub_leads")}
    people = contacts | {deal["Contact Name"] or deal["Id"] for deal in deals}
    leads = Lead.objects.filter(external_source="itcareerhub")
    assert set(leads.values_list("external_id", flat=True)) == people
    kinds = {"Outbound": "called", "Inbound": "called us", "Missed": "missed"}
    assert Activity.objects.count() == len(straight("itcareerhub_activities"))
    calls = Counter(kinds[row["Call Type"]] for row in straight("itcareerhub_activities"))
    codes = {21: "called", 20: "called us", 22: "missed"}
    assert Counter(codes[kind] for kind in Activity.objects.values_list("kind", flat=True)) == calls
    rows = straight("itcareerhub_spend")
    cents = sum(round(float(row["Spend"] or 0) * 100) for row in rows)
    assert Spend.objects.count() == len(rows)
    assert (
        sum(round(amount * 100) for amount in Spend.objects.values_list("amount", flat=True))
        == cents
    )


def test_deals_agree_by_stage_source_disposition_and_reason(everything):
    deals = straight("itcareerhub_handoffs")
    assert by_system("itcareerhub", "source_stage") == Counter((deal["Stage"],) for deal in deals)
    assert by_system("itcareerhub", "source") == Counter((blank(d["Source"]),) for d in deals)
    assert by_system("itcareerhub", "disposition") == Counter((said(deal),) for deal in deals)
    reasons = Counter(
        (CRM_REASONS[deal["Lost Reason"]] if said(deal) == "rejected" else None,) for deal in deals
    )
    assert by_system("itcareerhub", "reason") == reasons
    assert reasons["not_stated",] > 0, "a rejection without a word is not stated"
    words = Counter((blank(d["Lost Reason"]) if said(d) == "rejected" else None,) for d in deals)
    assert by_system("itcareerhub", "reason_text") == words
    owners = Counter((blank(deal["Deal Owner Name"]),) for deal in deals)
    assert by_system("itcareerhub", "source_owner") == owners


def test_deals_agree_by_month_and_by_reason_and_month(everything):
    deals = straight("itcareerhub_handoffs")
    months = Counter((f"{created(deal):%Y-%m}",) for deal in deals)
    assert by_system("itcareerhub", "month", zone="Europe/Berlin") == months
    both = Counter((blank(deal["Source"]), said(deal), f"{created(deal):%Y-%m}") for deal in deals)
    found = by_system("itcareerhub", "source", "disposition", "month", zone="Europe/Berlin")
    assert found == both


def test_what_has_no_date_counts_in_totals_and_in_no_month(everything):
    _counts, found = counted("handoffs", "month")
    dated, all_rows = (
        len(straight("itcareerhub_handoffs")),
        sum(len(straight(name)) for name in FILES if name.endswith("handoffs")),
    )
    assert (found["total"], found["date_unknown"]) == (all_rows, all_rows - dated)
    assert sum(row["count"] for row in found["rows"]) == dated


def test_outcomes_agree(everything):
    deals = straight("itcareerhub_handoffs")
    won = sum(deal["Stage"] == "Payment Done" for deal in deals)
    lost = sum(deal["Stage"] == "Lost" and said(deal) == "accepted" for deal in deals)
    assert by_system("itcareerhub", "outcome")["won",] == won
    assert by_system("itcareerhub", "outcome")["lost",] == lost
    undated = sum(bool(said(deal)) and not deal["Closing Date"] for deal in deals)
    mine = Handoff.objects.filter(external_source="itcareerhub")
    assert mine.filter(is_decided=True, decided_at=None).count() == undated


def test_x_education_keeps_scores_out_and_totals_in(everything):
    rows = straight("x_education_handoffs")
    sources = Counter(
        ("Google" if row["Lead Source"].casefold() == "google" else blank(row["Lead Source"]),)
        for row in rows
    )
    assert by_system("x_education", "source") == sources
    assert by_system("x_education", "source", subject="leads") == sources
    tags = Counter((None if row["Tags"] in ("", "Select") else row["Tags"],) for row in rows)
    assert by_system("x_education", "source_stage") == tags
    mapping = json.loads((ROOT / "tests/data/mappings/x_education_handoffs.json").read_text())
    reason_of = mapping["fields"]["reason"]["values"]
    reasons = Counter((reason_of.get(row["Tags"]),) for row in rows)
    assert by_system("x_education", "reason") == reasons
    assert by_system("x_education", "outcome")["won",] == sum(r["Converted"] == "1" for r in rows)
    leads = Lead.objects.filter(external_source="x_education")
    assert not leads.filter(created_at__isnull=False).exists()
    assert leads.filter(do_not_email=True).count() == sum(r["Do Not Email"] == "Yes" for r in rows)
    first = rows[0]
    lead = leads.get(external_id=first["Prospect ID"])
    assert lead.extra["visits"] == int(first["TotalVisits"])
    assert lead.extra["order"] == int(first["Lead Number"])


def test_olist_has_unknown_outcomes_and_no_rejections(everything):
    leads, deals = straight("olist_leads"), straight("olist_handoffs")
    sources = Counter((blank(row["origin"]),) for row in leads)
    assert by_system("olist", "source", subject="leads") == sources
    months = Counter((row["first_contact_date"][:7],) for row in leads)
    assert by_system("olist", "month", subject="leads", zone="America/Sao_Paulo") == months
    origin = {row["mql_id"]: blank(row["origin"]) for row in leads}
    assert by_system("olist", "source") == Counter((origin[deal["mql_id"]],) for deal in deals)
    assert by_system("olist", "disposition", "outcome") == {("accepted", "won"): len(deals)}
    closed = Opportunity.objects.filter(handoff__external_source="olist")
    zone = ZoneInfo("America/Sao_Paulo")
    wins = {
        closed_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        for closed_at in closed.values_list("closed_at", flat=True)
    }
    assert wins == {deal["won_date"] for deal in deals}
    assert Lead.objects.filter(external_source="olist", stage="customer").count() == len(deals)


def test_first_touch_agrees_with_the_crm_s_own_figure(everything):
    """The SLA column: wall clock from the deal's creation to the first call."""
    touched = dict(
        Handoff.objects.filter(
            external_source="itcareerhub", first_touch_at__isnull=False
        ).values_list("external_id", "first_touch_at")
    )
    deals = [d for d in straight("itcareerhub_handoffs") if d["SLA"] and d["Id"] in touched]
    near = sum(
        abs(touched[deal["Id"]] - created(deal).astimezone(UTC) - duration(deal["SLA"]))
        <= timedelta(minutes=5)
        for deal in deals
    )
    assert len(deals) > 7_000 / ONE_IN
    assert near / len(deals) >= 0.97


def test_history_made_no_work_for_anybody(everything):
    assert not Handoff.objects.open().exists()
    assert not Handoff.objects.exclude(origin="imported").exists()
    assert not Handoff.objects.filter(routed_at__isnull=False).exists()
    assert not Release.objects.exists()


@pytest.mark.parametrize("name", ["itcareerhub_handoffs", "itcareerhub_spend", "olist_leads"])
def test_a_second_upload_changes_nothing(everything, name):
    again = bring(name)
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)


def test_rejections_agree_by_reason_source_and_month_at_once(everything):
    deals = [deal for deal in straight("itcareerhub_handoffs") if said(deal) == "rejected"]
    asked = ("disposition", "reason", "source", "month")
    found = by_system("itcareerhub", *asked, zone="Europe/Berlin")
    rejected = {key[1:]: n for key, n in found.items() if key[0] == "rejected"}
    assert rejected == Counter(
        (CRM_REASONS[deal["Lost Reason"]], blank(deal["Source"]), f"{created(deal):%Y-%m}")
        for deal in deals
    )


def test_speed_to_lead_agrees_by_source(everything):
    """First outbound call of the contact at or after the deal, in minutes; the median by source."""
    calls = defaultdict(list)
    for call in straight("itcareerhub_activities"):
        if call["Call Type"] == "Outbound":
            calls[call["CONTACT ID"]].append(started(call))
    waits, made = defaultdict(list), Counter()
    for deal in straight("itcareerhub_handoffs"):
        at, source = created(deal).astimezone(UTC), blank(deal["Source"])
        made[source] += 1
        later = [one for one in calls.get(deal["Contact Name"], ()) if one >= at]
        if later:
            waits[source].append((min(later) - at).total_seconds() / 60)
    _counts, report = counted("speed_to_lead", "system", "source", measure="handoffs")
    mine = [row for row in report["rows"] if row["system"] == "itcareerhub"]
    assert {row["source"]: row["handoffs"] for row in mine} == made
    for row in mine:
        found = waits[row["source"]]
        assert row["touched"] == len(found), row
        assert row["median_minutes"] == (round(median(found), 1) if found else None), row
        assert row["within_5_minutes"] == sum(one <= 5 for one in found), row
    assert sum(map(len, waits.values())) > 7_000 / ONE_IN


def started(call):
    """Return when a call of the file began, as the mapping reads it."""
    wall = datetime.fromisoformat(call["Call Start Time"])
    return wall.replace(tzinfo=BERLIN).astimezone(UTC)


def test_the_cost_of_an_accepted_lead_agrees_by_source(everything):
    spent, accepted = defaultdict(int), Counter()
    for row in straight("itcareerhub_spend"):
        spent[blank(row["Source"])] += round(float(row["Spend"] or 0) * 100)
    for name in FILES:
        if name == "itcareerhub_handoffs":
            accepted.update(blank(d["Source"]) for d in straight(name) if said(d) == "accepted")
    _counts, report = counted("cost", "system", "source", measure="accepted")
    mine = [row for row in report["rows"] if row["system"] == "itcareerhub" and row["accepted"]]
    assert {row["source"]: row["accepted"] for row in mine} == accepted
    for row in mine:
        cents = spent.get(row["source"])
        if cents is None:
            assert row["cost"] is None, "missing spend is incomplete, never 0"
        else:
            each = cents / 100 / accepted[row["source"]]
            assert float(row["cost_per_accepted"]) == pytest.approx(each, abs=0.01)
    assert sum(row["cost"] is not None for row in mine) >= 5
