"""Counting what sales said, against what had let each lead through.

Everything is computed from the evidence frozen at handoff, never from today's facts, out of
columns that were read once (decided.py); the rest is addition.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, QuerySet

from leads.database.models import Source
from leads.dispositions.models import Disposition, Reason
from portal.agreements.models import Version
from portal.core.intervals import ENOUGH, Interval, katz_ratio, wilson
from scoring.feedback.decided import UNKNOWN, Decided
from scoring.feedback.models import DecidedHandoff
from scoring.feedback.statistics import Counts, fired_matrix
from scoring.rules.definition import Rule
from scoring.rules.parse import parse_text


@dataclass(frozen=True)
class SourceColumn:
    """One source: how many were decided, how many rejected."""

    id: int | None
    name: str
    decided: int
    rejected: int

    @property
    def share(self) -> Interval | None:
        return wilson(self.rejected, self.decided)


@dataclass(frozen=True)
class HeatCell:
    """How often one reason met one source, and how that compares with what chance expects."""

    source: int | None
    count: int
    ratio: float | None
    tint: int


@dataclass(frozen=True)
class ReasonRow:
    """One reason across all sources."""

    code: str
    label: str
    cells: tuple[HeatCell, ...]
    total: int


@dataclass
class RuleCount:
    """One rule of the versions looked at: what became of handoffs with and without it."""

    key: str
    name: str
    signal: str
    fired: int = 0
    fired_accepted: int = 0
    others: int = 0
    others_accepted: int = 0
    fired_reasons: Counter[str] = field(default_factory=Counter)
    other_reasons: Counter[str] = field(default_factory=Counter)
    named_wrong: int = 0

    @property
    def has_enough(self) -> bool:
        return self.fired >= ENOUGH and self.others >= ENOUGH

    @property
    def accepted_with(self) -> Interval | None:
        return wilson(self.fired_accepted, self.fired)

    @property
    def accepted_without(self) -> Interval | None:
        return wilson(self.others_accepted, self.others)

    @property
    def lift(self) -> Interval | None:
        """Acceptance when fired over acceptance when not; hidden while either side is thin."""
        if not self.has_enough:
            return None
        return katz_ratio(self.fired_accepted, self.fired, self.others_accepted, self.others)

    def reason_ratio(self, code: str) -> Interval | None:
        """How much more often the reason follows when the rule fired than when it did not."""
        if not self.has_enough:
            return None
        return katz_ratio(
            self.fired_reasons[code], self.fired, self.other_reasons[code], self.others
        )

    @property
    def distance(self) -> float:
        """How far the lift is from 1, for sorting: the harmful and the helpful first."""
        return 0.0 if self.lift is None else abs(self.lift.value - 1)


def reason_by_source(
    decided: Decided, *, columns: int = 8
) -> tuple[list[SourceColumn], list[ReasonRow]]:
    """Return the busiest sources and, for each reason, its count at each of them."""
    pairs = np.stack([decided.source, decided.reason])
    found, numbers = np.unique(pairs, axis=1, return_counts=True)
    rejected: Counter[int | None] = Counter()
    all_of: Counter[int | None] = Counter()
    cells: dict[str, Counter[int | None]] = defaultdict(Counter)
    for (one, reason), n in zip(found.T.tolist(), numbers.tolist(), strict=True):
        source = None if one == UNKNOWN else one
        all_of[source] += n
        if reason:
            rejected[source] += n
            cells[decided.reasons[reason - 1]][source] += n
    known = [source for source in rejected if source is not None]
    names = dict(Source.objects.filter(pk__in=known).values_list("pk", "name"))
    shown = [
        SourceColumn(source, names.get(source or 0, ""), all_of[source], rejected[source])
        for source, _ in rejected.most_common(columns)
    ]
    labels = dict(Reason.objects.filter(code__in=cells).values_list("code", "label"))
    all_rejected = rejected.total()
    table = [
        ReasonRow(
            code=code,
            label=labels[code],
            cells=tuple(_cell(counts, column, all_rejected) for column in shown),
            total=counts.total(),
        )
        for code, counts in cells.items()
    ]
    return shown, sorted(table, key=lambda row: (-row.total, row.label))


def _cell(counts: Counter[int | None], column: SourceColumn, all_rejected: int) -> HeatCell:
    count = counts[column.id]
    expected = counts.total() * column.rejected / all_rejected if all_rejected else 0
    ratio = count / expected if expected else None
    return HeatCell(column.id, count, ratio, _tint(count, ratio))


def _tint(count: int, ratio: float | None) -> int:
    """0 to 4 by how many times more than expected; counts under 8 get no tint."""
    if count < 8 or ratio is None or ratio <= 1:
        return 0
    return min(4, 1 + int((ratio - 1) / 0.34))


def rule_counts(decided: Decided, named: Mapping[str, int]) -> list[RuleCount]:
    """Return every rule of the versions behind these handoffs, the most telling first.

    ``named`` says how often SDRs named each rule as the wrong one.
    """
    ids = set(np.unique(decided.version).tolist()) - {UNKNOWN}
    found: dict[str, RuleCount] = {}
    for version, rules in sorted(rules_by_version(ids).items(), reverse=True):
        here = decided.version == version
        fired = fired_matrix(decided.fired[here], len(rules)).astype(np.int64)
        reasons = decided.reason[here]
        by_reason = _by_reason(fired, reasons, len(decided.reasons))
        every = np.bincount(reasons, minlength=len(decided.reasons) + 1)
        for place, rule in enumerate(rules):
            one = found.setdefault(rule.key, RuleCount(rule.key, rule.name, rule.signal))
            _add(one, by_reason[:, place], every - by_reason[:, place], decided.reasons)
    for key, n in named.items():
        if key in found:
            found[key].named_wrong += n
    return sorted(found.values(), key=_telling)


def _by_reason(fired: Counts, reasons: Counts, most: int) -> Counts:
    """Return for each reason (0: accepted) how often each rule had fired."""
    sums = [fired[reasons == place].sum(axis=0) for place in range(most + 1)]
    return np.array(sums, dtype=np.int64).reshape(most + 1, fired.shape[1])


def _telling(one: RuleCount) -> tuple[bool, float, int, str]:
    return not one.has_enough, -one.distance, -one.named_wrong, one.name


def _add(one: RuleCount, fired: Counts, others: Counts, codes: Sequence[str]) -> None:
    one.fired += int(fired.sum())
    one.fired_accepted += int(fired[0])
    one.others += int(others.sum())
    one.others_accepted += int(others[0])
    for code, n, m in zip(codes, fired[1:].tolist(), others[1:].tolist(), strict=True):
        one.fired_reasons[code] += n
        one.other_reasons[code] += m


def named_wrong(rows: QuerySet[DecidedHandoff]) -> Counter[str]:
    """Return how often SDRs answered "which rule was wrong?" with each rule."""
    answers = rows.exclude(named="").order_by().values_list("named").annotate(n=Count("pk"))
    named: Counter[str] = Counter()
    for answer, n in answers:
        for key in json.loads(answer) or ():
            named[key] += n
    return named


def rule_name(rows: QuerySet[Disposition], key: str) -> str:
    """Return what the versions behind these dispositions call a rule; its key when none has it."""
    if not key:
        return ""
    versions = rows.filter(handoff__evidence__isnull=False).order_by()
    ids = versions.values_list("handoff__evidence__version", flat=True).distinct()
    rules = (rule for rules in rules_by_version(ids).values() for rule in rules)
    return next((rule.name for rule in rules if rule.key == key), key)


def rules_by_version(version_ids: Iterable[int]) -> dict[int, tuple[Rule, ...]]:
    """Return the rules of each version, in the order of their bits."""
    versions = Version.objects.filter(pk__in=set(version_ids))
    return {one.pk: parse_text(one.signed_text, one.sha256).rules for one in versions}


def rejected_by_week(decided: Decided, zone: ZoneInfo) -> list[dict[str, object]]:
    """Return for each week its Monday, n, and the share rejected with its interval."""
    dated = decided.decided != UNKNOWN
    at, rejected = decided.decided[dated], ~decided.accepted[dated]
    if not at.size:
        return []
    mondays = _mondays(int(at.min()), int(at.max()), zone)
    begins = np.array([int(one.timestamp()) for one in mondays])
    week = np.searchsorted(begins, at, side="right") - 1
    n = np.bincount(week, minlength=len(mondays))
    no = np.bincount(week[rejected], minlength=len(mondays))
    points = []
    for place, monday in enumerate(mondays):
        share = wilson(int(no[place]), int(n[place]))
        if share is not None:
            points.append({"monday": monday.date(), "n": int(n[place]), "share": share})
    return points


def _mondays(first: int, last: int, zone: ZoneInfo) -> list[datetime]:
    """Return 00:00 of each Monday from the one before ``first`` to the one before ``last``."""
    began = datetime.fromtimestamp(first, zone).replace(hour=0, minute=0, second=0, fold=0)
    found = [began - timedelta(days=began.weekday())]
    while (after := found[-1] + timedelta(weeks=1)).timestamp() <= last:
        found.append(after)
    return found


def top_reasons(rows: Sequence[ReasonRow], most: int = 3) -> list[ReasonRow]:
    """Return the commonest reasons, for the columns beside the rules."""
    return list(rows[:most])
