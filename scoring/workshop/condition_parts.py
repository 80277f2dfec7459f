"""The lines and groups of which the editor of a condition is made."""

import dataclasses
from collections.abc import Iterator

from scoring.workshop.leaves import Line


@dataclasses.dataclass
class Row:
    """One line of the form."""

    name: str  # prefix of its fields
    field: str = ""
    op: str = "in"
    value: str = ""
    negated: bool = False
    errors: list[str] = dataclasses.field(default_factory=list)
    is_group = False

    @property
    def line(self) -> Line:
        return Line(self.field, self.op, self.value)


@dataclasses.dataclass
class Group:
    """Lines and groups that all hold, or of which any holds; or not, where it is negated."""

    name: str
    join: str = "all"
    negated: bool = False
    parts: list["Row | Group"] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)
    is_group = True

    def filled(self) -> list["Row | Group"]:
        """Return the parts that say something."""
        return [
            part
            for part in self.parts
            if (part.filled() if isinstance(part, Group) else part.field)
        ]

    def rename(self, name: str) -> None:
        """Name everything inside by its place."""
        self.name = name
        for place, part in enumerate(self.parts):
            if isinstance(part, Group):
                part.rename(f"{name}-{place}")
            else:
                part.name = f"{name}-{place}"

    def inside(self) -> Iterator["Row | Group"]:
        """Yield everything inside, in order, each group before its parts."""
        for part in self.parts:
            yield part
            if isinstance(part, Group):
                yield from part.inside()
