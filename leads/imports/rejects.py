"""The file of rejected rows: opened in a spreadsheet, mended, and uploaded again.

Spreadsheets run a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return as
a formula, so such cells get an apostrophe in front; so do cells in which apostrophes precede one
of these, and reading takes exactly one away. Only a file with our two columns is read so.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Protocol

REASON = "Why this row was not imported"
RAW = "The row as it stood"
NTH = "Which row of its key"  # spend only
OURS = (REASON, RAW, NTH)

_RISKY = re.compile(r"'*[=+\-@\t\r]")


class Rejected(Protocol):
    """A rejected row: ``cells`` is a list of texts, or the raw line when it could not be cut."""

    cells: list[str] | str
    reasons: list[str]
    nth: str


def is_ours(header: Sequence[str]) -> bool:
    """Tell whether a file with this header is one of rejected rows."""
    return REASON in header and RAW in header


def guard(cell: str) -> str:
    """Return the cell as a spreadsheet may open it."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unguard(cell: str) -> str:
    """Return the cell as it was before ``guard``."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell


def rejects_csv(header: Sequence[str], rows: Iterable[Rejected], *, has_nth: bool) -> Iterator[str]:
    """Yield the file piece by piece: UTF-8 with a mark, so that spreadsheets show every letter."""
    own = [(place, name) for place, name in enumerate(header) if name not in OURS]
    names = [name for _, name in own] + [REASON, RAW, *([NTH] if has_nth else [])]
    yield "\ufeff" + _line([guard(name) for name in names])
    for row in rows:
        if isinstance(row.cells, list):
            cells, raw = [row.cells[place] for place, _ in own], ""
        else:
            cells, raw = [""] * len(own), row.cells.rstrip("\r\n")
        tail = [" ".join(row.reasons), raw, *([row.nth] if has_nth else [])]
        yield _line([guard(cell) for cell in (*cells, *tail)])


def _line(cells: Sequence[str]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
