"""Three real systems' exports, read without the importer: what their counts are made from.

Every fourth person is taken with all that is theirs, another fourth on each database; everybody at
full size.
"""

import csv
import io
import json
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.conftest import FULL

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
ONE_IN = 1 if FULL else 4
SHARE = 0 if FULL or connection.vendor == "postgresql" else 1
WHOSE = {  # the columns that say whose a row is; the first that is filled counts
    "itcareerhub_leads": ["Id"],
    "itcareerhub_activities": ["CONTACT ID"],
    "itcareerhub_spend": ["Date"],
    "itcareerhub_handoffs": ["Contact Name", "Id"],
    "x_education_leads": ["Prospect ID"],
    "x_education_handoffs": ["Prospect ID"],
    "olist_leads": ["mql_id"],
    "olist_handoffs": ["mql_id"],
}
ACCEPTED = {"A - High", "B - Medium", "C - Low"}
REJECTED = {"D - Non Target", "E - Non Qualified"}
BERLIN = ZoneInfo("Europe/Berlin")
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


def straight(name):
    with FILES[name].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if zlib.crc32(whose(name, row).encode()) % ONE_IN == SHARE]


def whose(name, row):
    return next((row[column] for column in WHOSE[name] if row[column]), "")


def file_of(name):
    """Return the file to bring in: the whole one, or a copy with fewer people."""
    if ONE_IN == 1:
        return FILES[name]
    rows, thin = straight(name), Path(settings.VAR_DIR) / f"{name}.csv"
    with thin.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return thin


def bring(name):
    """Import one file by the command; return its result."""
    out = io.StringIO()
    mapping = ROOT / f"tests/data/mappings/{name}.json"
    kind = name.rpartition("_")[2]
    call_command(
        "import_data",
        kind,
        str(file_of(name)),
        "--mapping",
        str(mapping),
        "--json",
        stdout=out,
        stderr=io.StringIO(),
    )
    return json.loads(out.getvalue())


def counted(subject, *by, measure="count", **options):
    """Return what ``manage.py report`` says, as {(values): measure}, and the whole answer."""
    out = io.StringIO()
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    call_command("report", subject, "--by", *by, *flags, "--json", stdout=out)
    found = json.loads(out.getvalue())
    return {tuple(row[name] for name in by): row[measure] for row in found["rows"]}, found


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
    return wall.replace(tzinfo=BERLIN)


def duration(text):
    days, _comma, clock = text.rpartition(", ")
    hours, minutes, seconds = map(int, clock.split(":"))
    return timedelta(
        int(days.split()[0]) if days else 0, hours=hours, minutes=minutes, seconds=seconds
    )
