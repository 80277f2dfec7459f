"""Activities as rules see them, and which of them one rule counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from scoring.rules.definition import Behaviour
from scoring.rules.instants import DAY, seconds


@dataclass(frozen=True, slots=True)
class Activity:
    """One dated thing; ``object_id`` is what it was about, with its text and its tags of today."""

    id: int
    kind: str
    occurred_at: datetime
    received_at: datetime
    object_id: int | str | None = None
    object_text: str | None = None
    tags: frozenset[str] = frozenset()
    properties: Mapping[str, object] = field(default_factory=dict)
    is_bot: bool = False

    def value(self, name: str) -> object:
        """Return what a condition may ask: a property, the object's text, or its tags."""
        if name == "object":
            return self.object_text
        if name == "object_tags":
            return self.tags
        return self.properties.get(name)


class Seen(NamedTuple):
    """An activity known at the instant asked about. ``at``: when it occurred, in seconds."""

    at: int
    id: int
    activity: Activity


ByKind = Mapping[str, Sequence[Seen]]


def known(activities: Iterable[Activity], at: int, kinds: frozenset[str]) -> ByKind:
    """Return what was known at ``at`` seconds, without bots, by kind, newest first."""
    by_kind: dict[str, list[Seen]] = {}
    for one in activities:
        if one.is_bot or one.kind not in kinds:
            continue
        occurred = seconds(one.occurred_at)
        if occurred <= at and seconds(one.received_at) <= at:
            by_kind.setdefault(one.kind, []).append(Seen(occurred, one.id, one))
    for seen in by_kind.values():
        seen.sort(reverse=True, key=_when)
    return by_kind


def _when(seen: Seen) -> tuple[int, int]:
    return seen.at, seen.id


def of_kinds(kinds: tuple[str, ...], by_kind: ByKind) -> Sequence[Seen]:
    """Return the known activities of ``kinds``, newest first."""
    found = [by_kind[kind] for kind in kinds if kind in by_kind]
    if len(found) < 2:
        return found[0] if found else ()
    return sorted((seen for some in found for seen in some), reverse=True, key=_when)


def counted(test: Behaviour, by_kind: ByKind, at: int) -> list[Seen]:
    """Return the activities a rule counts at ``at``: kinds, window, condition; newest first.

    ``counts``, ``min_count`` and ``max_times`` come after this.
    """
    seen = of_kinds(test.kinds, by_kind)
    if test.within_days is not None:
        since = at - test.within_days * DAY
        seen = [one for one in seen if one.at > since]
    if test.where is None:
        return list(seen)
    return [one for one in seen if test.where.holds(one.activity.value)]


def newest_of_each_object(seen: Iterable[Seen]) -> list[Seen]:
    """Return the newest activity about each object; one about nothing is left out."""
    newest: dict[int | str, Seen] = {}
    for one in seen:
        if one.activity.object_id is not None:
            newest.setdefault(one.activity.object_id, one)
    return list(newest.values())
