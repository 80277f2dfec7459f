"""From what the rules do to what should change: points, rules that go, rules that are missing.

Pure: clauses and numbers in, proposals out. A step is bounded, so that one month's noise cannot
turn a definition over, and nothing is proposed that chance alone would often bring.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from portal.core.intervals import ENOUGH, katz_ratio, wilson
from scoring.feedback.decided import Bools
from scoring.feedback.statistics import Counts, Floats, false_discovery, two_sided
from scoring.feedback.weighing import CALLED, Weighed, together
from scoring.rules.amounts import show
from scoring.rules.definition import Definition, Rule

LEAST = 200  # handoffs below which nothing is proposed
STEP = 500  # hundredths: a rule moves by so much in one step, or by half of its points
RARE = 0.01  # the false-discovery rate of facts, of which there are many, and of gate moves
ALIKE = 0.98  # of the handoffs of either rule the other fired too: one says nothing new
SCORED = 1_000  # leads below which a rule that never fired is not called dead
CUTS = (5, 10, 20)  # points above the gate at which it may begin anew
WORTH_IT = 0.75  # a gate moves when those just above it are accepted at most so often
MISSING = 3  # as many missing rules as one look proposes

Clause = Mapping[str, Any]


@dataclass(frozen=True)
class Proposal:
    """One changed clause: ``body`` None drops it, ``was`` None adds it; with what argues for it."""

    kind: str  # points, drop, add, gate
    clause_kind: str
    key: str
    was: dict[str, Any] | None
    body: dict[str, Any] | None
    n: int
    strength: float
    argument: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """One value of one fact, tested beyond the rules there are."""

    fact: str
    value: str
    n: int
    accepted: int
    effect: float  # log odds
    error: float
    z: float


def propose_points(
    clauses: Sequence[Clause], rules: Sequence[Rule], found: Weighed
) -> list[Proposal]:
    """Propose other points for rules whose adjusted effect their points do not match.

    ``found`` weighs ``rules`` in their order. A harmful rule loses points, down to a bounded
    step; a helpful one gains where the others' points say that it is worth clearly more.
    """
    bodies = {one["key"]: one["body"] for one in clauses if one["kind"] == "rule"}
    scale = points_for_log_odds(rules, found)
    harmful, helpful = found.harmful(), found.helpful()
    proposals = []
    for place, rule in enumerate(rules):
        if rule.key not in bodies or not (harmful[place] or helpful[place]):
            continue
        points = _moved(rule.points, scale * float(found.effect[place]), gains=bool(helpful[place]))
        if points == rule.points:
            continue
        body = {**deepcopy(bodies[rule.key]), "points": show(points).replace("−", "-")}
        proposals.append(
            Proposal("points", "rule", rule.key, dict(bodies[rule.key]), body,
                     int(found.fired[place]), float(abs(found.effect[place] / found.error[place])),
                     _weighed_argument(found, place))
        )  # fmt: skip
    return proposals


def points_for_log_odds(rules: Sequence[Rule], found: Weighed) -> float:
    """Return how many hundredths the definition gives for one log odds, over its helpful rules."""
    points = np.array([rule.points for rule in rules], dtype=float)
    good = ~np.isnan(found.effect) & (found.effect > 0) & (points > 0)
    if good.any():
        return float((points[good] * found.effect[good]).sum() / (found.effect[good] ** 2).sum())
    above = points[points > 0]
    return float(np.median(above)) if above.size else 1000.0


def _moved(points: int, wanted: float, *, gains: bool) -> int:
    """Return the points a step nearer to those wanted, whole; unchanged when near enough."""
    step = max(STEP, abs(points) // 2)
    bounded = min(max(wanted, points - step), points + step)
    whole = round(bounded / 100) * 100
    if gains:
        return whole if whole > points and wanted >= 1.25 * points else points
    return min(whole, points - 100)


def _weighed_argument(found: Weighed, place: int) -> dict[str, Any]:
    return {
        "fired": int(found.fired[place]),
        "fired_accepted": int(found.fired_accepted[place]),
        "others": int(found.others[place]),
        "others_accepted": int(found.others_accepted[place]),
        "ratio": _three(found.ratio, found.ratio_low, found.ratio_high, place),
        "odds": _three(found.odds, found.odds_low, found.odds_high, place),
        "q": float(found.q[place]),
    }


def _three(value: Floats, low: Floats, high: Floats, place: int) -> list[float]:
    return [round(float(part[place]), 4) for part in (value, low, high)]


def propose_drops(
    clauses: Sequence[Clause],
    rules: Sequence[Rule],
    fired: Bools,
    *,
    scored: int,
    dead: frozenset[str],
) -> list[Proposal]:
    """Propose to drop rules that no scored lead meets, and those that fire as another one does.

    ``dead`` holds the keys of rules that none of the ``scored`` leads meets now, and none of the
    handoffs had met.
    """
    bodies = {one["key"]: one["body"] for one in clauses if one["kind"] == "rule"}
    proposals = [
        Proposal("drop", "rule", rule.key, dict(bodies[rule.key]), None, scored, 1.0,
                 {"scored": scored, "why": "dead"})
        for rule in rules
        if rule.key in bodies and rule.key in dead and scored >= SCORED
    ]  # fmt: skip
    both = together(fired)
    own = np.diag(both)
    for later in range(len(rules)):
        for earlier in range(later):
            count = int(both[earlier, later])
            union = int(own[earlier] + own[later]) - count
            is_same = count >= LEAST and count >= ALIKE * union
            if is_same and rules[later].key in bodies:
                proposals.append(
                    Proposal("drop", "rule", rules[later].key, dict(bodies[rules[later].key]),
                             None, count, 1.0,
                             {"twin": rules[earlier].key, "both": count, "either": union,
                              "why": "duplicate"})
                )  # fmt: skip
                break
    return proposals


def propose_gate(
    clauses: Sequence[Clause], total: Counts, accepted: Bools, gate: int | None
) -> list[Proposal]:
    """Propose a higher total for sales-ready when those just above it are accepted far less.

    ``total`` and ``accepted`` are of handoffs that came by that gate. Whom a lower gate would let
    in nobody has judged: that is for a back-test, never proposed from here.
    """
    if gate is None or len(total) < LEAST:
        return []
    best: tuple[float, int, dict[str, Any]] | None = None
    for cut in CUTS:
        below = total < gate + cut
        n, others = int(below.sum()), int((~below).sum())
        if min(n, others) < ENOUGH:
            continue
        yes = int((accepted & below).sum())
        ratio = katz_ratio(yes, n, int(accepted.sum()) - yes, others)
        if ratio is None or ratio.value > WORTH_IT:
            continue
        z = np.log(ratio.value) / (np.log(ratio.high / ratio.low) / (2 * 1.959964))
        if float(two_sided(z)) * len(CUTS) > RARE or (best and abs(z) <= best[0]):
            continue
        share = wilson(yes, n)
        best = (abs(float(z)), cut, {
            "below": n, "below_accepted": yes, "above": others,
            "above_accepted": int(accepted.sum()) - yes, "from": gate, "to": gate + cut,
            "ratio": [ratio.value, ratio.low, ratio.high],
            "share": [share.value, share.low, share.high] if share else None,
        })  # fmt: skip
    body = next(
        (c["body"] for c in clauses if (c["kind"], c["key"]) == ("gate", "sales_ready")), None
    )
    if best is None or body is None:
        return []
    higher = raised(body, gate, gate + best[1])
    return [
        Proposal("gate", "gate", "sales_ready", dict(body), higher, len(total), best[0], best[2])
    ]


def raised(tree: Any, gate: int, wanted: int) -> Any:
    """Return the tree with its least total raised; other totals stay."""
    if isinstance(tree, list):
        return [raised(part, gate, wanted) for part in tree]
    if not isinstance(tree, dict):
        return tree
    if "total_at_least" in tree and float(tree["total_at_least"]) == gate:
        return {"total_at_least": wanted}
    return {name: raised(part, gate, wanted) for name, part in tree.items()}


def propose_missing(
    clauses: Sequence[Clause],
    definition: Definition,
    candidates: Sequence[Candidate],
    labels: Mapping[str, str],
    scale: float,
) -> list[Proposal]:
    """Propose rules for values of facts that tell rejected leads from accepted ones.

    Beyond chance over every value of every fact, the strongest of each fact, three at most.
    """
    group = next(
        (one for one in definition.groups if one.dimension == "fit" and one.combine == "sum"), None
    )
    if group is None or not candidates:
        return []
    q = false_discovery(two_sided([one.z for one in candidates]))
    telling = [one for one, rate in zip(candidates, q, strict=True) if rate <= min(RARE, CALLED)]
    strongest: dict[str, Candidate] = {}
    for one in sorted(telling, key=lambda one: -abs(one.z)):
        strongest.setdefault(one.fact, one)
    taken = {clause["key"] for clause in clauses}
    proposals = []
    for one in list(strongest.values())[:MISSING]:
        key = _key(one, taken)
        points = _moved(0, scale * one.effect, gains=one.effect > 0)
        if not points or key in taken:
            continue
        body = {
            "group": group.key, "name": f"{labels.get(one.fact, one.fact)}: {one.value}"[:100],
            "points": show(points).replace("−", "-"), "signal": "none", "disqualifies": False,
            "type": "attribute", "when": {"field": one.fact, "op": "equals", "value": one.value},
        }  # fmt: skip
        odds = [float(np.exp(one.effect + sign * 1.959964 * one.error)) for sign in (0, -1, 1)]
        proposals.append(
            Proposal("add", "rule", key, None, body, one.n, abs(one.z),
                     {"fired": one.n, "fired_accepted": one.accepted, "odds": odds,
                      "fact": one.fact, "value": one.value})
        )  # fmt: skip
    return proposals


def _key(one: Candidate, taken: set[str]) -> str:
    words = "".join(
        letter if letter.isalnum() and letter.isascii() else "_" for letter in one.value
    )
    key = f"{one.fact}_{words}".lower().strip("_")[:40].strip("_")
    return key if key not in taken else f"{key}_2"
