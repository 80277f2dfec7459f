"""The editor of one condition: lines joined by all or any, or a deeper tree as JSON text.

It works without JavaScript: every line is a set of plain fields, empty ones are left out, and
"another line" asks for the form again with what was typed.
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.agreements.forms import json_value
from scoring.workshop.leaves import OPS, Choices, Comparisons, Line

SPARE = 1  # empty lines at the end of a form
MOST_LINES = 60
NUMBER = re.compile(r"\.(\d+)(?:\.|$)")


@dataclasses.dataclass
class Row:
    """One line of the form."""

    name: str  # prefix of its fields
    field: str = ""
    op: str = "in"
    value: str = ""
    negated: bool = False
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def line(self) -> Line:
        return Line(self.field, self.op, self.value)


class ConditionEditor:
    """Reads a tree into lines, or posted lines into a tree; keeps what was typed either way."""

    def __init__(
        self,
        name: str,
        title: str,
        lines: Comparisons,
        *,
        tree: Any = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.lines = lines
        self.errors: list[str] = []
        self.join = "all"
        self.rows: list[Row] = []
        self.text = ""
        self.shape = "rows"
        if data is not None and f"{name}-shape" in data:
            self._read_data(data)
        else:
            self._read_tree(tree)
        if data is not None and data.get("more") == f"{name}:tree":
            self._turn_to_text()
        wanted = 2 if data is not None and data.get("more") == name else SPARE
        self.rows += [
            Row(self._row_name(len(self.rows) + extra), op=lines.first_op)
            for extra in range(wanted)
        ]

    @property
    def joins(self) -> list[tuple[str, str]]:
        return [("all", _("all of these hold")), ("any", _("any of these holds"))]

    @property
    def fields(self) -> Choices:
        return self.lines.choices()

    @property
    def ops(self) -> Sequence[tuple[str, Any]]:
        return OPS

    @property
    def hint(self) -> str:
        return str(self.lines.hint)

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() if self.shape == "tree" else not self._filled()

    def tree(self) -> Any:
        """Return the condition as JSON; raises ValidationError for text that is none."""
        if self.shape == "tree":
            return json_value(self.text)
        for row in self._filled():
            if sentence := self.lines.problem(row.line):
                row.errors.append(sentence)
        if any(row.errors for row in self.rows):
            raise ValidationError([])
        leaves = [self._tree_of(row) for row in self._filled()]
        if len(leaves) == 1:
            return leaves[0]
        return {self.join: leaves}

    def add_problem(self, path: str, sentence: str) -> None:
        """Show a problem at its line, or below the whole."""
        found = NUMBER.search(path)
        rows = self._filled()
        place = int(found[1]) if found else 0
        if self.shape == "rows" and place < len(rows):
            rows[place].errors.append(sentence)
        else:
            where = f"{path}: " if self.shape == "tree" else ""
            self.errors.append(f"{where}{sentence}")

    @property
    def height(self) -> int:
        """How many lines of text are shown."""
        return min(max(self.text.count("\n") + 2, 6), 28)

    def _turn_to_text(self) -> None:
        """Show the lines as JSON, for a condition with branches inside branches."""
        leaves = [self._tree_of(row) for row in self._filled()]
        self.shape = "tree"
        self.text = _pretty({self.join: leaves}) if leaves else ""

    def _row_name(self, place: int) -> str:
        return f"{self.name}-{place}"

    def _filled(self) -> list[Row]:
        return [row for row in self.rows if row.field]

    def _tree_of(self, row: Row) -> Any:
        leaf = self.lines.leaf(row.line)
        return {"not": leaf} if row.negated else leaf

    def _read_data(self, data: Mapping[str, Any]) -> None:
        self.shape = "tree" if data.get(f"{self.name}-shape") == "tree" else "rows"
        self.text = str(data.get(f"{self.name}-tree", ""))
        self.join = "any" if data.get(f"{self.name}-join") == "any" else "all"
        for place in range(MOST_LINES):
            name = self._row_name(place)
            if f"{name}-field" not in data:
                break
            row = Row(
                name,
                field=str(data.get(f"{name}-field", "")).replace("\x00", ""),
                op=str(data.get(f"{name}-op", "")).replace("\x00", ""),
                value=str(data.get(f"{name}-value", "")).replace("\x00", ""),
                negated=data.get(f"{name}-not") == "on",
            )
            if row.field:
                row.name = self._row_name(len(self.rows))
                self.rows.append(row)

    def _read_tree(self, tree: Any) -> None:
        if tree is None:
            return
        rows = self._rows_of(tree)
        if rows is None:
            self.shape = "tree"
            self.text = _pretty(tree)
        else:
            self.rows = rows

    def _rows_of(self, tree: Any) -> list[Row] | None:
        """Return the lines of a tree of one level; None for a deeper one."""
        join = next((name for name in ("all", "any") if _is_branch(tree, name)), None)
        parts = tree[join] if join else [tree]
        if join:
            self.join = join
        rows = [self._row_of(place, part) for place, part in enumerate(parts)]
        if any(row is None for row in rows) or not 0 < len(rows) <= MOST_LINES:
            return None
        return [row for row in rows if row is not None]

    def _row_of(self, place: int, part: Any) -> Row | None:
        negated = _is_branch(part, "not")
        line = self.lines.line(part["not"] if negated else part)
        return line and Row(self._row_name(place), line.field, line.op, line.value, negated)


def _is_branch(tree: Any, name: str) -> bool:
    return isinstance(tree, Mapping) and set(tree) == {name}


def _pretty(tree: Any) -> str:

    return json.dumps(tree, indent=2, ensure_ascii=False)


def read_tree(editor: ConditionEditor, required: str = "") -> Any:
    """Return the editor's tree, None when it is empty; notes what is wrong and raises then.

    ``required`` is the sentence for an empty one that must not be.
    """
    if editor.is_empty:
        if required:
            editor.errors.append(required)
            raise ValidationError("")
        return None
    try:
        return editor.tree()
    except ValidationError as wrong:
        editor.errors += wrong.messages
        raise
