"""Tables to take along: the one writer of CSV and XLSX files, and what makes a cell safe to open.

Spreadsheets run a cell that begins with ``=``, ``+``, ``-``, ``@`` or their full-width forms as a
formula, so such cells get an apostrophe in front (OWASP, "CSV injection"); so do cells in which
apostrophes precede one of these, and reading takes exactly one away. Numbers, dates and instants
stay what they are; instants are written in the zone that was active when the file was asked for.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise

RISKY = re.compile("'*(?:[\t\r\n]|\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20])")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("csv", "xlsx")
MOST_ROWS = 1_048_575  # of a worksheet, below its head
DAY, INSTANT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"


@dataclass(frozen=True)
class Sheet:
    """One table: its title, the heads of its columns and its rows, which may be a stream."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def guard(cell: str) -> str:
    """Return the cell as a spreadsheet may open it."""
    return f"'{cell}" if RISKY.match(cell) else cell


def unguard(cell: str) -> str:
    """Return the cell as it was before ``guard``."""
    return cell[1:] if cell.startswith("'") and RISKY.match(cell) else cell


def file_response(sheets: Sequence[Sheet], *, name: str, form: str) -> HttpResponseBase:
    """Return the tables as a download: one workbook, or one CSV with its tables one below another.

    ``form`` is one of FORMATS. CSV streams; a workbook is built with bounded memory first.
    """
    if form == "xlsx":
        return FileResponse(
            workbook(sheets), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX
        )
    # Lines are written when the request is over and its reader's zone is no longer the active one.
    lines = csv_lines(sheets, zone=timezone.get_current_timezone())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def csv_lines(sheets: Sequence[Sheet], *, zone: tzinfo | None = None) -> Iterator[str]:
    """Yield the file piece by piece: UTF-8 with a mark, so that spreadsheets show every letter.

    Instants are written in ``zone``, by default the one that is active as each line is taken.
    """
    yield "\ufeff"
    for place, sheet in enumerate(sheets):
        if len(sheets) > 1:
            yield ("\r\n" if place else "") + csv_line([guard(str(sheet.title))])
        yield csv_line([guard(str(column)) for column in sheet.columns])
        for row in sheet.rows:
            yield csv_line([_text(cell, zone) for cell in row])


def workbook(sheets: Sequence[Sheet]) -> BytesIO:
    """Return an XLSX file with a worksheet for each table; what no worksheet holds is left out."""
    file = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        day, instant = (book.add_format({"num_format": form}) for form in (DAY, INSTANT))
        for title, sheet in zip(_titles(sheets), sheets, strict=True):
            page = book.add_worksheet(title)
            page.freeze_panes(1, 0)
            for column, head in enumerate(sheet.columns):
                page.write_string(0, column, guard(str(head)), bold)
            for number, row in enumerate(sheet.rows, start=1):
                if number > MOST_ROWS:
                    break
                for column, cell in enumerate(row):
                    _write(page, number, column, cell, day, instant)
    file.seek(0)
    return file


def _write(page: Any, row: int, column: int, cell: Any, day: Any, instant: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal | date):
        page.write_string(row, column, _text(cell, None))
    elif isinstance(cell, datetime):
        page.write_datetime(row, column, _local(cell, None), instant)
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, day)
    else:
        page.write_number(row, column, cell)


def _text(cell: Any, zone: tzinfo | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return _local(cell, zone).isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, int | float | Decimal | date) and not isinstance(cell, bool):
        return str(cell)
    return guard(str(cell)) if isinstance(cell, str | Promise) else str(cell)


def _local(instant: datetime, zone: tzinfo | None) -> datetime:
    return timezone.localtime(instant, zone).replace(tzinfo=None) if instant.tzinfo else instant


def _titles(sheets: Sequence[Sheet]) -> list[str]:
    """Return titles that a worksheet may have: short, without signs that it refuses, apart."""
    titles: list[str] = []
    for sheet in sheets:
        plain = re.sub(r"[\[\]:*?/\\']", " ", str(sheet.title)).strip()[:28] or "Sheet"
        same = sum(one.casefold().startswith(plain.casefold()) for one in titles)
        titles.append(f"{plain} {same + 1}" if same else plain)
    return titles


def csv_line(cells: Sequence[str]) -> str:
    """Return one line of a CSV file with its end."""
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
