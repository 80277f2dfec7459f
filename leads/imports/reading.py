"""Read a CSV file of any size in bounded memory, and lose no row of it.

A file that cannot be read as a whole raises UnreadableFile; a row that cannot be read is a Row
with a problem.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from leads.imports.encoding import UnreadableFile, detect_encoding
from leads.imports.records import MAX_ROW, Lines, Malformed, quoted_row, records

__all__ = ["Row", "Table", "UnreadableFile", "open_table"]

DELIMITERS = (",", ";", "\t")
MAX_COLUMNS = 1_000
SAMPLE_ROWS = 50

_SEPARATOR_LINE = re.compile(r"sep=([,;\t])[\r\n]*")  # Excel's own first line


class Row(NamedTuple):
    """One data row: either ``cells``, as many as the header has, or a ``problem``, a sentence."""

    number: int  # counted from 1, the header and empty lines left out
    line: int  # where it starts in the file, counted from 1
    cells: list[str] | None
    problem: str | None
    raw: str  # the text as it stands in the file, fit to be stored


@dataclass(frozen=True)
class Table:
    """A CSV file whose header could be read. ``rows`` reads the file anew each time."""

    path: Path
    encoding: str
    delimiter: str
    header: list[str]
    _first_data_line: int = field(repr=False)

    def rows(self, after: int = 0) -> Generator[Row, None, None]:
        """Yield every data row whose number is greater than ``after``, in order.

        The file is open until the last row was read or the generator is closed.
        """
        with Lines(self.path, self.encoding) as lines:
            while lines.next_number < self._first_data_line:
                lines.take()
            found = records(lines, self.delimiter, len(self.header))
            for number, (line, cells, problem, raw) in enumerate(found, start=1):
                if number > after:
                    yield Row(number, line, cells, problem, raw)


def open_table(path: Path | str) -> Table:
    """Recognise encoding, delimiter and header of the file at ``path``.

    Raises UnreadableFile, with a sentence for the person who sent it, for a file that is empty, is
    not text, has no rows, or whose header has empty, repeated or too many names.
    """
    path = Path(path)
    encoding = detect_encoding(path)
    declared = _declared_delimiter(path, encoding)
    delimiter = declared or _guess_delimiter(path, encoding)
    with Lines(path, encoding) as lines:
        if declared:
            lines.take()
        header = _header(lines, delimiter)
        first_data_line = lines.next_number
        if next(records(lines, delimiter, len(header)), None) is None:
            raise UnreadableFile(_("The file has a header and no rows under it. Add rows first."))
    return Table(path, encoding, delimiter, header, first_data_line)


def _declared_delimiter(path: Path, encoding: str) -> str | None:
    with Lines(path, encoding) as lines:
        declared = _SEPARATOR_LINE.fullmatch(lines.take())
    return declared[1] if declared else None


def _guess_delimiter(path: Path, encoding: str) -> str:
    """Choose the delimiter that gives several columns and the most rows as wide as the header."""
    return max(DELIMITERS, key=lambda delimiter: _fit(path, encoding, delimiter))


def _fit(path: Path, encoding: str, delimiter: str) -> tuple[bool, int, int]:
    with Lines(path, encoding) as lines:
        try:
            width = len(_header_cells(lines, delimiter))
        except UnreadableFile:
            return False, -1, 0
        except Malformed:
            return True, 0, 0  # its quotes only make sense, or break, with this delimiter
        sample = islice(records(lines, delimiter, width), SAMPLE_ROWS)
        return width > 1, sum(problem is None for _line, _cells, problem, _raw in sample), width


def _header(lines: "Lines", delimiter: str) -> list[str]:
    try:
        names = [name.strip() for name in _header_cells(lines, delimiter)]
    except Malformed as broken:
        raise UnreadableFile(_("The header cannot be read: %(why)s") % {"why": broken}) from broken
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(
            _("The file has %(found)d columns, at most %(most)d are read. Delete some.")
            % {"found": len(names), "most": MAX_COLUMNS}
        )
    if "" in names:
        raise UnreadableFile(
            _("Column %(number)d of the header has no name. Name it, or delete the column.")
            % {"number": names.index("") + 1}
        )
    for at, name in enumerate(names):
        if name in names[:at]:
            raise UnreadableFile(
                _('Columns %(first)d and %(second)d are both called "%(name)s". Rename one.')
                % {"first": names.index(name) + 1, "second": at + 1, "name": name[:60]}
            )
    return names


def _header_cells(lines: "Lines", delimiter: str) -> list[str]:
    text = lines.take()
    while text and not text.strip("\r\n"):
        text = lines.take()
    if not text.strip():
        raise UnreadableFile(
            _("The file has no header. Send a CSV file whose first row names the columns.")
        )
    if len(text) > MAX_ROW:
        raise UnreadableFile(
            _("The header is too long. Is this a table with one row on each line?")
        )
    if "\0" in text or lines.damage.search(text):
        raise UnreadableFile(
            _("The header has bytes that are no letters. Save the file as CSV (UTF-8).")
        )
    return quoted_row(lines, text, delimiter, width=0)[0]
