"""Whole real files through their mappings, against counts made without the importer."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from leads.imports.mapping import read_mapping
from leads.imports.reading import open_table

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared/data"
CRM = DATA / "itcareerhub_crm"
FILES = {
    "itcareerhub_leads": CRM / "contacts.csv",
    "itcareerhub_activities": CRM / "calls.csv",
    "itcareerhub_spend": CRM / "spend.csv",
    "itcareerhub_handoffs": CRM / "deals.csv",
    "x_education_leads": DATA / "x_education/leads_older60.csv",
    "x_education_handoffs": DATA / "x_education/leads_older60.csv",
    "olist_leads": DATA / "olist/olist_marketing_qualified_leads_dataset.csv",
    "olist_handoffs": DATA / "olist/olist_closed_deals_dataset.csv",
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


def straight(name):
    """Read the file as plain rows of text, without any of our code."""
    with FILES[name].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def mapping(name):
    return read_mapping(json.loads((ROOT / f"tests/data/mappings/{name}.json").read_text()))


def imported(name):
    """Return the values of every row; a row with a problem fails the test."""
    table = open_table(FILES[name])
    binding = mapping(name).bind(table.header)
    found = []
    for row in table.rows():
        assert row.problem is None
        record = binding.apply(row.cells)
        assert record.problems == []
        found.append(record.values)
    return found


def count(rows, field):
    return Counter(row[field] for row in rows)


@pytest.mark.parametrize("name", FILES)
def test_every_row_of_the_file_becomes_a_record_under_its_own_id(name):
    rows = straight(name)
    records = imported(name)
    assert len(records) == len(rows)
    if not name.endswith("spend"):
        first_column = next(iter(rows[0]))
        assert [record["external_id"] for record in records] == [row[first_column] for row in rows]


@pytest.mark.parametrize("name", [name for name in FILES if name != "x_education_handoffs"])
def test_no_column_is_forgotten(name):
    assert mapping(name).unread(open_table(FILES[name]).header) == []


def test_deals_keep_stage_source_disposition_and_outcome():
    rows, records = straight("itcareerhub_handoffs"), imported("itcareerhub_handoffs")
    quality = count(rows, "Quality")
    assert count(records, "source_stage") == count(rows, "Stage")
    assert count(records, "source") == count(rows, "Source")
    assert count(records, "disposition") == {
        "accepted": quality["A - High"] + quality["B - Medium"] + quality["C - Low"],
        "rejected": quality["D - Non Target"] + quality["E - Non Qualified"],
        None: quality["F"] + quality[""],
    }
    stage = count(rows, "Stage")
    won, lost = stage["Payment Done"], stage["Lost"]
    assert count(records, "outcome") == {"won": won, "lost": lost, "open": len(rows) - won - lost}


# Written down anew here, so that a slip in the mapping cannot hide.
LOST_REASONS = {
    "no_answer": {"Doesn't Answer", "Stopped Answering"},
    "bad_contact_data": {"Invalid number"},
    "duplicate": {"Duplicate"},
    "not_a_fit": {
        "Non target",
        "Does not speak English",
        "Does not know how to use a computer",
        "Inadequate",
        "Refugee",
        "Gutstein refusal",
    },
    "wrong_product": {
        "Considering a different direction in IT",
        "Conditions are not suitable",
        "The contract did not fit",
    },
    "not_interested": {
        "Changed Decision",
        "Not for myself",
        "Didn't leave an application",
        "Thought for free",
    },
    "bad_timing": {"needs time to think", "Next stream"},
    "no_budget": {"Expensive"},
    "competitor": {"Went to Rivals"},
    "not_stated": {""},
}


def test_deals_count_reasons_of_rejections_only():
    rejected = [row for row in straight("itcareerhub_handoffs") if row["Quality"][:1] in {"D", "E"}]
    words = count(rejected, "Lost Reason")
    expected = {code: sum(words[word] for word in wanted) for code, wanted in LOST_REASONS.items()}
    records = imported("itcareerhub_handoffs")
    reasons = count(records, "reason")
    assert reasons.pop(None) == len(records) - len(rejected)
    assert reasons == {code: number for code, number in expected.items() if number}
    assert reasons["not_stated"] == 609


def test_deals_are_dated_in_their_zone_and_an_unknown_date_stays_unknown():
    rows, records = straight("itcareerhub_handoffs"), imported("itcareerhub_handoffs")
    berlin = ZoneInfo("Europe/Berlin")
    months = Counter(record["made_at"].astimezone(berlin).strftime("%m.%Y") for record in records)
    assert months == Counter(row["Created Time"][3:10] for row in rows)
    decided = [row for row in rows if row["Quality"][:1] in set("ABCDE")]
    undated = sum(not row["Closing Date"] for row in decided)
    assert undated == 2277
    assert sum(r["disposition"] is not None and r["decided_at"] is None for r in records) == undated
    assert sum(r["disposition"] is None and r["decided_at"] is not None for r in records) == 0


def test_a_deal_without_a_contact_is_a_lead_of_its_own():
    pairs = zip(straight("itcareerhub_handoffs"), imported("itcareerhub_handoffs"), strict=True)
    alone = 0
    for row, record in pairs:
        assert record["lead_external_id"] == (row["Contact Name"] or row["Id"])
        alone += not row["Contact Name"]
    assert alone == 61


def test_deals_have_nothing_scorable_that_was_known_later():
    record = imported("itcareerhub_handoffs")[0]
    assert not any(name.startswith("fact.") for name in record)
    assert {"extra.city", "extra.german_level", "extra.product", "extra.sla"} <= set(record)


def test_amounts_are_read_as_they_are_written():
    value = {r["external_id"]: r["value"] for r in imported("itcareerhub_handoffs")}
    for row in straight("itcareerhub_handoffs"):
        text = row["Offer Total Amount"].removeprefix("€ ").replace(".", "").replace(",", ".")
        assert value[row["Id"]] == (Decimal(text) if text else None)


def test_first_touch_agrees_with_the_source_s_own_figure():
    calls: dict[str, list[datetime]] = {}
    for call in imported("itcareerhub_activities"):
        if call["kind"] == "call_outbound":
            calls.setdefault(call["lead_external_id"], []).append(call["occurred_at"])
    compared = agreed = 0
    for deal in imported("itcareerhub_handoffs"):
        later = [at for at in calls.get(deal["lead_external_id"], ()) if at >= deal["made_at"]]
        if later and deal["extra.sla"] is not None:
            compared += 1
            wall_clock = timedelta(seconds=deal["extra.sla"])
            agreed += abs(min(later) - deal["made_at"] - wall_clock) <= timedelta(minutes=5)
    assert compared > 6_000
    assert agreed / compared >= 0.97


def test_calls_keep_kind_and_status():
    rows, records = straight("itcareerhub_activities"), imported("itcareerhub_activities")
    types = count(rows, "Call Type")
    assert count(records, "kind") == {
        "call_outbound": types["Outbound"],
        "call_inbound": types["Inbound"],
        "call_missed": types["Missed"],
    }
    assert count(records, "outcome") == count(rows, "Call Status")
    talked = sum(int(row["Call Duration (in seconds)"]) for row in rows)
    assert sum(record["duration_s"] for record in records) == talked


def test_spend_adds_up_by_source():
    rows, records = straight("itcareerhub_spend"), imported("itcareerhub_spend")
    for column, field in (
        ("Spend", "amount"),
        ("Clicks", "clicks"),
        ("Impressions", "impressions"),
    ):
        expected: Counter[str] = Counter()
        found: Counter[str] = Counter()
        for row, record in zip(rows, records, strict=True):
            expected[row["Source"]] += Decimal(row[column])
            found[record["source"]] += record[field]
        assert found == expected


NO_REJECTION = {
    "",
    "Will revert after reading the email",
    "Closed by Horizzon",
    "Lost to EINS",
    "Lateral student",
}
TAGS = {
    "no_answer": {"Ringing", "switched off", "Busy", "opp hangup"},
    "bad_contact_data": {"invalid number", "wrong number given", "number not provided"},
    "duplicate": {"Already a student"},
    "not_a_fit": {
        "Diploma holder (Not Eligible)",
        "University not recognized",
        "Recognition issue (DEC approval)",
    },
    "wrong_product": {"Interested in other courses", "Interested  in full time MBA"},
    "not_interested": {"Not doing further education"},
    "bad_timing": {
        "Graduation in progress",
        "Interested in Next batch",
        "Shall take in the next coming month",
        "Still Thinking",
        "In confusion whether part time or DLP",
    },
    "no_budget": {"Want to take admission but has financial problems"},
    "competitor": {"Lost to Others", "in touch with EINS"},
}


def test_tags_become_rejections_and_nothing_else():
    rows, records = straight("x_education_handoffs"), imported("x_education_handoffs")
    tags = count(rows, "Tags")
    assert set(tags) <= NO_REJECTION.union(*TAGS.values())
    expected = {code: sum(tags[tag] for tag in wanted) for code, wanted in TAGS.items()}
    undecided = sum(tags[tag] for tag in NO_REJECTION)
    assert count(records, "reason") == {**expected, None: undecided}
    rejected = sum(expected.values())
    assert count(records, "disposition") == {"rejected": rejected, None: undecided}
    assert count(records, "outcome") == {
        "won": count(rows, "Converted")["1"],
        "open": count(rows, "Converted")["0"],
    }
    assert not any(name.endswith("_at") for name in records[0])


def test_course_leads_fold_sources_and_drop_what_was_never_chosen():
    rows, records = straight("x_education_leads"), imported("x_education_leads")
    sources = Counter(row["Lead Source"] for row in rows)
    sources["Google"] += sources.pop("google", 0)
    sources[None] = sources.pop("")
    assert count(records, "source") == sources
    cities = count(rows, "City")
    assert count(records, "fact.city")[None] == cities["Select"] + cities[""]
    assert count(records, "do_not_email")[True] == count(rows, "Do Not Email")["Yes"]
    assert [record["order"] for record in records] == [int(row["Lead Number"]) for row in rows]
    assert "created_at" not in records[0]


def test_funnel_leads_start_at_midnight_in_their_zone():
    rows, records = straight("olist_leads"), imported("olist_leads")
    origins = count(rows, "origin")
    origins[None] = origins.pop("")
    assert count(records, "source") == origins
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    for row, record in zip(rows, records, strict=True):
        local = datetime.fromisoformat(row["first_contact_date"]).replace(tzinfo=sao_paulo)
        assert record["created_at"] == local.astimezone(UTC)


def test_closed_deals_are_accepted_and_won_and_the_others_unknown():
    rows, records = straight("olist_handoffs"), imported("olist_handoffs")
    assert count(records, "disposition") == {"accepted": 842}
    assert count(records, "outcome") == {"won": 842}
    assert count(records, "owner") == count(rows, "sdr_id")
    assert count(records, "account_executive") == count(rows, "sr_id")
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    for row, record in zip(rows, records, strict=True):
        won = datetime.fromisoformat(row["won_date"]).replace(tzinfo=sao_paulo)
        assert record["decided_at"] == record["outcome_at"] == won.astimezone(UTC)
    assert not any(name.startswith("fact.") for name in records[0])
