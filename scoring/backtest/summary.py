"""What a back-test found, in numbers: kept with it, so that the page reads no leads.

Handoffs that a gate would have made count; a lead that waited on the release list all the time
is counted apart. Rates hold only what sales judged: data to mend is counted, not judged.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncWeek

from leads.database.models import FactText, Source
from leads.dispositions.models import Disposition
from leads.handoffs.models import Origin
from portal.accounts.models import Membership, Organisation, Role
from scoring.backtest.models import Backtest, Mover, Replayed

SIDES = ("base", "draft")
BY = {"source": "source_id", "size": "size_id", "industry": "industry_id"}
MOST = 12  # groups in a table; the rest is summed up
Way = Replayed.Way


class Row(NamedTuple):
    """One chance of a lead, as the summary counts it."""

    way: str
    outcome: str
    is_mend: bool
    is_won: bool
    made_at: datetime | None
    source_id: int | None
    size_id: int | None
    industry_id: int | None
    base_at: datetime | None
    draft_at: datetime | None
    base_waits: bool
    draft_waits: bool

    def opened(self, side: str) -> datetime | None:
        return self.base_at if side == "base" else self.draft_at

    def kept(self, side: str) -> bool:
        """Whether sales could have had it: handed over, or waiting on the release list."""
        return self.opened(side) is not None or (
            self.base_waits if side == "base" else self.draft_waits
        )

    @property
    def is_judged(self) -> bool:
        return bool(self.outcome) and not self.is_mend


def summarise(test: Backtest) -> dict[str, Any]:
    """Return every number of the page; two passes over the rows of the back-test."""
    zone = ZoneInfo(Organisation.current().zone)
    rows = [Row(*row) for row in test.replayed.values_list(*Row._fields).iterator(chunk_size=5000)]
    weeks = max((test.until - test.since).total_seconds() / (7 * 86_400), 1e-9)
    return {
        "sides": {side: _side(rows, side, weeks) for side in SIDES},
        "record": _record(rows),
        "moved": _moved(rows),
        "time": _time(rows),
        "weeks": _weeks(rows, test, zone),
        "capacity": _capacity(test),
        "by": {name: _by(rows, name, place) for name, place in BY.items()},
        "population": _population(test),
    }


def _side(rows: Iterable[Row], side: str, weeks: float) -> dict[str, Any]:
    """Count what one version would have handed over, and what sales said of those."""
    found: Counter[str] = Counter()
    for row in rows:
        opened = row.opened(side) is not None
        found["handoffs"] += opened
        found["waits"] += row.kept(side) and not opened
        found["unseen"] += opened and not row.way
        found["undecided"] += opened and bool(row.way) and not row.outcome
        found["mend"] += opened and row.is_mend
        found["decided"] += opened and row.is_judged
        found["accepted"] += opened and row.outcome == "accepted"
        found["won"] += row.is_won and row.kept(side)
    names = ("handoffs", "waits", "unseen", "undecided", "mend", "decided", "accepted", "won")
    return {name: found[name] for name in names} | {"a_week": round(found["handoffs"] / weeks, 1)}


def _record(rows: Iterable[Row]) -> dict[str, int]:
    """Count what really happened, and how much of it the version in force accounts for."""
    found: Counter[str] = Counter()
    for row in rows:
        if not row.way:
            continue
        found["handoffs"] += 1
        found[row.way] += 1
        found["accepted"] += row.outcome == "accepted"
        found["rejected"] += row.outcome == "rejected" and not row.is_mend
        found["won"] += row.is_won
        found["again"] += row.way == Way.GATE and row.base_at is not None
    names = ("handoffs", "gate", "released", "by_hand", "imported", "accepted", "rejected", "won",
             "again")  # fmt: skip
    return {name: found[name] for name in names}


def _moved(rows: Iterable[Row]) -> dict[str, int]:
    """Count what the draft would have missed, spared and added, against what really happened."""
    found: Counter[str] = Counter()
    for row in rows:
        found["missed"] += row.outcome == "accepted" and not row.kept("draft")
        found["missed_won"] += row.is_won and not row.kept("draft")
        found["spared"] += row.outcome == "rejected" and row.is_judged and not row.kept("draft")
        found["spared_mend"] += row.is_mend and not row.kept("draft")
        found["new"] += not row.way and row.draft_at is not None and row.base_at is None
        found["gone"] += row.base_at is not None and not row.kept("draft")
    return {name: found[name] for name in
            ("missed", "missed_won", "spared", "spared_mend", "new", "gone")}  # fmt: skip


def _time(rows: Iterable[Row]) -> dict[str, Any]:
    """Say by how many days the draft comes sooner (above zero), where both hand over."""
    days = [
        (row.base_at - row.draft_at).total_seconds() / 86_400
        for row in rows
        if row.base_at is not None and row.draft_at is not None
    ]
    found: dict[str, Any] = {
        "n": len(days),
        "sooner": sum(day > 0 for day in days),
        "later": sum(day < 0 for day in days),
    }
    moved = [day for day in days if day]
    if moved:
        low, _, high = quantiles(moved, n=4) if len(moved) > 1 else (moved[0],) * 3
        found |= {"median": round(median(moved), 1), "low": round(low, 1), "high": round(high, 1)}
    return found


def _weeks(rows: Iterable[Row], test: Backtest, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Count handoffs by week of the period, each week seven days from its beginning."""
    size = timedelta(days=7)
    count = max(int((test.until - test.since) / size), 1)
    found = {side: [0] * count for side in (*SIDES, "record")}
    for row in rows:
        opened = {side: row.opened(side) for side in SIDES} | {"record": row.made_at}
        for name, at in opened.items():
            if at is not None:
                place = int((at - test.since) / size)
                if place < count:  # days after the last whole week would look like a drop
                    found[name][place] += 1
    return [
        {"day": (test.since + n * size).astimezone(zone).date().isoformat()}
        | {name: counts[n] for name, counts in found.items()}
        for n in range(count)
    ]


def _capacity(test: Backtest) -> dict[str, Any]:
    """Say what the SDRs who take handoffs now decided in a usual week of the period."""
    now = Membership.objects.filter(takes_handoffs=True, user__is_active=True)
    people = set(now.filter(user__role=Role.SDR).values_list("user_id", flat=True))
    decided = (
        Disposition.objects.standing()
        .filter(origin=Origin.LIVE, decided_by__in=people)
        .filter(decided_at__gt=test.since, decided_at__lte=test.until)
        .annotate(week=TruncWeek("decided_at"))
        .values("decided_by", "week")
        .annotate(n=Count("pk"))
    )
    by_person: dict[int, list[int]] = defaultdict(list)
    for row in decided:
        by_person[row["decided_by"]].append(row["n"])
    a_week = sum(median(counts) for counts in by_person.values())
    return {"people": len(people), "seen": len(by_person), "a_week": round(a_week, 1)}


def _by(rows: Iterable[Row], name: str, place: str) -> list[dict[str, Any]]:
    """Count by source, size or industry; the largest groups, the rest together."""
    counts: dict[int | None, Counter[str]] = defaultdict(Counter)
    for row in rows:
        group = counts[getattr(row, place)]
        for side in SIDES:
            opened = row.opened(side) is not None
            group[f"{side}_handoffs"] += opened
            group[f"{side}_decided"] += opened and row.is_judged
            group[f"{side}_accepted"] += opened and row.outcome == "accepted"
        group["missed"] += row.outcome == "accepted" and not row.kept("draft")
        group["spared"] += row.outcome == "rejected" and row.is_judged and not row.kept("draft")
    busiest = sorted(counts, key=lambda key: (-_weight(counts[key]), key or 0))
    shown, rest = busiest[:MOST], busiest[MOST:]
    labels = _labels(name, [key for key in shown if key is not None])
    found = [
        {"key": key, "label": labels.get(key, "") if key else "", **counts[key]} for key in shown
    ]
    if rest:
        found.append({"key": -1, "label": "", **sum((counts[key] for key in rest), Counter())})
    return found


def _weight(counts: Mapping[str, int]) -> int:
    return max(counts.get("base_handoffs", 0), counts.get("draft_handoffs", 0))


def _labels(name: str, keys: list[int]) -> dict[int, str]:
    if name == "source":
        return dict(Source.objects.filter(pk__in=keys).values_list("pk", "name"))
    return dict(FactText.objects.filter(pk__in=keys).values_list("pk", "text"))


def _population(test: Backtest) -> dict[str, Any]:
    """Add to the counts by gate what sales had said of those who enter and those who leave."""
    movers = Mover.objects.filter(backtest=test).values_list("base_gates", "draft_gates", "said")
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for before, after, word in movers.iterator(chunk_size=5000):
        for gate, bit in (("mql", 1), ("sales_ready", 2), ("fast_track", 4)):
            if (before ^ after) & bit:
                said[f"{gate} {'enters' if after & bit else 'leaves'}"][word or "nothing"] += 1
    return {
        gate: counts
        | {way: dict(said[f"{gate} {way}"]) | {"n": counts[way]} for way in ("enters", "leaves")}
        for gate, counts in test.population.items()
    }
