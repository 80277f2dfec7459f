"""Three real systems' exports brought in by the command, against counts made from the files alone.

The straight counts below use the csv module and nothing of the importer.
"""

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from leads.activities.models import Activity
from leads.database.models import Lead, Opportunity, Spend
from leads.handoffs.models import Handoff, Release

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data"
CRM = DATA / "itcareerhub_crm"
X = DATA / "x_education/leads_older60.csv"
FILES = {
    "itcareerhub_leads": CRM / "contacts.csv",
    "itcareerhub_activities": CRM / "calls.csv",
    "itcareerhub_spend": CRM / "spend.csv",
    "itcareerhub_handoffs": CRM / "deals.csv",
    "x_education_leads": X,
    "x_education_handoffs": X,
    "olist_leads": DATA / "olist/olist_marketing_qualified_leads_dataset.csv",
    "olist_handoffs": DATA / "olist/olist_closed_deals_dataset.csv",
}
ACCEPTED = {"A - High", "B - Medium", "C - Low"}
REJECTED = {"D - Non Target", "E - Non Qualified"}
CRM_REASONS = {
    "Doesn't Answer": "no_answer",
    "Stopped Answering": "no_answer",
    "Invalid number": "bad_contact_data",
    "Duplicate": "duplicate",
    **dict.fromkeys(
        (
            "Non target",
            "Does not speak English",
            "Does not know how to use a computer",
            "Inadequate",
            "Refugee",
            "Gutstein refusal",
        ),
        "not_a_fit",
    ),
    **dict.fromkeys(
        (
            "Considering a different direction in IT",
            "Conditions are not suitable",
            "The contract did not fit",
        ),
        "wrong_product",
    ),
    **dict.fromkeys(
        ("Changed Decision", "Not for myself", "Didn't leave an application", "Thought for free"),
        "not_interested",
    ),
    "needs time to think": "bad_timing",
    "Next stream": "bad_timing",
    "Expensive": "no_budget",
    "Went to Rivals": "competitor",
    "": "not_stated",
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data"),
]


def straight(name):
    with FILES[name].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bring(name):
    """Import one file by the command; return its result."""
    out = io.StringIO()
    mapping = ROOT / f"tests/data/mappings/{name}.json"
    kind = name.rpartition("_")[2]
    call_command(
        "import_data",
        kind,
        str(FILES[name]),
        "--mapping",
        str(mapping),
        "--json",
        stdout=out,
        stderr=io.StringIO(),
    )
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def everything(django_db_setup, django_db_blocker):
    """All files, brought in once for this module and rolled back after it."""
    from django.db import transaction  # noqa: PLC0415 - beside its only use

    with django_db_blocker.unblock(), transaction.atomic():
        yield {name: bring(name) for name in FILES}
        transaction.set_rollback(True)


def counted(subject, *by, **options):
    """Return what ``manage.py report`` says, as {(values): count}, and the whole answer."""
    out = io.StringIO()
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    call_command("report", subject, "--by", *by, *flags, "--json", stdout=out)
    found = json.loads(out.getvalue())
    return {tuple(row[name] for name in by): row["count"] for row in found["rows"]}, found


def of_system(counts, system):
    """Return the counts of one system, when ``system`` was asked for first."""
    return {key[1:]: count for key, count in counts.items() if key[0] == system}


def by_system(system, *by, subject="handoffs", **options):
    counts, _found = counted(subject, "system", *by, **options)
    return of_system(counts, system)


def blank(text):
    return text.strip() or None


def said(deal):
    quality = deal["Quality"]
    return "accepted" if quality in ACCEPTED else "rejected" if quality in REJECTED else None


def created(deal):
    wall = datetime.strptime(deal["Created Time"], "%d.%m.%Y %H:%M")  # noqa: DTZ007 - its own zone
    return wall.replace(tzinfo=ZoneInfo("Europe/Berlin"))


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
    assert len(deals) > 8_000
    assert near / len(deals) >= 0.97


def duration(text):
    days, _comma, clock = text.rpartition(", ")
    hours, minutes, seconds = map(int, clock.split(":"))
    return timedelta(
        int(days.split()[0]) if days else 0, hours=hours, minutes=minutes, seconds=seconds
    )


def test_history_made_no_work_for_anybody(everything):
    assert not Handoff.objects.open().exists()
    assert not Handoff.objects.exclude(origin="imported").exists()
    assert not Handoff.objects.filter(routed_at__isnull=False).exists()
    assert not Release.objects.exists()


@pytest.mark.parametrize("name", ["itcareerhub_handoffs", "itcareerhub_spend", "olist_leads"])
def test_a_second_upload_changes_nothing(everything, name):
    again = bring(name)
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)
