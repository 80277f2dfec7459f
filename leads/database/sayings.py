"""What somebody says of a lead, put on its timeline: by authority, with what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from leads.database.derive import SOURCES
from leads.database.fact_rows import Value, code_of
from leads.database.registry import SetBy
from leads.database.timeline import FactRow, FactWrite, Written, write_fact


@dataclass(frozen=True)
class Said:
    """One change, ready to be written to one lead, with who says each part of it."""

    lead_id: int
    since: int
    values: Mapping[str, Value]
    derived: Mapping[str, Value]
    set_by: SetBy


class Note:
    """What an event has to say of one lead."""

    def __init__(self) -> None:
        self.set: list[str] = []
        self.lost: list[dict[str, str | int | None]] = []


def apply(
    rows: list[FactRow],
    said: Said,
    codes: Mapping[str, int],
    actor_id: int | None,
    note: Note,
) -> None:
    """Put what was said on the lead's rows, in place, with what follows from what won.

    ``codes`` holds the dictionary ids of the texts; what won and what lost stands in ``note``.
    """
    won = set()
    for name, value in said.values.items():
        code = code_of(value, codes)
        outcome = write_fact(rows, FactWrite(said.since, name, code, said.set_by, actor_id))
        if outcome == Written.SET:
            won.add(name)
            note.set.append(name)
        elif outcome == Written.LOST:
            note.lost.append(
                {"fact": name, "value": code, "set_by": int(said.set_by), "since": said.since}
            )
    for name in (name for fact in won for name in SOURCES.get(fact, ())):
        if name in said.derived:
            code = code_of(said.derived[name], codes)
            write_fact(rows, FactWrite(said.since, name, code, SetBy.DERIVED, anew=True))
