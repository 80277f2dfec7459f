"""Rejected rows: kept with their reasons, downloaded, mended, uploaded again."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.database.models import Lead, Spend
from leads.imports.rejects import NTH, RAW, REASON
from portal.core.sheets import guard, unguard
from tests.leads.imports.support import (
    LEADS,
    LEADS_HEADER,
    SPEND,
    bring,
    counts,
    lead_rows,
    lines,
    mapping,
    rejected_text,
)

TRICKY = ["=1+1", "+49 30", "-5", "@me", "\tx", "\rx", "'=x", "''@x", "'plain", "", "a=b", "'"]


@pytest.mark.parametrize("cell", TRICKY)
def test_a_guarded_cell_is_no_formula_and_comes_back_as_it_was(cell):
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(guard(cell)) == cell


@given(st.text(alphabet="'=+-@\t\rab", max_size=6))
def test_every_text_comes_back_as_it_was(cell):
    assert unguard(guard(cell)) == cell


@pytest.mark.django_db
def test_rejected_rows_are_mended_and_uploaded_again():
    good = lead_rows(2)
    bad = [
        "L7,not an address,=HYPERLINK(1),Web,2024-01-01 10:00,CEO,1",
        "L8,a8@b.test,Eight,Web,no date,CEO,1",
        "L9,a9@b.test,Nine,Web,2024-01-01",
        '"',
    ]
    run = bring(lines(LEADS_HEADER, *good, *bad), LEADS)
    assert counts(run) == (2, 0, 0, 4)
    text = rejected_text(run)
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == [*LEADS_HEADER.split(","), REASON, RAW]
    assert rows[1][2] == "'=HYPERLINK(1)"
    assert rows[3][-1] == "L9,a9@b.test,Nine,Web,2024-01-01"
    assert all(row[-2] for row in rows[1:])
    untouched = bring(text, LEADS)
    assert counts(untouched) == (0, 0, 0, 4), "nothing slips in because it was put in a file"
    assert rejected_text(untouched).splitlines()[0] == text.splitlines()[0]
    mended = text.replace("not an address", "l7@b.test").replace("no date", "2024-01-02")
    assert counts(bring(mended, LEADS)) == (2, 0, 0, 2)
    assert Lead.objects.get(external_id="L7").name == "=HYPERLINK(1)"


@pytest.mark.django_db
def test_a_mended_row_of_spend_keeps_its_place_among_the_rows_of_its_key():
    rows = ["2024-01-01,Web,a,1", "2024-01-01,Web,a,x", "2024-01-01,Web,a,3", "no day,Web,a,4"]
    run = bring(lines("Day,Source,Campaign,Amount", *rows), SPEND)
    assert counts(run) == (2, 0, 0, 2)
    text = rejected_text(run)
    assert text.splitlines()[0].endswith(NTH)
    mended = text.replace(",x,", ",2,").replace("no day", "2024-01-01")
    for expected in ((2, 0, 0, 0), (0, 0, 2, 0)):
        assert counts(bring(mended, SPEND)) == expected
    assert sorted(map(int, Spend.objects.values_list("amount", flat=True))) == [1, 2, 3, 4]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("A,1", "This row has 2 cells, the header has 3."),
        ("A,1,2,3", "This row has 4 cells, the header has 3."),
        ('A,"1,2', "A quote opens in this row and is never closed."),
        ("A,\x00,x", "NUL characters"),
        (",,", "Every cell of this row is empty."),
        (",1,x", "Fill in one of"),
        ("5.8E+18,1,x", "a spreadsheet has rounded it"),
        (f"{'x' * 65},1,x", "at most 64 characters"),
        ("A,one,x", "is not a whole number"),
        (f"A,1,{'x' * 201}", "at most 200 characters"),
    ],
)
def test_every_bad_row_is_kept_with_a_sentence(row, sentence):
    document = mapping(
        "leads",
        {"external_id": "Id", "fact.company_size": "Size", "name": "Name"},
    )
    run = bring(lines("Id,Size,Name", "good,1,x", row), document)
    assert counts(run) == (1, 0, 0, 1)
    (reason,) = run.rejected_rows.get().reasons
    assert sentence in reason
