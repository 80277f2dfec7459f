"""Everybody at once, out of the column cache: what a definition makes of all leads.

Preview, back-test and lift read here. Each answer names the instant it is true for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from leads.activities.models import TrackedObject
from portal.events.models import Event
from scoring.engine.assembly import Texts
from scoring.engine.cache import refresh
from scoring.engine.columns import Array, Batch, Objects
from scoring.engine.kernel import Scores, evaluate_all
from scoring.engine.manifest import Manifest, ShardFiles, folder
from scoring.engine.shards import ShardLost, first_of, open_batch
from scoring.engine.values import Distinct, Picked, picked
from scoring.engine.warming import warm_columns
from scoring.rules.definition import Definition

Answer = TypeVar("Answer")
TRIES = 4  # a shard may be replaced, or found damaged, while it is being read


@dataclass(frozen=True)
class Shard:
    """A range of leads: row n has the id ``first`` + n; ``listed`` says which ones count."""

    number: int
    first: int
    listed: Array
    batch: Batch


class Things:
    """Every tracked object with today's tags; each meets a comparison once."""

    def __init__(self) -> None:
        rows = TrackedObject.objects.order_by("pk").values_list("pk", "kind", "key", "tags")
        found = list(rows)
        self.ids = np.array([0, *(pk for pk, *_ in found)], np.int64)
        self.kind = picked([None, *(kind for _, kind, _, _ in found)])
        self.text = Distinct([None, *(key for _, _, key, _ in found)])
        self.tags = picked([frozenset(), *(frozenset(tags or ()) for *_, tags in found)])
        self.has_kind = np.array([False, *(bool(kind) for _, kind, _, _ in found)])

    def of(self, ids: Array) -> Objects:
        """Return these objects, in this order."""
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        places = np.where(self.ids[places] == ids, places, 0)
        text, tags, kind = (Picked(one, places) for one in (self.text, self.tags, self.kind))
        return Objects(text, tags, kind, self.has_kind[places], ids)


@dataclass
class Columns:
    """The opened cache: true for ``as_of``. Shards are opened when they are first read."""

    manifest: Manifest
    texts: Texts
    things: Things
    _opened: dict[int, Shard] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        return datetime.fromtimestamp(self.manifest.as_of, UTC)

    def shards(self, every: int = 1) -> Iterator[Shard]:
        """Yield every so many shards, beginning in their middle. Raises ShardLost."""
        numbers = sorted(self.manifest.shards)
        for number in numbers[min(every // 2, len(numbers) // 2) :: every]:
            yield self.shard(number)

    def shard(self, number: int) -> Shard:
        """Return one shard, opened when it is first asked for. Raises ShardLost."""
        if number not in self._opened:
            self._opened[number] = self._open(number)
        return self._opened[number]

    def leads(self) -> int:
        """Return how many leads count, without opening shards. Raises ShardLost."""
        return sum(int(self._listed(number).sum()) for number in self.manifest.shards)

    def _listed(self, number: int) -> Array:
        try:
            listed: Array = np.load(folder() / self.manifest.shards[number].listed)
        except (OSError, ValueError) as failure:
            raise ShardLost(str(number)) from failure
        return listed

    def _open(self, number: int) -> Shard:
        files, root = self.manifest.shards[number], folder()
        tail = root / files.tail if files.tail else None
        first = first_of(number)
        try:
            listed = self._listed(number)
            batch = open_batch(
                root / files.base, tail, first, texts=self.texts, objects_of=self.things.of
            )
        except (OSError, ValueError, ShardLost) as failure:
            raise ShardLost(str(number)) from failure
        return Shard(number, first, listed, batch)


class _Kept:
    """What this process keeps opened between two questions."""

    def __init__(self) -> None:
        self.columns: Columns | None = None
        self.tags: tuple[int | None, ...] = ()
        self.root = ""


_kept = _Kept()


def open_columns(*, at: datetime | None = None, lost: Sequence[int] = ()) -> Columns:
    """Bring the cache up to date, however long that takes, and open it: for workers."""
    return _opened(refresh(at=at, lost=lost))


def _opened(manifest: Manifest) -> Columns:
    """Open the columns; what did not change since the last time is open in this process still."""
    tagged = Event.objects.filter(kind="object.tagged").order_by("-pk").values_list("pk", flat=True)
    newest = TrackedObject.objects.order_by("-pk").values_list("pk", flat=True)
    tags, root = (tagged.first(), newest.first()), str(folder())
    before = _kept.columns
    if before is None or _kept.tags != tags or _kept.root != root:
        columns = Columns(
            manifest, before.texts if before and _kept.root == root else Texts(), Things()
        )
    else:
        columns = Columns(manifest, before.texts, before.things)
        columns._opened = {
            number: shard
            for number, shard in before._opened.items()
            if _same(manifest.shards.get(number), before.manifest.shards[number])
        }
    _kept.columns, _kept.tags, _kept.root = columns, tags, root
    return columns


def _same(now: ShardFiles | None, before: ShardFiles) -> bool:
    return now is not None and now.names == before.names


@dataclass(frozen=True)
class Survey:
    """What a definition makes of all leads at ``as_of``; an estimate looked at some shards only."""

    as_of: datetime
    leads: int
    is_estimate: bool
    mql: int
    sales_ready: int
    fast_track: int
    passing: int  # a gate to sales is open
    disqualified: int
    fired: tuple[int, ...]  # by the rule's place
    totals: Array  # how many leads have the total ``lowest`` + n
    lowest: int


def ask_columns(ask: Callable[[Columns], Answer], *, at: datetime | None = None) -> Answer:
    """Return what ``ask`` makes of the columns; asked again when a shard was lost meanwhile.

    For pages: raises ColumnsCold instead of building them (``warming``).
    """
    lost: list[int] = []
    for left in reversed(range(TRIES)):
        columns = _opened(warm_columns(at=at, lost=lost))
        try:
            return ask(columns)
        except ShardLost as failure:
            if not left:
                raise
            lost = [int(str(failure).split("/", maxsplit=1)[0].split("-", maxsplit=1)[0])]
            _kept.columns = None
    raise AssertionError  # pragma: no cover


def survey(definition: Definition, *, at: datetime | None = None, every: int = 1) -> Survey:
    """Score everybody, or one in ``every`` shards as a quick estimate, and count what comes out."""

    def ask(columns: Columns) -> Survey:
        found = [
            (shard, evaluate_all(definition, shard.batch, columns.manifest.as_of))
            for shard in columns.shards(every)
        ]
        return _counted(definition, columns, found, every)

    return ask_columns(ask, at=at)


def _counted(
    definition: Definition, columns: Columns, found: list[tuple[Shard, Scores]], every: int
) -> Survey:
    def count(name: str) -> int:
        return sum(int(np.count_nonzero(getattr(s, name) & one.listed)) for one, s in found)

    totals = np.concatenate([s.total[one.listed] for one, s in found] or [np.zeros(0, np.int64)])
    fired = np.concatenate([s.fired[one.listed] for one, s in found] or [np.zeros(0, np.int64)])
    lowest = int(totals.min(initial=0))
    return Survey(
        as_of=columns.as_of,
        leads=len(totals),
        is_estimate=every > 1 and len(columns.manifest.shards) > len(found),
        mql=count("mql"),
        sales_ready=count("sales_ready"),
        fast_track=count("fast_track"),
        passing=sum(int(np.count_nonzero((s.gates & 6 != 0) & one.listed)) for one, s in found),
        disqualified=count("disqualified"),
        fired=tuple(
            int(np.count_nonzero(fired & (1 << place))) for place in range(len(definition.rules))
        ),
        totals=np.bincount(totals - lowest),
        lowest=lowest,
    )
