"""The rows of one upload, in order, from any row on."""

from collections import Counter
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Self

from leads.imports.batch import ImportRow
from leads.imports.mapping import Mapping
from leads.imports.reading import Row, open_table
from leads.imports.rejects import NTH, is_ours
from leads.imports.spend_rows import key_of
from portal.core.sheets import unguard


class RowReader:
    """Reads an upload through its mapping; ``next_row`` is the number of the row it is at.

    Of spend it counts how often each key came (about 100 bytes for each key): the nth row of a
    key is another row than the first, in every upload. Starting further down counts from the top.
    Leaving its ``with`` closes the file.

    Raises UnreadableFile and BadMapping.
    """

    def __init__(self, path: Path, mapping: Mapping, *, name: str, next_row: int = 1) -> None:
        self.table = open_table(path)
        self.next_row = next_row
        self._name = name  # tells the rows of this file from those of any other
        self._is_spend = mapping.kind == "spend"
        self._binding = mapping.bind(self.table.header)
        self._is_ours = is_ours(self.table.header)
        self._nth_at = self.table.header.index(NTH) if NTH in self.table.header else -1
        self._seen: Counter[bytes] = Counter()
        self._rows = self.table.rows(after=0 if self._is_spend else next_row - 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._rows.close()

    def take(self, count: int) -> list[ImportRow]:
        """Return the next rows, at most ``count``; none at the end."""
        at = self.next_row
        wanted = (row for row in map(self._read, self._rows) if row.number >= at)
        rows = list(islice(wanted, count))
        if rows:
            self.next_row = rows[-1].number + 1
        return rows

    def _read(self, row: Row) -> ImportRow:
        if row.cells is None:
            nth = f"{self._name}:{row.number}" if self._is_spend else ""
            return ImportRow(row.number, None, row.raw, {}, [row.problem or ""], nth)
        cells = [unguard(cell) for cell in row.cells] if self._is_ours else row.cells
        record = self._binding.apply(cells)
        nth = self._nth(row.number, cells, key_of(record.values)) if self._is_spend else ""
        return ImportRow(row.number, cells, row.raw, record.values, record.problems, nth)

    def _nth(self, number: int, cells: list[str], key: str | None) -> str:
        """Return what tells this row from others of its key: a mended row keeps its own."""
        if self._nth_at >= 0 and cells[self._nth_at]:
            return cells[self._nth_at]
        if key is None:
            return f"{self._name}:{number}"
        digest = blake2b(key.encode(), digest_size=8).digest()
        self._seen[digest] += 1
        return str(self._seen[digest])
