"""Which handoffs a promise is about. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from leads.database.registry import FACTS

SEGMENT_FACTS: Final = tuple(fact.name for fact in FACTS if fact.type == "text")
ASKED: Final = frozenset({"grades", "sources", "fast_track", "segment"})


@dataclass(frozen=True)
class Applies:
    """The handoffs a promise is about; what is empty is not asked.

    Sources are folded names. ``segment`` holds, for each fact asked about, the values of which the
    lead has one when it is handed over; compared trimmed and case-folded, false where unknown.
    """

    grades: frozenset[str] = frozenset()
    fast_track: bool | None = None
    sources: frozenset[str] = frozenset()
    segment: tuple[tuple[str, frozenset[str]], ...] = ()

    def to(
        self, *, grade: str, fast_track: bool, source: str, facts: Mapping[str, Any] | None = None
    ) -> bool:
        """Tell whether a handoff of this grade, cause, source and lead is one of them."""
        known = facts or {}
        return (
            (not self.grades or grade in self.grades)
            and self.fast_track in {None, fast_track}
            and (not self.sources or source in self.sources)
            and all(folded(known.get(fact, "")) in values for fact, values in self.segment)
        )


def folded(value: Any) -> str:
    """Return a value as segments compare it."""
    return str(value).strip().casefold()


def applies_of(body: Mapping[str, Any]) -> Applies:
    """Return the signed ``applies`` of a promise."""
    segment: Mapping[str, Any] = body.get("segment") or {}
    return Applies(
        grades=frozenset(body.get("grades", ())),
        fast_track=body.get("fast_track"),
        sources=frozenset(body.get("sources", ())),
        segment=tuple(
            (fact, frozenset(folded(value) for value in values))
            for fact, values in sorted(segment.items())
        ),
    )
