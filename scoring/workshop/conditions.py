"""The editor of one condition: lines and groups of lines, each joined by all or any, to any depth.

It works without JavaScript: every line is a set of plain fields named by its place, empty ones
are left out, and "another line" or "a group" asks for the form again with what was typed. The same
tree can be written as JSON text instead.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.agreements.forms import json_value
from scoring.rules.condition_forms import DEEPEST
from scoring.workshop.condition_parts import Group, Row
from scoring.workshop.leaves import OPS, Choices, Comparisons

MOST_LINES = 60  # on one level


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
        self.root = Group(name)
        self.text = ""
        self.shape = "rows"
        self._places: dict[str, Row | Group] = {}  # by the path in the tree
        if data is not None and f"{name}-shape" in data:
            self._read_data(data)
        else:
            self._read_tree(tree)
        self._follow(str(data.get("more", "")) if data is not None else "")

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
    def join(self) -> str:
        return self.root.join

    @property
    def rows(self) -> list[Row]:
        """Every line, however deep."""
        return [part for part in self.root.inside() if isinstance(part, Row)]

    @property
    def groups(self) -> list[Group]:
        """Every group inside."""
        return [part for part in self.root.inside() if isinstance(part, Group)]

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() if self.shape == "tree" else not self.root.filled()

    @property
    def height(self) -> int:
        """How many lines of text are shown."""
        return min(max(self.text.count("\n") + 2, 6), 28)

    def tree(self) -> Any:
        """Return the condition as JSON; raises ValidationError for text that is none."""
        if self.shape == "tree":
            return json_value(self.text)
        for row in self.rows:
            if row.field and (sentence := self.lines.problem(row.line)):
                row.errors.append(sentence)
        if any(row.errors for row in self.rows):
            raise ValidationError([])
        filled = self.root.filled()
        if len(filled) == 1:
            return self._tree_of(filled[0], self.name)
        return self._joined(self.root, self.name)

    def add_problem(self, path: str, sentence: str) -> None:
        """Show a problem at its line or group, or below the whole."""
        steps = path.split(".")
        for end in range(len(steps), 0, -1):
            found = self._places.get(".".join(steps[:end]))
            if self.shape == "rows" and found is not None:
                found.errors.append(sentence)
                return
        where = f"{path}: " if self.shape == "tree" else ""
        self.errors.append(f"{where}{sentence}")

    def _follow(self, more: str) -> None:
        """Do what a button asked for, then give every group an empty line at its end."""
        name, _colon, what = more.partition(":")
        asked = {part.name: part for part in (self.root, *self.groups)}
        if name == self.name and what == "tree" and self.shape == "rows":
            tree = None if self.is_empty else self._joined(self.root, self.name)
            self.shape, self.text = "tree", "" if tree is None else _pretty(tree)
        elif name == self.name and what == "rows" and self.shape == "tree":
            self._back_to_lines()
        elif name in asked:
            self._change(asked[name], what)
        for group in (self.root, *self.groups):
            group.parts.append(Row("", op=self.lines.first_op))
        if name in asked and not what:
            asked[name].parts.append(Row("", op=self.lines.first_op))
        self.root.rename(self.name)

    def _change(self, group: Group, what: str) -> None:
        if what == "group":
            group.parts.append(Group("", join="any" if group.join == "all" else "all"))
        elif what == "drop":
            for outer in (self.root, *self.groups):
                outer.parts = [part for part in outer.parts if part is not group]

    def _back_to_lines(self) -> None:
        try:
            tree = json_value(self.text)
        except ValidationError as wrong:
            self.errors += wrong.messages
            return
        self.shape = "rows"
        self._read_tree(tree)
        if self.shape == "tree":
            self.errors.append(_("Not every part of this can be shown as lines."))

    def _tree_of(self, part: Row | Group, path: str) -> Any:
        self._places[path] = part
        if part.negated:
            path = f"{path}.not"
            self._places[path] = part
        leaf = self._joined(part, path) if isinstance(part, Group) else self.lines.leaf(part.line)
        return {"not": leaf} if part.negated else leaf

    def _joined(self, group: Group, path: str) -> Any:
        inside = f"{path}.{group.join}"
        parts = enumerate(group.filled())
        return {group.join: [self._tree_of(part, f"{inside}.{place}") for place, part in parts]}

    def _read_data(self, data: Mapping[str, Any]) -> None:
        self.shape = "tree" if data.get(f"{self.name}-shape") == "tree" else "rows"
        self.text = str(data.get(f"{self.name}-tree", ""))
        self._fill(self.root, data, 1)
        self.root.rename(self.name)

    def _fill(self, group: Group, data: Mapping[str, Any], depth: int) -> None:
        """Read the parts of a group from the fields named by their places."""
        group.join = "any" if data.get(f"{group.name}-join") == "any" else "all"
        group.negated = data.get(f"{group.name}-not") == "on"
        for place in range(MOST_LINES):
            name = f"{group.name}-{place}"
            if f"{name}-join" in data and depth < DEEPEST:
                part = Group(name)
                self._fill(part, data, depth + 1)
                group.parts.append(part)
            elif f"{name}-field" in data:
                field, op, value = (
                    str(data.get(f"{name}-{one}", "")).replace("\x00", "")
                    for one in ("field", "op", "value")
                )
                if field:
                    negated = data.get(f"{name}-not") == "on"
                    group.parts.append(Row(name, field, op, value, negated))
            else:
                break

    def _read_tree(self, tree: Any) -> None:
        if tree is None:
            return
        join = next((name for name in ("all", "any") if _is_branch(tree, name)), None)
        read = self._group_of(tree, join, 1) if join else None
        if read is None and not join:
            part = self._part_of(tree, 1)
            read = None if part is None else Group(self.name, parts=[part])
        if read is None:
            self.shape, self.text = "tree", _pretty(tree)
        else:
            self.root = read
            self.root.rename(self.name)

    def _part_of(self, tree: Any, depth: int) -> Row | Group | None:
        """Return the line or group that shows a part; None when lines cannot show it."""
        negated = _is_branch(tree, "not")
        inner = tree["not"] if negated else tree
        join = next((name for name in ("all", "any") if _is_branch(inner, name)), None)
        part: Row | Group | None
        if join:
            part = self._group_of(inner, join, depth + 1)
        else:
            line = self.lines.line(inner)
            part = None if line is None else Row("", line.field, line.op, line.value)
        if part is not None:
            part.negated = negated
        return part

    def _group_of(self, tree: Any, join: str, depth: int) -> Group | None:
        parts = tree[join]
        if not isinstance(parts, list) or not 0 < len(parts) <= MOST_LINES or depth >= DEEPEST:
            return None
        read = [self._part_of(part, depth) for part in parts]
        known = [part for part in read if part is not None]
        return Group("", join=join, parts=known) if len(known) == len(read) else None


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
