"""What a draft makes of everybody, beside the version in force: out of the columns, in one pass.

An estimate looks at some of the shards and says so; every answer names the instant it is for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from leads.database.models import Gate, Source
from scoring.engine.asking import Asked
from scoring.engine.census import fact_of, sources_of, texts_of
from scoring.engine.columns import Array
from scoring.engine.kernel import Scores, evaluate_all
from scoring.engine.population import Columns, Shard, ask_columns
from scoring.engine.sums import GRADES
from scoring.rules.amounts import WHOLE
from scoring.rules.conditions import Condition
from scoring.rules.definition import GATES, Definition
from scoring.rules.segments import Among

SOME = 16  # an estimate looks at one shard in so many
FEW_SHARDS = 8  # so many are looked at in full at once
BITS = {"mql": Gate.MQL, "sales_ready": Gate.SALES_READY, "fast_track": Gate.FAST_TRACK}
FACT_SPLITS = ("industry", "size_band", "seniority", "country")
MOST_PARTS = 30  # rows of a split; the rest is added up
MEASURES = ("total", "fit", "engagement")
ALONE = Among()


@dataclass
class Histogram:
    """How many leads have each whole number of points, from ``lowest`` on."""

    lowest: int = 0
    counts: Array = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, points: Array) -> None:
        """Count some more leads."""
        if not len(points):
            return
        low = min(int(points.min()), self.lowest) if len(self.counts) else int(points.min())
        found = np.bincount(points - low)
        before = np.append(np.zeros(self.lowest - low if len(self.counts) else 0), self.counts)
        counts = np.zeros(max(len(found), len(before)), np.int64)
        counts[: len(found)] += found
        counts[: len(before)] += before.astype(np.int64)
        self.lowest, self.counts = low, counts

    def between(self, start: int, end: int) -> int:
        """Return how many leads have from ``start`` points to under ``end``."""
        places = slice(max(start - self.lowest, 0), max(end - self.lowest, 0))
        return int(self.counts[places].sum())

    @property
    def highest(self) -> int:
        return self.lowest + max(len(self.counts) - 1, 0)


@dataclass
class Tally:
    """What one version makes of the leads that were looked at."""

    spread: dict[str, Histogram] = field(
        default_factory=lambda: {name: Histogram() for name in MEASURES}
    )
    grades: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GRADES[1:].tolist(), 0))
    gates: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GATES, 0))
    passing: int = 0  # a gate to sales is open
    disqualified: int = 0
    patterns: dict[int, int] = field(default_factory=dict)  # leads by the set of fired rules

    def add(self, scores: Scores, listed: Array, own: Array) -> None:
        """Count the leads of one shard; ``own`` says whose fired rules are this version's."""
        self.spread["total"].add(scores.total[listed])
        self.spread["fit"].add(scores.fit[listed] // WHOLE)
        self.spread["engagement"].add(scores.engagement[listed] // WHOLE)
        counts = np.bincount(scores.graded[listed], minlength=len(GRADES)).tolist()
        for name, count in list(zip(GRADES.tolist(), counts, strict=True))[1:]:
            self.grades[name] += count
        gates = scores.gates[listed]
        for name, bit in BITS.items():
            self.gates[name] += int(np.count_nonzero(gates & bit))
        self.passing += int(np.count_nonzero(gates & (Gate.SALES_READY | Gate.FAST_TRACK)))
        self.disqualified += int(np.count_nonzero(scores.disqualified[listed]))
        fired, counts = np.unique(scores.fired[own], return_counts=True)
        for pattern, count in zip(fired.tolist(), counts.tolist(), strict=True):
            self.patterns[pattern] = self.patterns.get(pattern, 0) + count

    def fired(self, place: int) -> int:
        """Return for how many leads the rule at this place has fired."""
        return sum(count for pattern, count in self.patterns.items() if pattern >> place & 1)


@dataclass
class Part:
    """Leads of one source, segment or value: how many, and how many pass each gate."""

    label: str
    leads: int = 0
    draft: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GATES, 0))
    before: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GATES, 0))


@dataclass
class Preview:
    """A draft beside the version in force, true for ``as_of``."""

    as_of: datetime
    leads: int = 0  # all of them
    looked_at: int = 0
    draft: Tally = field(default_factory=Tally)
    before: Tally | None = None
    enters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GATES, 0))
    leaves: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GATES, 0))
    parts: list[Part] = field(default_factory=list)

    @property
    def is_estimate(self) -> bool:
        return self.looked_at < self.leads

    def scaled(self, count: int) -> int:
        """Return a count for everybody, as far as those looked at tell."""
        return count if not self.looked_at else round(count * self.leads / self.looked_at)


@dataclass(frozen=True)
class Split:
    """By what leads are told apart: ``source``, ``segment`` or a fact.

    ``segments`` are the conditions in their order with their names, for the split by segment.
    """

    by: str = ""
    segments: Sequence[tuple[str, Condition | None]] = ()


def preview(
    draft: Definition,
    before: Definition | None,
    *,
    among: Among = ALONE,
    at: datetime | None = None,
    hurry: bool = False,
    split: Split = Split(),
) -> Preview:
    """Score everybody under both versions and count what comes out.

    Where there are other definitions, only those count to whom one of the two versions applies.

    In a hurry, one shard in SOME stands for all where there are many.
    """

    asked = _Both(draft, before, among)

    def ask(columns: Columns) -> Preview:
        every = SOME if hurry and len(columns.manifest.shards) > FEW_SHARDS else 1
        return _counted(columns, asked, every, split)

    return ask_columns(ask, at=at)


@dataclass(frozen=True)
class _Both:
    """A draft and the version in force, each among the other definitions."""

    draft: Definition
    before: Definition | None
    among: Among

    def scores(self, shard: Shard, instant: int) -> tuple[Scores, Scores | None]:
        """Return what each lead scores with the draft in its place, and as things are."""
        now, then = self.among.having(self.draft), self.among.having(self.before)
        assert now is not None  # noqa: S101 - the draft is one of them
        old = None if then is None else evaluate_all(then, shard.batch, instant)
        return evaluate_all(now, shard.batch, instant), old

    def own(self, scores: Scores, listed: Array) -> Array:
        """Return which of the leads listed are this definition's own."""
        return listed if scores.applied is None else listed & (scores.applied == self.among.place)

    def concerned(self, now: Scores, then: Scores | None, listed: Array) -> Array:
        """Return which of the leads listed are its own under either version."""
        if self.among.is_alone:
            return listed
        found = self.own(now, listed)
        if then is not None and self.before is not None:
            found = found | self.own(then, listed)
        return found


def _counted(columns: Columns, asked: _Both, every: int, split: Split) -> Preview:
    found, instant = Preview(columns.as_of), columns.manifest.as_of
    parts, seen = _Parts(split), 0
    found.before = None if asked.among.having(asked.before) is None else Tally()
    for shard in columns.shards(every):
        scores, old = asked.scores(shard, instant)
        listed = asked.concerned(scores, old, shard.listed)
        found.draft.add(scores, listed, asked.own(scores, listed))
        found.looked_at += int(np.count_nonzero(listed))
        seen += int(np.count_nonzero(shard.listed))
        if found.before is not None and old is not None:
            own = asked.own(old, listed) if asked.before else np.zeros_like(listed)
            found.before.add(old, listed, own)
            for name in GATES:
                now, then = getattr(scores, name), getattr(old, name)
                found.enters[name] += int(np.count_nonzero(now & ~then & listed))
                found.leaves[name] += int(np.count_nonzero(then & ~now & listed))
        if split.by:
            parts.add(columns, shard, listed, scores, old)
    found.leads = _share(found.looked_at, seen, columns.leads())
    found.parts = parts.in_order()
    return found


def _share(looked_at: int, seen: int, everybody: int) -> int:
    """Return how many leads this concerns, as far as those that were seen tell."""
    return round(looked_at * everybody / seen) if seen else everybody


class _Parts:
    """Leads of each part, counted shard by shard."""

    def __init__(self, split: Split) -> None:
        self.split = split
        self.found: dict[Any, Part] = {}

    def add(
        self, columns: Columns, shard: Shard, listed: Array, scores: Scores, old: Scores | None
    ) -> None:
        places, keys = self._places(columns, shard)
        size = len(keys)

        def counted(mask: Array) -> list[int]:
            found: list[int] = np.bincount(places[mask & listed], minlength=size).tolist()
            return found

        everybody = counted(listed)
        draft = {name: counted(getattr(scores, name)) for name in GATES}
        before = {name: counted(getattr(old, name)) for name in GATES} if old else {}
        for place, key in enumerate(keys):
            if everybody[place]:
                part = self.found.setdefault(key, Part(""))
                part.leads += everybody[place]
                for name in GATES:
                    part.draft[name] += draft[name][place]
                    part.before[name] += before[name][place] if before else 0

    def _places(self, columns: Columns, shard: Shard) -> tuple[Array, Sequence[object]]:
        by, instant = self.split.by, columns.manifest.as_of
        if by == "segment":
            return self._segments(shard, instant)
        if by == "source":
            present, places = np.unique(sources_of(columns, shard), return_inverse=True)
            return places, [pk or None for pk in present.tolist()]
        return fact_of(shard, by, instant)

    def _segments(self, shard: Shard, instant: int) -> tuple[Array, Sequence[object]]:
        """Return which definition applies to each lead: the first whose segment it is in."""
        asked, size = Asked(shard.batch, instant), shard.batch.size
        places = np.full(size, len(self.split.segments))
        for place, (_name, condition) in reversed(list(enumerate(self.split.segments))):
            inside = np.ones(size, bool) if condition is None else asked.meets(condition)
            places[inside] = place
        return places, [name for name, _condition in self.split.segments] + [None]

    def in_order(self) -> list[Part]:
        """Return the parts, the largest first; small ones of many are added up."""
        self._name()
        rows = sorted(self.found.values(), key=lambda part: (-part.leads, part.label))
        if len(rows) <= MOST_PARTS:
            return rows
        rest = Part("…")
        for part in rows[MOST_PARTS - 1 :]:
            rest.leads += part.leads
            for name in GATES:
                rest.draft[name] += part.draft[name]
                rest.before[name] += part.before[name]
        return [*rows[: MOST_PARTS - 1], rest]

    def _name(self) -> None:
        keys = [key for key in self.found if key is not None]
        names: Mapping[Any, str] = {}
        if self.split.by == "source":
            names = dict(Source.objects.filter(pk__in=keys).values_list("pk", "name"))
        elif self.split.by != "segment":
            names = texts_of(keys)
        for key, part in self.found.items():
            part.label = "" if key is None else str(names.get(key, key))
