"""What customers looked like at first touch, beside everybody: counts, n, and how sure that is.

First touch is the day that begins with the first thing known of a lead: what enrichment adds in
the first hours belongs to it, what was learned later does not.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from leads.database.models import Stage, Standing
from leads.database.registry import KINDS_BY_CODE, OUR_CODES
from portal.core.intervals import ENOUGH, Interval, katz_ratio
from scoring.engine.census import tagged_objects, texts_of, values_of
from scoring.engine.columns import Array
from scoring.engine.population import Columns, Shard, ask_columns
from scoring.rules.instants import DAY

ASKED = ("seniority", "role", "department", "industry", "size_band", "timeline", "country")
NEVER = int(np.iinfo(np.int64).max)
OURS = {KINDS_BY_CODE[code].name for code in OUR_CODES}  # what we do says nothing of them
FEWEST = 5  # customers of whom a line is shown
MOST = 8  # lines of one question


@dataclass(frozen=True)
class Trait:
    """Something leads had at first touch: a fact's value, or an activity, with a tag or without."""

    fact: str
    value: str
    kind: str
    customers: int
    of_customers: int
    leads: int
    of_leads: int

    @property
    def name(self) -> str:
        """What a form calls it."""
        return "|".join((self.fact, self.kind, self.value))

    @property
    def lift(self) -> Interval | None:
        """How many times more often customers had it; None where there is too little data."""
        if self.of_customers < ENOUGH or self.leads < ENOUGH:
            return None
        return katz_ratio(self.customers, self.of_customers, self.leads, self.of_leads)

    @property
    def points(self) -> int:
        """The points to begin with: more the surer and larger the lift; 0 suggests no rule."""
        lift = self.lift
        if lift is None or lift.low <= 1:
            return 0
        return 20 if lift.value >= 2 else 15 if lift.value >= 1.5 else 10


@dataclass
class Customers:
    """The answer for ``as_of``: traits by what they are about, those of most customers first."""

    as_of: datetime
    customers: int = 0
    leads: int = 0
    traits: dict[str, list[Trait]] = field(default_factory=dict)


def study_customers(*, at: datetime | None = None) -> Customers:
    """Compare won leads with all leads as they were at first touch."""
    return ask_columns(_study, at=at)


def _study(columns: Columns) -> Customers:
    found = Customers(columns.as_of)
    won: dict[str, Counter[object]] = {}
    every: dict[str, Counter[object]] = {}
    tagged = tagged_objects()
    for shard in columns.shards():
        first = _first_touch(shard)
        known = shard.listed & (first < NEVER)
        customer = known & _won(shard)
        found.leads += int(np.count_nonzero(known))
        found.customers += int(np.count_nonzero(customer))
        for mask, counters in ((known, every), (customer, won)):
            _count(shard, first, mask, counters, tagged)
    for about, counter in won.items():
        traits = [
            Trait(
                *_said(about, value), customers, found.customers, every[about][value], found.leads
            )
            for value, customers in counter.most_common(60)
            if customers >= FEWEST
        ]
        traits.sort(key=lambda one: (-one.points, -one.customers, one.value))
        if traits:
            found.traits[about] = traits[:MOST]
    return found


def _won(shard: Shard) -> Array:
    ids = Standing.objects.filter(
        stage=Stage.CUSTOMER, lead__gte=shard.first, lead__lt=shard.first + shard.batch.size
    ).values_list("lead_id", flat=True)
    found = np.zeros(shard.batch.size, bool)
    found[np.array(list(ids.iterator()), np.int64) - shard.first] = True
    return found


def _first_touch(shard: Shard) -> Array:
    """Return when each lead's first day ends, in seconds; NEVER for one nothing is known of."""
    first = np.full(shard.batch.size, NEVER)
    facts = shard.batch.facts
    np.minimum.at(first, facts.lead, facts.known_from)
    for run in shard.batch.runs:
        np.minimum.at(first, run.lead, np.maximum(run.occurred, run.received))
    return np.where(first < NEVER, np.minimum(first, NEVER - DAY) + DAY, NEVER)


def _count(
    shard: Shard,
    first: Array,
    mask: Array,
    counters: dict[str, Counter[object]],
    tagged: dict[str, Array],
) -> None:
    rows = shard.batch.facts.rows_at(shard.batch.size, first)[mask]
    for name in ASKED:
        counters.setdefault(name, Counter()).update(values_of(shard.batch, name, rows))
    ids = shard.batch.objects.ids
    seen: dict[tuple[str, str], Array] = {}
    for run in shard.batch.runs:
        for kind, (begin, end) in run.places.items():
            if kind in OURS:
                continue
            lead, about = run.lead[begin:end], run.about[begin:end]
            early = np.maximum(run.occurred[begin:end], run.received[begin:end]) <= first[lead]
            early &= mask[lead]
            for tag, members in (("", None), *tagged.items()):
                has = early if members is None else early & np.isin(ids, members)[about]
                who = seen.setdefault((kind, tag), np.zeros(shard.batch.size, bool))
                who[lead[has]] = True
    content = counters.setdefault("content", Counter())
    for pair, who in seen.items():
        content[pair] += int(np.count_nonzero(who))


def _said(about: str, value: object) -> tuple[str, str, str]:
    """Return the fact, the value and the kind of a trait."""
    if about == "content" and isinstance(value, tuple):
        return "", str(value[1]), str(value[0])
    return about, str(texts_of([value]).get(value, value)), ""
