"""Promises without a clock, counted over the handoffs of a period: what both sides said they would.

Each handoff is counted under the terms in force when it was made. Which promises there are is
asked of the database; how they were kept is added up from columns (``period.read_period``).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from leads.database.models import FactText, Source
from leads.database.registry import KINDS_BY_NAME
from leads.dispositions.models import NOT_STATED, Outcome
from portal.agreements.models import Override, Version
from portal.core.intervals import ENOUGH, Interval, wilson
from sla.scoreboard.columns import (
    CARRIED,
    OUTCOMES,
    Numbers,
    Table,
    grade_number,
    seconds,
)
from sla.scoreboard.reading import UNRESPONSIVE
from sla.scoreboard.sums import Effects, is_apart, local_times
from sla.terms.applies import folded
from sla.terms.queries import KIND
from sla.terms.sentences import sentence
from sla.terms.text import ClauseKind, CountedTerms, PromiseKind, parse_terms

FOR_EVER = np.iinfo(np.int64).max
Stretch = tuple[datetime, datetime | None]  # from its first instant until just before its end


@dataclass(frozen=True)
class Month:
    """Handoffs of one calendar month; ``is_over`` once all of it has passed."""

    begins: datetime
    made: int
    is_over: bool


@dataclass(frozen=True)
class Counted:
    """One promise as kept so far: ``met`` of ``n``, or by month where it promises a number."""

    promise: CountedTerms
    sentence: str  # as signed
    version: int  # its number
    met: int = 0
    n: int = 0
    months: tuple[Month, ...] = ()

    @property
    def share(self) -> Interval | None:
        """The share with its interval; None under 30, where it says nothing."""
        return wilson(self.met, self.n) if self.n >= ENOUGH and not self.months else None

    @property
    def is_kept(self) -> bool | None:
        """Whether the promise is kept; None while nothing can be said."""
        if self.promise.kind == PromiseKind.VOLUME:
            over = [month.made >= self.promise.at_least for month in self.months if month.is_over]
            return all(over) if over else None
        return self.met * 100 >= self.promise.percent * self.n if self.n >= ENOUGH else None


@dataclass(frozen=True)
class InForce:
    """One promise, for handoffs made ``through`` its version's time but for the days ``without``,
    and on the days for which its version was put in force ``instead`` of another.
    """

    promise: CountedTerms
    version: Version
    through: Stretch | None
    without: Sequence[Stretch] = ()
    instead: Sequence[Stretch] = ()

    def was_then(self, instants: Numbers) -> Numbers:
        """Tell of each instant whether the promise was in force at it."""
        through = _within(instants, [self.through] if self.through else [])
        return through & ~_within(instants, self.without) | _within(instants, self.instead)


def promises_in_force(
    *, since: datetime | None, before: datetime | None, at: datetime
) -> list[InForce]:
    """Return every promise without a clock that was in force in the period; two statements.

    Oldest version first. What stood in for a version for a few days has the handoffs of these
    days; only a number of a month, which no few days can keep, is counted through.
    """
    stand_ins = Override.objects.filter(version__agreement__kind=KIND, at__lte=at)
    stood_in = list(stand_ins.select_related("version").order_by("at", "pk"))
    without = [(one.at, one.ends_at) for one in stood_in]
    instead: dict[Version, list[Stretch]] = {}
    for one in stood_in:
        if (before is None or one.at < before) and (since is None or one.ends_at > since):
            instead.setdefault(one.version, []).append((one.at, one.ends_at))
    through = _through(since, before, at)
    found = []
    for version in sorted({*through, *instead}, key=lambda each: each.number):
        whole, days = through.get(version), instead.get(version, [])
        for promise in parse_terms(version.signed_text).others:
            if promise.kind != PromiseKind.VOLUME:
                found.append(InForce(promise, version, whole, without, days))
            elif whole:
                found.append(InForce(promise, version, whole))
    return found


def _through(
    since: datetime | None, before: datetime | None, at: datetime
) -> dict[Version, Stretch]:
    """Return how long each version that was in force in the period is, as if none stood in."""
    versions = list(Version.objects.of_kind(KIND).signed().order_by("effective_from", "pk"))
    ends: Iterable[datetime | None] = [*(each.effective_from for each in versions[1:]), None]
    found: dict[Version, Stretch] = {}
    for version, end in zip(versions, ends, strict=False):  # no version, no end
        begin = version.effective_from
        is_before = before is not None and begin is not None and begin >= before
        is_over = since is not None and end is not None and end <= since
        if begin is not None and begin <= at and not is_before and not is_over:
            found[version] = (begin, end)
    return found


def asks_what_was_known(promises: Iterable[InForce]) -> bool:
    """Tell whether a promise is about a segment: then leads' facts are to be read too."""
    return any(one.promise.applies.segment for one in promises)


def count_promises(
    promises: Sequence[InForce],
    handoffs: Table,
    tries: Table,
    *,
    effects: Effects,
    zone: ZoneInfo,
    at: datetime,
) -> list[Counted]:
    """Return how each promise was kept by these handoffs; two statements more where they ask.

    ``tries`` are columns of TRIES, ``effects`` what each reason does now; ``at`` is now.
    """
    about = About.read(promises, handoffs)
    counted = []
    for one in promises:
        promise, version = one.promise, one.version
        words = _sentence(version, promise.key)
        rows = handoffs.where(one.was_then(handoffs["made"]) & about.mask(promise))
        if promise.kind == PromiseKind.VOLUME:
            months = _months(rows["made"], zone, at)
            counted.append(Counted(promise, words, version.number, months=months))
        else:
            asked, met = _kept(promise, rows, tries, effects)
            sums = int((asked & met).sum()), int(asked.sum())
            counted.append(Counted(promise, words, version.number, *sums))
    return counted


def _sentence(version: Version, key: str) -> str:
    clauses = json.loads(version.signed_text)["clauses"]
    body = next(clause["body"] for clause in clauses if clause["key"] == key)
    return "".join(part.text for part in sentence(ClauseKind.PROMISE, body))


@dataclass(frozen=True)
class About:
    """Tells which handoffs promises are about: the codes of sources and texts by their words."""

    handoffs: Table
    sources: Mapping[str, int]
    texts: Mapping[int, str]  # folded

    @classmethod
    def read(cls, promises: Iterable[InForce], handoffs: Table) -> "About":
        asked = [one.promise.applies for one in promises]
        keys = {key for one in asked for key in one.sources}
        facts = {fact for one in asked for fact, _values in one.segment}
        codes = {int(code) for fact in facts for code in np.unique(handoffs[fact])}
        rows = Source.objects.filter(key__in=keys).values_list("key", "pk") if keys else ()
        texts = FactText.objects.filter(pk__in=codes).values_list("pk", "text") if codes else ()
        return cls(handoffs, dict(rows), {pk: folded(text) for pk, text in texts})

    def mask(self, promise: CountedTerms) -> Numbers:
        """Tell of each handoff whether the promise is about it."""
        asked, rows = promise.applies, self.handoffs
        found = np.ones(len(rows), dtype=bool)
        if asked.grades:
            found &= np.isin(rows["grade"], [grade_number(one) for one in asked.grades])
        if asked.fast_track is not None:
            found &= (rows["is_fast"] > 0) == asked.fast_track
        if asked.sources:
            ids = [self.sources[key] for key in asked.sources if key in self.sources]
            found &= np.isin(rows["source"], ids)
        for fact, values in asked.segment:
            codes = [code for code, text in self.texts.items() if text in values]
            found &= np.isin(rows[fact], codes)
        return found


def _within(instants: Numbers, stretches: Iterable[Stretch]) -> Numbers:
    found = np.zeros(len(instants), dtype=bool)
    for begin, end in stretches:
        found |= (instants >= seconds(begin)) & (instants < (seconds(end) if end else FOR_EVER))
    return found


def _months(made: Numbers, zone: ZoneInfo, at: datetime) -> tuple[Month, ...]:
    local = local_times(made, zone)
    numbers, counts = np.unique(
        local.group(lambda one: one.year * 12 + one.month - 1), return_counts=True
    )
    now = at.astimezone(zone)
    return tuple(
        Month(
            datetime(number // 12, number % 12 + 1, 1, tzinfo=zone),
            count,
            number < now.year * 12 + now.month - 1,
        )
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    )


def _kept(
    promise: CountedTerms, rows: Table, tries: Table, effects: Effects
) -> tuple[Numbers, Numbers]:
    """Tell of each handoff whether it is asked for, and whether it kept the promise."""
    if promise.kind == PromiseKind.PACKET:
        bits = sum(1 << CARRIED.index(name) for name in {*promise.fields, *promise.evidence})
        return np.ones(len(rows), dtype=bool), (rows["carried"] & bits) == bits
    if promise.kind == PromiseKind.HIGH_INTENT:
        bits = sum(1 << KINDS_BY_NAME[name].code for name in set(promise.signals))
        return np.ones(len(rows), dtype=bool), (rows["did"] & bits) > 0
    accepted, rejected = (
        rows["outcome"] == OUTCOMES.index(one) for one in (Outcome.ACCEPTED, Outcome.REJECTED)
    )
    if promise.kind == PromiseKind.ACCEPTANCE_RATE:
        return (accepted | rejected) & ~is_apart(rows, effects), accepted
    if promise.kind == PromiseKind.REASON_REQUIRED:
        return rejected, ~_because(rows, "", NOT_STATED)
    return rejected & _because(rows, UNRESPONSIVE), _attempts(promise, rows, tries)


def _because(rows: Table, *reasons: str) -> Numbers:
    """Tell of each handoff whether its reason is one of these."""
    named = [code for code, word in enumerate(rows.words) if word[0] in reasons]
    return np.isin(rows["reason"], named)


def _attempts(promise: CountedTerms, rows: Table, tries: Table) -> Numbers:
    """Tell of each handoff whether it was tried as often as promised."""
    kinds = [KINDS_BY_NAME[name].code for name in promise.touch.kinds if name in KINDS_BY_NAME]
    counted = tries.where(np.isin(tries["kind"], kinds))
    known, places = np.unique(counted["handoff"], return_inverse=True)
    sums = np.bincount(places, weights=counted["n"], minlength=len(known))
    return np.isin(rows["handoff"], known[sums >= promise.at_least])
