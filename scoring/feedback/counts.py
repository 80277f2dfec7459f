"""Counting what sales said, against what had let each lead through.

Everything is computed from the evidence frozen at handoff, never from today's facts. One grouped
query brings at most one row for each (version, set of fired rules, outcome, reason); the rest is
addition.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncWeek

from leads.dispositions.models import Disposition, Outcome, Reason
from portal.agreements.models import Version
from portal.core.intervals import ENOUGH, Interval, katz_ratio, wilson
from scoring.rules.definition import Rule
from scoring.rules.parse import parse_text

APART = ("duplicate", "mend")  # effects that judge the data, not the lead


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
    rows: QuerySet[Disposition], *, columns: int = 8
) -> tuple[list[SourceColumn], list[ReasonRow]]:
    """Return the busiest sources and, for each reason, its count at each of them."""
    groups = rows.values("handoff__source", "handoff__source__name", "outcome", "reason").annotate(
        n=Count("pk")
    )
    decided: Counter[int | None] = Counter()
    rejected: Counter[int | None] = Counter()
    cells: dict[str, Counter[int | None]] = defaultdict(Counter)
    names: dict[int | None, str] = {}
    for group in groups:
        source = group["handoff__source"]
        names[source] = group["handoff__source__name"] or ""
        decided[source] += group["n"]
        if group["outcome"] == Outcome.REJECTED:
            rejected[source] += group["n"]
            cells[group["reason"]][source] += group["n"]
    shown = [
        SourceColumn(source, names[source], decided[source], rejected[source])
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


def rule_counts(rows: QuerySet[Disposition]) -> list[RuleCount]:
    """Return every rule of the versions behind these dispositions, the most telling first."""
    groups = list(
        rows.filter(handoff__evidence__isnull=False)
        .values("handoff__evidence__version", "handoff__evidence__fired", "outcome", "reason")
        .annotate(n=Count("pk"))
    )
    rules_of = rules_by_version({group["handoff__evidence__version"] for group in groups})
    found: dict[str, RuleCount] = {}
    for group in groups:
        fired = group["handoff__evidence__fired"]
        for place, rule in enumerate(rules_of[group["handoff__evidence__version"]]):
            one = found.setdefault(rule.key, RuleCount(rule.key, rule.name, rule.signal))
            _count(one, group, has_fired=bool(fired >> place & 1))
    _count_named(rows, found)
    return sorted(found.values(), key=_telling)


def _telling(one: RuleCount) -> tuple[bool, float, int, str]:
    return not one.has_enough, -one.distance, -one.named_wrong, one.name


def _count(one: RuleCount, group: Mapping[str, object], *, has_fired: bool) -> None:
    n = int(str(group["n"]))
    accepted = n if group["outcome"] == Outcome.ACCEPTED else 0
    reason = str(group["reason"] or "")
    if has_fired:
        one.fired += n
        one.fired_accepted += accepted
    else:
        one.others += n
        one.others_accepted += accepted
    if not accepted:
        (one.fired_reasons if has_fired else one.other_reasons)[reason] += n


def _count_named(rows: QuerySet[Disposition], found: Mapping[str, RuleCount]) -> None:
    """Add how often SDRs named each rule as the wrong one."""
    for key, n in named_wrong(rows).items():
        if key in found:
            found[key].named_wrong += n


def named_wrong(rows: QuerySet[Disposition]) -> Counter[str]:
    """Return how often SDRs answered "which rule was wrong?" with each rule."""
    answers = rows.filter(wrong_rules__isnull=False).order_by().values("wrong_rules")
    named: Counter[str] = Counter()
    for answer in answers.annotate(n=Count("pk")):
        for key in answer["wrong_rules"] or ():
            named[key] += answer["n"]
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


def rejected_by_week(rows: QuerySet[Disposition], zone: ZoneInfo) -> list[dict[str, object]]:
    """Return for each week its Monday, n, and the share rejected with its interval."""
    weeks = (
        rows.filter(decided_at__isnull=False)
        .annotate(week=TruncWeek("decided_at", tzinfo=zone))
        .values("week")
        .annotate(n=Count("pk"), rejected=Count("pk", filter=Q(outcome=Outcome.REJECTED)))
        .order_by("week")
    )
    points = []
    for week in weeks:
        share = wilson(week["rejected"], week["n"])
        if share is not None:
            monday: date = week["week"].date()
            points.append({"monday": monday, "n": week["n"], "share": share})
    return points


def top_reasons(rows: Sequence[ReasonRow], most: int = 3) -> list[ReasonRow]:
    """Return the commonest reasons, for the columns beside the rules."""
    return list(rows[:most])
