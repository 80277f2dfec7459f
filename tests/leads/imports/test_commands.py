"""``manage.py import_data`` and ``manage.py report``."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from leads.database.models import Lead
from leads.imports.models import Import
from tests.factories import make_handoff, make_lead, make_user
from tests.leads.imports.support import (
    HANDOFFS,
    HANDOFFS_HEADER,
    LEADS,
    LEADS_HEADER,
    SPEND,
    bring,
    lead_rows,
    lines,
    mapping,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path):
    def import_data(text, document, *options, kind=None):
        (tmp_path / "rows.csv").write_text(text)
        (tmp_path / "mapping.json").write_text(
            document if isinstance(document, str) else json.dumps(document)
        )
        out, code = io.StringIO(), 0
        try:
            call_command(
                "import_data",
                kind or "leads",
                str(tmp_path / "rows.csv"),
                "--mapping",
                str(tmp_path / "mapping.json"),
                *options,
                stdout=out,
                stderr=io.StringIO(),
            )
        except SystemExit as exit_:
            code = exit_.code
        return code, out.getvalue()

    return import_data


def test_every_row_in_is_zero_and_some_rejected_is_one(run, tmp_path):
    user = make_user(role="marketing", email="anna@example.test")
    code, out = run(lines(LEADS_HEADER, *lead_rows(3)), LEADS, "--json", "--by", user.email)
    assert code == 0
    result = json.loads(out)
    assert (result["state"], result["created"], result["rejected"]) == ("done", 3, 0)
    assert Import.objects.get().started_by == user
    mend = tmp_path / "mend.csv"
    code, out = run(lines(LEADS_HEADER, *lead_rows(3), "L9,x,,,,,"), LEADS, "--rejected", str(mend))
    assert code == 1
    assert "row 4:" in out
    assert "L9,x" in mend.read_text()


def test_a_dry_run_stores_nothing_and_leaves_no_upload(run):
    code, out = run(lines(LEADS_HEADER, *lead_rows(2), "L9,x,,,,,"), LEADS, "--dry-run", "--json")
    assert code == 1
    result = json.loads(out)
    assert (result["good"], result["rejected"], result["problems"][0]["row"]) == (2, 1, 3)
    assert not Lead.objects.exists()
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("text", "document", "options", "sentence"),
    [
        ("Id\n1\n", "{", [], "is not JSON"),
        ("Id\n1\n", mapping("leads", {"name": "Id"}), [], "Map a column to one of"),
        ("Id\n1\n", SPEND, [], "for spend"),
        ("Id\n1\n", mapping("leads", {"external_id": "No"}), [], 'column "No"'),
        ("", mapping("leads", {"external_id": "Id"}), [], "file is empty"),
        ("Id\n1\n", LEADS, ["--by", "nobody@x.test"], "Nobody here has"),
    ],
)
def test_an_unusable_file_or_mapping_is_two_and_a_sentence(run, text, document, options, sentence):
    with pytest.raises(CommandError, match=sentence) as refusal:
        run(text, document, *options)
    assert refusal.value.returncode == 2
    assert not Import.objects.exists()


def report(*arguments):
    out = io.StringIO()
    call_command("report", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


DEALS = (
    "D1,L1,,2024-01-31 22:59,Web,,Ana,Lost,rejected,no_budget,2024-02-01,lost,",
    "D2,L2,,2024-01-31 23:01,Web,,Ana,Lost,rejected,no_budget,2024-02-01,lost,",
    "D3,L3,,2024-02-10 12:00,Fair,,Bo,Won,accepted,,2024-02-11,won,10",
    "D4,L4,,,Fair,,Bo,New,,,,,",
)


def rows(found):
    return {tuple(row[name] for name in found["by"]): row["count"] for row in found["rows"]}


def test_handoffs_are_counted_by_what_sales_said_and_the_undated_are_said():
    bring(lines(HANDOFFS_HEADER, *DEALS), HANDOFFS)
    found = report("handoffs", "--by", "disposition", "reason")
    assert rows(found) == {("rejected", "no_budget"): 2, ("accepted", None): 1, (None, None): 1}
    assert (found["total"], found["date_unknown"]) == (4, 1)
    by_month = report("handoffs", "--by", "month", "--zone", "Europe/Berlin")
    assert rows(by_month) == {("2024-01",): 1, ("2024-02",): 2}
    assert (by_month["total"], by_month["date_unknown"]) == (4, 1)
    assert rows(report("handoffs", "--by", "month", "--zone", "UTC")) == {
        ("2024-01",): 2,
        ("2024-02",): 1,
    }
    one_day = report("handoffs", "--from", "2024-02-01", "--to", "2024-02-01", "--by", "source")
    assert rows(one_day) == {("Web",): 1}


def test_a_withdrawn_disposition_counts_nowhere():
    user = make_user()
    handoff = make_handoff(make_lead(), outcome="", is_decided=False)
    for withdrawn_at in (handoff.made_at, None):
        handoff.dispositions.create(
            origin="live",
            outcome="rejected",
            reason_id="spam" if withdrawn_at else "no_need",
            decided_by=user,
            decided_at=handoff.made_at,
            withdrawn_at=withdrawn_at,
        )
    assert rows(report("handoffs", "--by", "reason")) == {("no_need",): 1}


def test_spend_is_added_up_for_each_currency():
    bring(
        lines("Day,Source,Campaign,Amount", "2024-01-01,Web,a,0.10", "2024-01-02,Web,a,0.20"), SPEND
    )
    found = report("spend", "--by", "month", "source")
    assert found["rows"] == [
        {
            "month": "2024-01",
            "source": "Web",
            "currency": "EUR",
            "count": 2,
            "amount": "0.30",
            "impressions": None,
            "clicks": None,
        }
    ]


def test_leads_are_counted_and_what_cannot_be_asked_is_said():
    make_lead(stage="known", source="Web")
    assert rows(report("leads", "--by", "stage", "source")) == {("known", "Web"): 1}
    with pytest.raises(CommandError, match="cannot be counted by “colour”"):
        report("leads", "--by", "colour")


def test_speed_is_about_handoffs_that_were_called():
    bring(lines(HANDOFFS_HEADER, *DEALS), HANDOFFS)
    bring(
        lines("Id,Lead,Kind,At", "1,L3,call_outbound,2024-02-10 12:04"),
        mapping(
            "activities",
            {"external_id": "Id", "lead_external_id": "Lead", "kind": "Kind", "occurred_at": "At"},
        ),
    )
    found = report("speed_to_lead", "--by", "source")
    assert [
        (
            row["source"],
            row["handoffs"],
            row["touched"],
            row["median_minutes"],
            row["within_5_minutes"],
        )
        for row in found["rows"]
    ] == [("Fair", 1, 1, 4.0, 1), ("Web", 2, 0, None, 0)]
    assert found["date_unknown"] == 1
