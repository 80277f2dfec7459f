"""Files that are taken in or refused, the dry run, and fields that fit their columns."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from leads.activities.models import TrackedObject
from leads.database.models import Campaign as CampaignRow
from leads.database.models import Company, FactText, Lead, Source, Spend
from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from leads.imports import services
from leads.imports.mapping import BadMapping
from leads.imports.models import Import
from leads.imports.targets import FACT_LIMIT, TARGETS
from portal.core.errors import DomainError
from portal.events.models import Event
from tests.factories import AT
from tests.leads.imports.support import (
    HANDOFFS,
    HANDOFFS_HEADER,
    LEADS,
    LEADS_HEADER,
    lead_rows,
    lines,
    mapping,
    upload,
)

pytestmark = pytest.mark.django_db

HOLDS = {
    ("leads", "external_id"): (Lead, "external_id"),
    ("leads", "email"): (Lead, "email"),
    ("leads", "name"): (Lead, "name"),
    ("leads", "phone"): (Lead, "phone"),
    ("leads", "company"): (Company, "name"),
    ("leads", "company_domain"): (Company, "domain"),
    ("leads", "source"): (Source, "name"),
    ("leads", "campaign"): (CampaignRow, "name"),
    ("leads", "content"): (Lead, "content"),
    ("leads", "term"): (Lead, "term"),
    ("leads", "landing_page"): (Lead, "landing_page"),
    ("activities", "lead_external_id"): (Lead, "external_id"),
    ("activities", "object"): (TrackedObject, "key"),
    ("spend", "ad"): (Spend, "ad"),
    ("spend", "ad_group"): (Spend, "ad_group"),
    ("spend", "campaign"): (CampaignRow, "name"),
    ("spend", "currency"): (Spend, "currency"),
    ("spend", "source"): (Source, "name"),
    ("handoffs", "external_id"): (Handoff, "external_id"),
    ("handoffs", "lead_external_id"): (Lead, "external_id"),
    ("handoffs", "lead_name"): (Lead, "name"),
    ("handoffs", "lead_phone"): (Lead, "phone"),
    ("handoffs", "lead_company"): (Company, "name"),
    ("handoffs", "lead_company_domain"): (Company, "domain"),
    ("handoffs", "source"): (Source, "name"),
    ("handoffs", "campaign"): (CampaignRow, "name"),
    ("handoffs", "content"): (Handoff, "content"),
    ("handoffs", "term"): (Handoff, "term"),
    ("handoffs", "landing_page"): (Handoff, "landing_page"),
    ("handoffs", "owner"): (Handoff, "source_owner"),
    ("handoffs", "source_stage"): (Handoff, "source_stage"),
    ("handoffs", "reason_text"): (Disposition, "reason_text"),
}


@pytest.mark.parametrize(("field", "column"), HOLDS.items())
def test_a_field_takes_exactly_what_its_column_holds(field, column):
    kind, name = field
    model, attribute = column
    assert TARGETS[kind][name].limit == model._meta.get_field(attribute).max_length


def test_a_text_fact_takes_what_the_dictionary_holds():
    assert FactText._meta.get_field("text").max_length == FACT_LIMIT


def files():
    return sorted(Path(settings.MEDIA_ROOT).rglob("*.*"))


def refused(content):
    before = files()
    with pytest.raises(DomainError) as refusal:
        services.start_import(
            file=ContentFile(content, name="rows.csv"), kind="leads", by=None, at=AT
        )
    assert not Import.objects.exists()
    assert files() == before, "what is refused is not kept"
    return str(refusal.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"Id,Name\n", "a header and no rows"),
        (b"Id,,Name\n1,2,3\n", "Column 2 of the header has no name"),
        (b"Id,Id\n1,2\n", 'both called "Id"'),
        (b"PK\x03\x04\x00\x00rest", "Excel workbook"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(content, sentence):
    said = refused(content)
    assert sentence.casefold() in said.casefold()


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(settings):
    settings.IMPORT_MAX_BYTES = 1_000_000
    said = refused(b"x" * 1_000_001)
    assert said == "The file is larger than 1 MB. Split it and upload the parts."


def test_an_upload_is_kept_under_a_name_of_our_own_with_a_guess():
    run = services.start_import(
        file=ContentFile(b"Id,E-Mail,Name\n1,a@b.test,Ana\n", name="../../Anna's leads.csv"),
        kind="leads",
        by=None,
        at=AT,
    )
    assert run.file_name == "Anna's leads.csv"
    assert "Anna" not in run.file.name
    assert run.mapping["fields"]["email"] == {"column": "E-Mail"}
    assert (run.state, len(run.sha256)) == ("uploaded", 64)
    assert Event.objects.get().kind == "import.uploaded"


def test_the_dry_run_says_what_would_be_refused_and_stores_nothing():
    bad = "L1,no address,,,,,"
    run = upload(lines(LEADS_HEADER, *lead_rows(3), bad), LEADS)
    found = services.check_import(run=run, mapping=LEADS, at=AT)
    assert (found.rows, found.good, found.refused) == (4, 3, 1)
    assert found.problems[0][0] == 4
    assert "no address" in found.problems[0][1][0]
    assert (run.state, run.checked["refused"], run.rows_in_file) == ("checked", 1, 4)
    assert not Lead.objects.exists()
    assert not Source.objects.exists()
    assert not run.rejected_rows.exists()


def test_the_dry_run_lists_so_many_problems_and_counts_all():
    run = upload(lines(LEADS_HEADER, *["L1,no address,,,,,"] * 300), LEADS)
    found = services.check_import(run=run, mapping=LEADS, at=AT)
    assert (found.refused, len(found.problems), list(found.sentences.values())) == (300, 50, [300])


def test_the_dry_run_knows_what_only_the_database_knows():
    run = upload(lines(HANDOFFS_HEADER, "D1,L1,,,,,,,rejected,no_such_code,,,"), HANDOFFS)
    found = services.check_import(run=run, mapping=HANDOFFS, at=AT)
    assert "There is no reason" in found.problems[0][1][0]


def test_a_long_file_is_checked_in_part_and_says_so():
    run = upload(lines(LEADS_HEADER, *lead_rows(2_100)), LEADS)
    found = services.check_import(run=run, mapping=LEADS, at=AT, limit=1_000)
    assert (found.rows, found.is_whole, run.rows_in_file) == (1_000, False, None)


def test_a_mapping_with_gaps_is_refused_with_all_of_them():
    run = upload(lines(LEADS_HEADER, *lead_rows(1)), LEADS)
    with pytest.raises(BadMapping) as refusal:
        services.set_mapping(
            run=run, mapping=mapping("leads", {"name": "Nom"}, zone="Mars"), by=None
        )
    assert len(refusal.value.problems) == 2
    with pytest.raises(BadMapping, match="for spend"):
        services.set_mapping(
            run=run,
            by=None,
            mapping=mapping(
                "spend",
                {"date": "Id", "source": "Id", "amount": "Id", "currency": "Id"},
            ),
        )
