"""Physical lines and CSV rows: how a row is put together, and what may be wrong with it."""

import re
from collections import deque
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from django.utils.translation import gettext as _

from leads.imports.encoding import DAMAGED

MAX_CELL = 100_000  # characters
MAX_ROW = 1_000_000  # characters; of a longer row only the beginning is kept
MAX_LINES = 1_000  # lines in one row: how far a quote that was never closed can reach
NUL_SHOWN = "\N{SYMBOL FOR NULL}"  # databases cannot keep a NUL

_SURROGATE = re.compile("[\ud800-\udfff]")


class Lines:
    """The physical lines of a file with their line ends, cut at MAX_ROW, and a way back."""

    def __init__(self, path: Path, encoding: str) -> None:
        errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
        self._file: TextIOWrapper = path.open(encoding=encoding, errors=errors, newline="")
        self._waiting: deque[str] = deque()
        self.next_number = 1
        self.damage = DAMAGED[encoding]

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def take(self) -> str:
        """Return the next line, or "" at the end of the file."""
        if self._waiting:
            self.next_number += 1
            return self._waiting.popleft()
        text = self._file.readline(MAX_ROW + 1)
        if text:
            self.next_number += 1
            if len(text) > MAX_ROW:
                self._skip_rest(text)
        return text

    def put_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.next_number -= len(lines)

    def _skip_rest(self, text: str) -> None:
        while text and not text.endswith(("\n", "\r")):
            text = self._file.readline(MAX_ROW)


class Malformed(Exception):
    """The text of a row breaks the rules of CSV; the message is a sentence."""


Raw = tuple[int, list[str] | None, str | None, str]


def records(lines: Lines, delimiter: str, width: int) -> Iterator[Raw]:
    """Yield (line, cells, problem, raw) for each row; a broken one costs no other."""
    while text := lines.take():
        bare = text.rstrip("\r\n")
        if not bare:
            continue
        line = lines.next_number - 1
        if len(text) > MAX_ROW:
            yield line, None, _row_too_long(), _storable(text)
            continue
        try:
            if '"' in text:
                cells, text = quoted_row(lines, text, delimiter, width)
            else:
                cells = bare.split(delimiter)
        except Malformed as broken:
            yield line, None, str(broken), _storable(text)
            continue
        problem = _problem(text, cells, width, lines.damage)
        if problem:
            yield line, None, problem, _storable(text)
        else:
            yield line, cells, None, text


def quoted_row(lines: Lines, first: str, delimiter: str, width: int) -> tuple[list[str], str]:
    """Read one row that has a quote in it, over as many lines as its quotes hold together.

    When the row proves broken, every line but the first is put back, so that a quote which was
    never closed costs one row and not the rest of the file. Raises Malformed.
    """
    taken: list[str] = []
    row = QuotedRow(delimiter)
    try:
        row.feed(first)
        size = len(first)
        while row.is_open:
            text = lines.take()
            taken += [text] if text else []
            size += len(text)
            if not text or len(taken) >= MAX_LINES or size > MAX_ROW:
                raise _never_closed()
            row.feed(text)
    except Malformed as broken:
        lines.put_back(taken)
        raise (_never_closed() if taken else broken) from None
    if len(row.cells) != width and _swallowed_a_row(taken[:-1], delimiter, width):
        lines.put_back(taken)
        raise _never_closed()
    return row.cells, "".join([first, *taken])


def _swallowed_a_row(taken: list[str], delimiter: str, width: int) -> bool:
    for text in taken:
        row = QuotedRow(delimiter)
        try:
            row.feed(text)
        except Malformed:
            continue
        if not row.is_open and len(row.cells) == width:
            return True
    return False


def _never_closed() -> Malformed:
    return Malformed(_("A quote opens in this row and is never closed."))


class QuotedRow:
    """Splits a row line by line: work grows with its length, however its quotes lie."""

    def __init__(self, delimiter: str) -> None:
        self.cells: list[str] = []
        self.is_open = False
        self._delimiter = delimiter
        self._parts: list[str] = []

    def feed(self, text: str) -> None:
        """Add one physical line with its line end. Raises Malformed."""
        end = len(text.rstrip("\r\n"))
        at = 0
        if not self.is_open:
            at = self._start_cell(text, 0, end)
        while at >= 0:
            at = self._quoted(text, at, end) if self.is_open else self._start_cell(text, at, end)

    def _start_cell(self, text: str, at: int, end: int) -> int:
        """Read a plain cell, or open a quoted one; return where to go on, -1 at the line's end."""
        if text.startswith('"', at):
            self.is_open = True
            self._parts = []
            return at + 1
        stop = text.find(self._delimiter, at, end)
        self.cells.append(text[at : end if stop < 0 else stop])
        return stop + len(self._delimiter) if stop >= 0 else -1

    def _quoted(self, text: str, at: int, end: int) -> int:
        """Read up to the closing quote; return where to go on, -1 at the line's end."""
        close = text.find('"', at)
        if close < 0:
            self._parts.append(text[at:])
            return -1
        self._parts.append(text[at:close])
        if text.startswith('"', close + 1):
            self._parts.append('"')
            return close + 2
        self.is_open = False
        self.cells.append("".join(self._parts))
        if close + 1 >= end:
            return -1
        if not text.startswith(self._delimiter, close + 1):
            raise Malformed(
                _("Text follows a closing quote in this row. Double a quote inside a cell.")
            )
        return close + 2


def _problem(text: str, cells: list[str], width: int, damage: re.Pattern[str]) -> str | None:
    if len(text) > MAX_CELL and (too_long := _cell_too_long(cells)):
        return too_long
    if len(cells) != width:
        return _(
            "This row has %(found)d cells, the header has %(width)d. "
            "Put quotes around a cell that holds the delimiter or a line break."
        ) % {"found": len(cells), "width": width}
    if not text.isascii() and damage.search(text):
        return _(
            "This row has bytes that are no letters in the file's encoding. Save the file as UTF-8."
        )
    if "\0" in text:
        return _("This row has NUL characters, shown as %(mark)s. Remove them.") % {
            "mark": NUL_SHOWN
        }
    if not any(cells):
        return _("Every cell of this row is empty. Delete it, or fill it in.")
    return None


def _row_too_long() -> str:
    return _("This row is longer than %(most)d characters; its beginning is kept. Shorten it.") % {
        "most": MAX_ROW
    }


def _cell_too_long(cells: list[str]) -> str | None:
    longest = max(range(len(cells)), key=lambda n: len(cells[n]))
    if len(cells[longest]) > MAX_CELL:
        return _(
            "Cell %(cell)d has %(length)d characters, at most %(most)d are read. Shorten it."
        ) % {
            "cell": longest + 1,
            "length": len(cells[longest]),
            "most": MAX_CELL,
        }
    return None


def _storable(text: str) -> str:
    """Return ``text`` as a database can keep it: NUL shown, undecodable bytes as U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\0", NUL_SHOWN))
