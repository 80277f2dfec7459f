"""Who is there, out of the columns: which facts, activities, pages and tags really occur.

One pass over the shards. Counts are of leads that count; people are leads, each counted once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from leads.activities.models import TrackedObject
from leads.database.models import FactText, Standing
from leads.database.registry import FACT_TYPES, FACTS
from scoring.engine.assembly import TextValues
from scoring.engine.columns import Array, Batch, Column
from scoring.engine.intake import IN_ONE_STATEMENT
from scoring.engine.manifest import folder
from scoring.engine.population import Columns, Shard, ask_columns
from scoring.engine.values import Distinct, Numbers

MOST_VALUES = 5_000  # of one fact; those of whom there are fewest are left out
KEPT_SOURCES = 4_096  # shards whose sources this process remembers


@dataclass(frozen=True)
class Occurs:
    """How often something happened, and to how many leads."""

    times: int
    people: int


@dataclass
class Census:
    """What occurs at ``as_of``: leads by fact and value, activities by kind, object and tag."""

    as_of: datetime
    leads: int = 0
    facts: dict[str, Counter[object]] = field(default_factory=dict)
    kinds: dict[str, Occurs] = field(default_factory=dict)
    tags: dict[tuple[str, str], Occurs] = field(default_factory=dict)  # by kind and tag
    objects: dict[tuple[str, str], int] = field(default_factory=dict)  # activities, by its key


def take_census(*, at: datetime | None = None, every: int = 1) -> Census:
    """Count what occurs, over everybody or one shard in ``every``."""
    return ask_columns(lambda columns: _census(columns, every), at=at)


def _census(columns: Columns, every: int) -> Census:
    census = Census(columns.as_of)
    at = columns.manifest.as_of
    found: dict[str, Counter[object]] = {fact.name: Counter() for fact in FACTS}
    kinds: dict[str, list[int]] = {}
    tags: dict[tuple[str, str], list[int]] = {}
    objects: Counter[tuple[str, int]] = Counter()
    tagged = tagged_objects()
    for shard in columns.shards(every):
        census.leads += int(np.count_nonzero(shard.listed))
        rows = shard.batch.facts.rows_at(shard.batch.size, at)[shard.listed]
        for name, counter in found.items():
            counter.update(values_of(shard.batch, name, rows))
        _activities(shard, at, kinds, tags, objects, tagged)
    census.facts = {name: _in_words(name, counter) for name, counter in found.items()}
    census.kinds = {name: Occurs(*counts) for name, counts in kinds.items()}
    census.tags = {name: Occurs(*counts) for name, counts in tags.items()}
    census.objects = _named(objects)
    return census


def values_of(batch: Batch, name: str, rows: Array) -> dict[object, int]:
    """Return how many of these rows have each value of a fact; texts by their ids."""
    column = batch.facts.columns.get(name)
    if column is None:
        return {}
    codes = _codes(column, rows)
    counts = np.bincount(codes)
    known = np.flatnonzero(counts)
    return {
        value: count
        for value, count in zip(
            _distinct(column, known), counts[known].tolist(), strict=True
        )
        if value is not None
    }  # fmt: skip


def _codes(column: Column, rows: Array) -> Array:
    codes: Array = np.append(column.codes, column.codes.dtype.type(0))[rows]
    return codes


def _distinct(column: Column, codes: Array) -> list[object]:
    """Return the values of these codes: texts as ids; None for "not known"."""
    values = column.values
    if isinstance(values, TextValues):
        ids = np.asarray(values.ids)[codes].tolist()
        return [pk if code else None for pk, code in zip(ids, codes.tolist(), strict=True)]
    if isinstance(values, Numbers):
        found = values.numbers[codes].tolist()
        return [one if code else None for one, code in zip(found, codes.tolist(), strict=True)]
    given = values.values if isinstance(values, Distinct) else [None]
    return [given[code] for code in codes.tolist()]


def _in_words(name: str, counter: Counter[object]) -> Counter[object]:
    """Return the most frequent values, texts spelled out; spellings that rules compare as one."""
    most = counter.most_common(MOST_VALUES)
    if FACT_TYPES[name] != "text":
        return Counter(dict(most))
    texts = texts_of([pk for pk, _ in most])
    spelled: dict[str, str] = {}
    found: Counter[object] = Counter()
    for pk, count in most:
        text = texts.get(pk)
        if text is not None:
            found[spelled.setdefault(text.strip().casefold(), text.strip())] += count
    return found


def texts_of(ids: Sequence[object]) -> dict[object, str]:
    """Return the texts of the dictionary with these ids."""
    found: dict[object, str] = {}
    for start in range(0, len(ids), IN_ONE_STATEMENT):
        some = [pk for pk in ids[start : start + IN_ONE_STATEMENT] if isinstance(pk, int)]
        found.update(FactText.objects.filter(pk__in=some).values_list("pk", "text"))
    return found


def tagged_objects() -> dict[str, Array]:
    """Return for each tag the ids of the objects that have it now, in order."""
    found: dict[str, list[int]] = {}
    rows = TrackedObject.objects.exclude(tags=[]).order_by("pk").values_list("pk", "tags")
    for pk, tags in rows.iterator():
        for tag in tags or ():
            found.setdefault(tag, []).append(pk)
    return {tag: np.array(ids, np.int64) for tag, ids in found.items()}


def _activities(
    shard: Shard,
    at: int,
    kinds: dict[str, list[int]],
    tags: dict[tuple[str, str], list[int]],
    objects: Counter[tuple[str, int]],
    tagged: Mapping[str, Array],
) -> None:
    people: dict[tuple[str, str], Array] = {}
    ids = shard.batch.objects.ids
    carries = {tag: np.isin(ids, members) for tag, members in tagged.items()}
    for run in shard.batch.runs:
        for kind, (begin, end) in run.places.items():
            known = run.received[begin:end] <= at
            known &= run.occurred[begin:end] <= at
            known &= shard.listed[run.lead[begin:end]]
            lead, about = run.lead[begin:end][known], run.about[begin:end][known]
            _count(kinds, people, kind, (kind, ""), lead)
            counts = np.bincount(about, minlength=len(ids))
            for place in np.flatnonzero(counts[1:]) + 1:
                objects[kind, int(ids[place])] += int(counts[place])
            for tag, carrying in carries.items():
                has = carrying[about]
                if has.any():
                    _count(tags, people, (kind, tag), (kind, tag), lead[has])
    for (kind, tag), everybody in people.items():
        count = int(np.count_nonzero(everybody))
        (tags[kind, tag] if tag else kinds[kind])[1] += count


def _count(
    found: dict[Any, list[int]],
    people: dict[tuple[str, str], Array],
    name: object,
    who: tuple[str, str],
    lead: Array,
) -> None:
    found.setdefault(name, [0, 0])[0] += len(lead)
    seen = people.setdefault(who, np.zeros(np.iinfo(np.uint16).max + 1, bool))
    seen[lead] = True


def _named(objects: Counter[tuple[str, int]]) -> dict[tuple[str, str], int]:
    most = objects.most_common(MOST_VALUES)
    keys: dict[int, str] = {}
    ids = list({pk for (_, pk), _ in most})
    for start in range(0, len(ids), IN_ONE_STATEMENT):
        some = ids[start : start + IN_ONE_STATEMENT]
        keys.update(TrackedObject.objects.filter(pk__in=some).values_list("pk", "key"))
    return {(kind, keys[pk]): count for (kind, pk), count in most if pk in keys}


_sources: dict[tuple[str, int, str], Array] = {}


def sources_of(columns: Columns, shard: Shard) -> Array:
    """Return each lead's source id, 0 where there is none; read once for each shard and process.

    A lead keeps the source it came from; the shard is read again once leads came or went.
    """
    key = (str(folder()), shard.number, columns.manifest.shards[shard.number].listed)
    if key not in _sources:
        found = np.zeros(shard.batch.size, np.int64)
        rows = Standing.objects.exclude(source=None).filter(
            lead__gte=shard.first, lead__lt=shard.first + shard.batch.size
        )
        pairs = list(rows.values_list("lead_id", "source_id").iterator())
        given = np.array(pairs, np.int64).reshape(-1, 2)
        found[given[:, 0] - shard.first] = given[:, 1]
        if len(_sources) >= KEPT_SOURCES:
            _sources.clear()
        _sources[key] = found
    return _sources[key]


def fact_of(shard: Shard, name: str, at: int) -> tuple[Array, list[object]]:
    """Return for each lead a place in the values that follow: texts by ids, None is unknown."""
    column = shard.batch.facts.columns.get(name)
    if column is None:
        return np.zeros(shard.batch.size, np.int64), [None]
    codes = _codes(column, shard.batch.facts.rows_at(shard.batch.size, at))
    present, places = np.unique(codes, return_inverse=True)
    return places, _distinct(column, present)
