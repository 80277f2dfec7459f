"""Files to take along say what the page says, and run nothing when they are opened."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import openpyxl
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.core.sheets import Sheet, csv_lines, file_response, guard, unguard, workbook

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ROWS = [
    ["=HYPERLINK(1)", 12, Decimal("3.5"), date(2026, 3, 2), AT, None],
    ["Lindqvist, Marta", -4, 0.25, None, None, True],
]
HEADS = ["Lead", "Points", "Share", "Day", "When", "Kept"]


def test_a_csv_reads_back_as_it_was_with_guarded_formulas() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        text = "".join(csv_lines([Sheet("Leads", HEADS, ROWS)]))
    assert text[0] == "\ufeff"
    heads, first, second = csv.reader(StringIO(text[1:]))
    assert heads == HEADS
    assert first == ["'=HYPERLINK(1)", "12", "3.5", "2026-03-02", "2026-03-02 10:30:00", ""]
    assert second == ["Lindqvist, Marta", "-4", "0.25", "", "", "True"]


def test_a_workbook_has_a_worksheet_for_each_table_with_numbers_as_numbers() -> None:
    sheets = [Sheet("By: source/[x]", HEADS, ROWS), Sheet("By  source x ", HEADS, iter(ROWS))]
    with timezone.override(ZoneInfo("Europe/Berlin")):
        book = openpyxl.load_workbook(workbook(sheets))
    assert len({title.casefold() for title in book.sheetnames}) == 2
    page = book.worksheets[1]
    assert [cell.value for cell in page[1]] == HEADS
    local = [datetime(2026, 3, 2), datetime(2026, 3, 2, 10, 30)]  # noqa: DTZ001 - as in the file
    assert [cell.value for cell in page[2]] == [
        "'=HYPERLINK(1)", 12, 3.5, *local, None
    ]  # fmt: skip
    assert page["A2"].data_type == "s"


def test_both_files_of_a_list_tell_the_time_of_who_asked_also_once_the_request_is_over() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    files = {}
    with timezone.override(ZoneInfo("Europe/Berlin")):
        for form in ("csv", "xlsx"):
            sheet = Sheet("Clocks", ["Due"], iter([[noon]]))
            files[form] = file_response([sheet], name="clocks", form=form)
    told = {form: b"".join(file.streaming_content) for form, file in files.items()}
    assert "2026-11-23 13:00:00" in told["csv"].decode()
    book = openpyxl.load_workbook(BytesIO(told["xlsx"]))
    assert book.active["A2"].value == datetime(2026, 11, 23, 13)  # noqa: DTZ001


def test_several_tables_stand_one_below_another_in_a_csv() -> None:
    answer = file_response([Sheet("One", ["a"], [[1]]), Sheet("Two", ["b"], [[2]])],
                           name="board", form="csv")  # fmt: skip
    text = b"".join(answer.streaming_content).decode()
    assert text.splitlines() == ["\ufeffOne", "a", "1", "", "Two", "b", "2"]
    assert answer["Content-Disposition"] == 'attachment; filename="board.csv"'


@given(st.text(max_size=12), st.sampled_from(["", "=", "+", "-", "@", "\t", " =", "\uff1d", "'="]))
def test_no_cell_is_a_formula_and_reading_gives_it_back(text: str, begin: str) -> None:
    cell = begin + text
    assert unguard(guard(cell)) == cell
    assert (
        not guard(cell)
        .lstrip(" ")
        .startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    )


def test_a_workbook_of_risky_cells_holds_no_formula() -> None:
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1", "http://x.example", "{=1}"]
    file = workbook([Sheet("Risky", ["cell"], [[cell] for cell in cells])])
    page = openpyxl.load_workbook(BytesIO(file.getvalue())).active
    assert [row[0].data_type for row in page.iter_rows(min_row=2)] == ["s"] * len(cells)
    assert page["A8"].hyperlink is None
