"""The file of rejected rows: opened in a spreadsheet, mended, and uploaded again.

Cells that a spreadsheet would run are guarded, and reading takes the guard away again. Only a file
with our two columns is read so.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from portal.core.sheets import csv_line, guard

REASON = "Why this row was not imported"
RAW = "The row as it stood"
NTH = "Which row of its key"  # spend only
OURS = (REASON, RAW, NTH)


class Rejected(Protocol):
    """A rejected row: ``cells`` is a list of texts, or the raw line when it could not be cut."""

    cells: list[str] | str
    reasons: list[str]
    nth: str


def is_ours(header: Sequence[str]) -> bool:
    """Tell whether a file with this header is one of rejected rows."""
    return REASON in header and RAW in header


def rejects_csv(header: Sequence[str], rows: Iterable[Rejected], *, has_nth: bool) -> Iterator[str]:
    """Yield the file piece by piece: UTF-8 with a mark, so that spreadsheets show every letter."""
    own = [(place, name) for place, name in enumerate(header) if name not in OURS]
    names = [name for _, name in own] + [REASON, RAW, *([NTH] if has_nth else [])]
    yield "\ufeff" + csv_line([guard(name) for name in names])
    for row in rows:
        if isinstance(row.cells, list):
            cells, raw = [row.cells[place] for place, _ in own], ""
        else:
            cells, raw = [""] * len(own), row.cells.rstrip("\r\n")
        tail = [" ".join(row.reasons), raw, *([row.nth] if has_nth else [])]
        yield csv_line([guard(cell) for cell in (*cells, *tail)])
