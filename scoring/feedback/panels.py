"""What the scoring dashboard shows, worked out from columns of decided handoffs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from portal.core.intervals import ENOUGH, Interval, katz_ratio, wilson
from scoring.feedback.decided import GRADES, UNKNOWN, Bools, Decided
from scoring.feedback.statistics import Counts, fired_matrix
from scoring.feedback.weighing import SHOWN, Weighed, together, weigh
from scoring.rules.definition import SIGNALS, Rule

BAND = 20  # points of a score band
PAIRS = 12  # as many pairs as a page shows
NEAR = 5  # points above a gate that count as near it
SOURCES = 8


@dataclass(frozen=True)
class Share:
    """So many of n, with its interval; ``share`` is None while n is under 30."""

    hits: int
    n: int

    @property
    def has_enough(self) -> bool:
        return self.n >= ENOUGH

    @property
    def share(self) -> Interval | None:
        return wilson(self.hits, self.n) if self.has_enough else None


@dataclass(frozen=True)
class Band:
    """Handoffs whose total lies from ``low`` to ``high`` (both included)."""

    low: int
    high: int
    accepted: Share
    won: Share

    @property
    def label(self) -> str:
        return f"{self.low} to {self.high}"

    @property
    def low_text(self) -> str:
        return str(self.low)

    @property
    def high_text(self) -> str:
        return str(self.high)


@dataclass(frozen=True)
class RuleRow:
    """One rule, fired and not fired."""

    key: str
    name: str
    signal: str
    with_it: Share
    without: Share
    ratio: Interval | None
    odds: Interval | None  # adjusted for the other fired rules
    q: float | None
    won: Share
    named_wrong: int = 0

    @property
    def is_telling(self) -> bool:
        """Whether its adjusted effect is more than chance, at 5 % false discoveries."""
        return self.q is not None and self.q <= SHOWN

    @property
    def distance(self) -> float:
        return 0.0 if self.odds is None else abs(float(np.log(self.odds.value)))


@dataclass(frozen=True)
class Pair:
    """Two rules that fire together."""

    first: Rule
    second: Rule
    both: Share
    others: Share
    overlap: float  # of the rarer rule's handoffs, the share on which the other fired too
    ratio: Interval | None


@dataclass(frozen=True)
class Signal:
    """Handoffs on which so many rules of one signal had fired."""

    signal: str
    count: int
    is_more: bool
    accepted: Share

    @property
    def link(self) -> str:
        """What chooses its handoffs in the address of the list behind it."""
        return f"signal={self.signal}&times={self.count}"


@dataclass(frozen=True)
class SourceRule:
    """One rule at one source: acceptance there, against all of that source's handoffs."""

    source: int
    accepted: Share
    ratio: float | None
    tint: int


@dataclass(frozen=True)
class Known:
    """The rules of the versions looked at, and each handoff's bits in their common order."""

    rules: tuple[Rule, ...]
    fired: Bools
    needed: Bools
    worked_out: Bools  # handoffs whose needed rules are known
    level: Counts  # the place of each handoff's version
    has: Bools  # which versions have which rules


def known_rules(decided: Decided, by_version: Mapping[int, Sequence[Rule]]) -> Known:
    """Line the bits of all versions up by the rules' keys; a newer version's words win."""
    rules: dict[str, Rule] = {}
    for version in sorted(by_version):
        rules |= {rule.key: rule for rule in by_version[version]}
    place = {key: n for n, key in enumerate(rules)}
    fired = np.zeros((len(decided), len(rules)), dtype=bool)
    needed = np.zeros_like(fired)
    level = np.zeros(len(decided), dtype=np.int64)
    has = np.zeros((len(by_version), len(rules)), dtype=bool)
    for number, version in enumerate(sorted(by_version)):
        rows = decided.version == version
        columns = [place[rule.key] for rule in by_version[version]]
        level[rows] = number
        has[number, columns] = True
        if columns and rows.any():
            where = np.ix_(rows, columns)
            fired[where] = fired_matrix(decided.fired[rows], len(columns))
            bits = np.where(decided.needed[rows] < 0, 0, decided.needed[rows])
            needed[where] = fired_matrix(bits, len(columns))
    return Known(tuple(rules.values()), fired, needed, decided.needed >= 0, level, has)


def bands(decided: Decided, won: Bools) -> list[Band]:
    """Return acceptance and won rate by bands of 20 points; empty ones in between are kept."""
    if not len(decided):
        return []
    number = decided.total // BAND
    return [
        Band(
            band * BAND,
            band * BAND + BAND - 1,
            share(decided.accepted, number == band),
            share(won, number == band),
        )
        for band in range(int(number.min()), int(number.max()) + 1)
    ]


def share(hits: Bools, rows: Bools) -> Share:
    return Share(int((hits & rows).sum()), int(rows.sum()))


def grade_cells(decided: Decided, won: Bools) -> list[tuple[str, list[tuple[str, Share, Share]]]]:
    """Return fit A to C, each with its cells of engagement 1 to 3; none without any grade."""
    if not (decided.grade != UNKNOWN).any():
        return []
    cells = {
        name: (
            name,
            share(decided.accepted, decided.grade == place),
            share(won, decided.grade == place),
        )
        for place, name in enumerate(GRADES)
    }
    return [(letter, [cells[f"{letter}{n}"] for n in (1, 2, 3)]) for letter in "ABC"]


def rule_rows(
    decided: Decided, known: Known, won: Bools, named_wrong: Mapping[str, int]
) -> list[RuleRow]:
    """Return every rule, what is more than chance and furthest from 1 first."""
    weighed = weigh_known(decided, known)
    rows = [
        RuleRow(
            key=rule.key,
            name=rule.name,
            signal=rule.signal,
            with_it=Share(int(weighed.fired_accepted[n]), int(weighed.fired[n])),
            without=Share(int(weighed.others_accepted[n]), int(weighed.others[n])),
            ratio=_interval(weighed.ratio[n], weighed.ratio_low[n], weighed.ratio_high[n]),
            odds=_interval(weighed.odds[n], weighed.odds_low[n], weighed.odds_high[n]),
            q=None if np.isnan(weighed.q[n]) else float(weighed.q[n]),
            won=share(won, known.fired[:, n]),
            named_wrong=named_wrong.get(rule.key, 0),
        )
        for n, rule in enumerate(known.rules)
    ]
    return sorted(rows, key=lambda row: (not row.is_telling, -row.distance, -row.with_it.n))


def _interval(value: float, low: float, high: float) -> Interval | None:
    return None if np.isnan(value) else Interval(float(value), float(low), float(high))


def pairs(decided: Decided, known: Known, most: int = PAIRS) -> list[Pair]:
    """Return the pairs that fire together on at least 30 handoffs, the most alike first."""
    if not len(decided):
        return []
    both = together(known.fired)
    accepted = together(known.fired[decided.accepted])
    own = np.diag(both)
    n, all_accepted = len(decided), int(decided.accepted.sum())
    tells = n - own >= ENOUGH  # with a rule that always fires every other one fires together
    found = []
    for one, other in zip(*np.triu_indices(len(known.rules), 1), strict=True):
        count = int(both[one, other])
        if count < ENOUGH or not (tells[one] and tells[other]):
            continue
        yes = int(accepted[one, other])
        found.append(
            Pair(
                first=known.rules[one],
                second=known.rules[other],
                both=Share(yes, count),
                others=Share(all_accepted - yes, n - count),
                overlap=count / int(min(own[one], own[other])),
                ratio=katz_ratio(yes, count, all_accepted - yes, n - count)
                if n - count >= ENOUGH
                else None,
            )
        )
    return sorted(found, key=lambda pair: (-pair.overlap, -pair.both.n))[:most]


def signals(decided: Decided, known: Known, most: int = 3) -> list[Signal]:
    """Return acceptance by how many rules of each signal had fired, 0 to 3 and more."""
    found = []
    for signal in SIGNALS[1:]:
        columns = [n for n, rule in enumerate(known.rules) if rule.signal == signal]
        if not columns:
            continue
        count = np.minimum(known.fired[:, columns].sum(axis=1), most)
        found += [
            Signal(signal, times, times == most, share(decided.accepted, count == times))
            for times in range(most + 1)
            if (count == times).any()
        ]
    return found


def source_rules(
    decided: Decided, known: Known, most: int = SOURCES
) -> tuple[list[tuple[int, Share]], list[tuple[Rule, list[SourceRule]]]]:
    """Return the busiest sources, and each rule's acceptance at each of them.

    The tint says how much more often than the source's own handoffs these are rejected.
    """
    ids, counts = np.unique(decided.source, return_counts=True)
    busiest = ids[np.argsort(-counts, kind="stable")][:most]
    columns = [(int(one), share(decided.accepted, decided.source == one)) for one in busiest]
    at_source = [known.fired[decided.source == one] for one in busiest]
    yes = [known.fired[(decided.source == one) & decided.accepted] for one in busiest]
    sums = [(a.sum(axis=0), b.sum(axis=0)) for a, b in zip(at_source, yes, strict=True)]
    rows = [
        (
            rule,
            [
                _at_source(source, base, Share(int(accepted[n]), int(fired[n])))
                for (source, base), (fired, accepted) in zip(columns, sums, strict=True)
            ],
        )
        for n, rule in enumerate(known.rules)
    ]
    return columns, rows


def _at_source(source: int, base: Share, here: Share) -> SourceRule:
    rejected, expected = here.n - here.hits, here.n * (base.n - base.hits) / max(base.n, 1)
    ratio = rejected / expected if expected else None
    tint = 0
    if rejected >= 8 and ratio is not None and ratio > 1:
        tint = min(4, 1 + int((ratio - 1) / 0.34))
    return SourceRule(source, here, ratio, tint)


def weigh_known(decided: Decided, known: Known) -> Weighed:
    """Weigh the rules of these handoffs, each version with a level of its own."""
    return weigh(known.fired, decided.accepted, known.level, known.has)
