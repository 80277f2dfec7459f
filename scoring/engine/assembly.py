"""From rows of the database to a batch: leads by their place, texts and objects by code."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from leads.activities.models import TrackedObject
from leads.database.models import FactText
from leads.database.registry import FACT_TYPES, KINDS_BY_CODE, KINDS_BY_NAME
from scoring.engine.columns import (
    Array,
    Batch,
    Column,
    Facts,
    Objects,
    Properties,
    Run,
)
from scoring.engine.evidence import decisive_facts
from scoring.engine.intake import (
    IN_ONE_STATEMENT,
    NULL,
    ActivityRows,
    SnapshotRows,
    Wanted,
    read_activities,
    read_snapshots,
)
from scoring.engine.values import Distinct, Numbers, Values, keep, picked
from scoring.rules.conditions import Comparison
from scoring.rules.definition import Attribute, Behaviour, Rule
from scoring.rules.instants import DAY
from scoring.rules.segments import Definitions

KEPT_TEXTS, KEPT_IN_SHARD = 128, 64  # comparisons that are remembered
OF_OBJECT = frozenset({"object", "object_tags"})  # asked of the object, never of properties


class Texts:
    """The dictionary of texts as far as it was asked for; each text meets a comparison once.

    Texts never change, so one dictionary may serve any number of batches.
    """

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._answers: dict[Comparison, Array] = {}  # by id: 0 not asked, 1 no, 2 yes

    def meets(self, comparison: Comparison, ids: Array) -> Array:
        """Return for each id whether its text meets the comparison; NULL never does."""
        answers = self._answers.get(comparison, np.ones(1, np.int8))
        wanted = np.maximum(ids, 0)  # no text has the id 0
        if (longest := int(wanted.max(initial=0)) + 1) > len(answers):
            answers = np.append(answers, np.zeros(2 * longest - len(answers), np.int8))
        new = wanted[answers[wanted] == 0]
        if len(new):
            self._read(new.tolist())
            answers[new] = [1 + comparison.matches(self._texts.get(pk)) for pk in new.tolist()]
        self._answers.pop(comparison, None)
        keep(self._answers, comparison, answers, KEPT_TEXTS)
        found: Array = answers[wanted] == 2
        return found

    def _read(self, ids: Iterable[int]) -> None:
        missing = [pk for pk in ids if pk not in self._texts]
        for start in range(0, len(missing), IN_ONE_STATEMENT):
            some = missing[start : start + IN_ONE_STATEMENT]
            rows = FactText.objects.filter(pk__in=some).values_list("pk", "text")
            self._texts.update(rows)


class TextValues:
    """Distinct texts of one column, by their ids in the dictionary."""

    def __init__(self, ids: Array, texts: Texts) -> None:
        self.ids, self._texts = ids, texts
        self._asked: dict[Comparison, Array] = {}

    def meets(self, comparison: Comparison) -> Array:
        """Return for each text whether it meets the comparison; asked once."""
        found = self._asked.get(comparison)
        if found is None:
            found = self._texts.meets(comparison, self.ids)
            keep(self._asked, comparison, found, KEPT_IN_SHARD)
        return found


def fact_values(name: str, values: Array, texts: Texts) -> Values:
    """Return the distinct values of a fact, NULL first, as rules compare them."""
    if FACT_TYPES[name] == "text":
        return TextValues(values, texts)
    return Numbers(values)


def coded(values: Array) -> tuple[Array, Array]:
    """Return codes and the distinct values behind them, NULL first."""
    distinct, codes = np.unique(np.append(values, NULL), return_inverse=True)
    return codes[:-1], distinct


def objects_of(ids: Array) -> Objects:
    """Return what is known now of these objects (ids, 0 first): their tags are today's."""
    rows: dict[int, tuple[str, str, list[str]]] = {}
    wanted = ids[1:].tolist()
    for start in range(0, len(wanted), IN_ONE_STATEMENT):
        some = TrackedObject.objects.filter(pk__in=wanted[start : start + IN_ONE_STATEMENT])
        for pk, kind, key, tags in some.values_list("pk", "kind", "key", "tags"):
            rows[pk] = kind, key, tags
    nothing: tuple[str | None, str | None, list[str]] = (None, None, [])
    told = [nothing, *(rows.get(pk, nothing) for pk in wanted)]
    return Objects(
        text=Distinct([key for _, key, _ in told]),
        tags=picked([frozenset(tags or ()) for _, _, tags in told]),
        kind=picked([kind for kind, _, _ in told]),
        has_kind=np.array([bool(kind) for kind, _, _ in told]),
    )


class Documents:
    """Distinct documents of properties, parsed when a rule first asks for one."""

    def __init__(self, texts: Callable[[], Sequence[str]]) -> None:
        self._texts = texts

    @cached_property
    def parsed(self) -> list[Mapping[str, object]]:
        """The documents in the order of their codes."""
        return [json.loads(text) for text in self._texts()]

    def __call__(self) -> list[Mapping[str, object]]:
        return self.parsed


def facts_of(rows: SnapshotRows, leads: Array, texts: Texts) -> Facts:
    """Return the snapshots of ``leads`` (ids in order), sorted as the kernel wants them."""
    place, known = _places(rows.lead, leads)
    order = np.lexsort((rows.id, rows.known_from, place))
    order = order[known[order]]
    columns = {}
    for name, values in rows.facts.items():
        codes, distinct = coded(values[order])
        columns[name] = Column(codes, fact_values(name, distinct, texts))
    return Facts(place[order], rows.known_from[order], columns)


def run_of(rows: ActivityRows, leads: Array, object_ids: Array) -> Run:
    """Return the activities of ``leads`` sorted by kind and time; objects as places in the ids."""
    place, known = _places(rows.lead, leads)
    order = np.lexsort((rows.id, rows.occurred, rows.kind))
    order = order[known[order]]
    about = np.searchsorted(object_ids, rows.object[order])
    received = rows.received[order]
    return Run(
        places=kind_places(rows.kind[order]),
        lead=place[order],
        occurred=rows.occurred[order],
        received=received,
        object=about,
        about=about,
        properties=rows.document[order],
        last_received=int(received.max(initial=0)),
    )


def kind_places(kinds: Array) -> dict[str, tuple[int, int]]:
    """Return by name where each kind stands among sorted codes; few of them are looked at."""
    codes = np.array(sorted(KINDS_BY_CODE), kinds.dtype)
    begins, ends = (np.searchsorted(kinds, codes, side) for side in ("left", "right"))
    return {
        KINDS_BY_CODE[code].name: (begin, end)
        for code, begin, end in zip(codes.tolist(), begins.tolist(), ends.tolist(), strict=True)
        if begin < end
    }


def _places(owners: Array, leads: Array) -> tuple[Array, Array]:
    """Return the place of each owner among ``leads``, and whether it is one of them."""
    place = np.searchsorted(leads, owners)
    if not len(leads):
        return place, np.zeros(len(owners), bool)
    return place, leads[np.minimum(place, len(leads) - 1)] == owners


def read_batch(
    definition: Definitions, leads: Array, wanted: Wanted, texts: Texts, *, at: int
) -> Batch:
    """Return ``leads`` (ids in order) as the definitions see them at ``at`` seconds or later.

    Straight from the database, and only what some rule can count: activities of its kinds that
    are in its window, facts and properties that are asked for.
    """
    snapshots = read_snapshots(wanted, sorted(asked_facts(definition)))
    activities = read_activities(
        wanted, kinds=beginnings(definition, at), with_documents=asks_properties(definition)
    )
    object_ids = np.unique(np.append(activities.object, 0))
    return Batch(
        size=len(leads),
        facts=facts_of(snapshots, leads, texts),
        runs=(run_of(activities, leads, object_ids),),
        objects=objects_of(object_ids),
        properties=Properties(Documents(lambda: activities.documents)),
    )


def beginnings(definition: Definitions, at: int) -> dict[int, int | None]:
    """Return for each kind that is asked for since when some rule counts it; None: always."""
    found: dict[int, int | None] = {}
    for rule in _rules(definition):
        test = rule.test
        if isinstance(test, Attribute):
            continue
        days = test.within_days if isinstance(test, Behaviour) else test.days
        since = None if days is None else at - days * DAY
        for kind in test.kinds:
            if kind in KINDS_BY_NAME:
                code = KINDS_BY_NAME[kind].code
                before = found.get(code, since)
                found[code] = None if since is None or before is None else min(before, since)
    return found


def asked_facts(definition: Definitions) -> set[str]:
    """Return every fact that a rule, a segment, the ICP or a gate asks about."""
    tests = [rule.test for rule in _rules(definition)]
    of_rules = {name for test in tests if isinstance(test, Attribute) for name in test.facts}
    return of_rules.union(*(decisive_facts(one) for one in definition.definitions))


def _rules(definition: Definitions) -> Iterator[Rule]:
    for one in definition.definitions:
        yield from one.rules


def asks_properties(definition: Definitions) -> bool:
    """Whether some rule asks for more of an activity than its object."""
    asked = {
        name
        for rule in _rules(definition)
        if isinstance(rule.test, Behaviour) and rule.test.where is not None
        for name in rule.test.where.fields()
    }
    return bool(asked - OF_OBJECT)
