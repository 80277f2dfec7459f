"""How a score came to be what it is, and what becomes of it if nothing more happens.

Both are the same pure evaluation, asked at the instants at which it can change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from leads.database.facts import KnownFacts
from scoring.definitions.registration import labels
from scoring.definitions.services import definitions_in_force
from scoring.engine.reading import read_activities
from scoring.engine.words import date_words
from scoring.rules.activities import Activity
from scoring.rules.definition import GATES, Definition
from scoring.rules.evaluate import Facts, Snapshot, Standing, evaluate, facts_at
from scoring.rules.explain import gate_name, missing
from scoring.rules.freshness import valid_until
from scoring.rules.segments import Definitions, definition_for
from scoring.rules.ways import ways, ways_words

AHEAD = 16  # changes that are looked for
PAST = timedelta(days=90)
DRAWN = 60  # steps of the past at most: a line has no more room
MANY = 500  # activities from which on fewer steps are drawn
FEW_DRAWN = 20


@dataclass(frozen=True)
class Step:
    """A standing from an instant on. ``why`` tells the rules that bring less than before."""

    at: datetime
    standing: Standing
    why: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.standing.total


@dataclass(frozen=True)
class ClosedGate:
    """A gate that is closed, what it misses, in sentences, and what alone would open it."""

    name: str
    missing: list[str]
    ways: str = ""


@dataclass(frozen=True)
class Outlook:
    """The score at ``at``, the steps that led there and those to come, oldest first."""

    at: datetime
    now: Standing
    facts: Facts
    definition: Definition
    past: list[Step]
    ahead: list[Step]

    def closed(self) -> list[ClosedGate]:
        """Return what is missing to each gate that is closed."""
        words = labels()
        return [
            ClosedGate(
                gate_name(gate),
                missing(self.definition, self.now, self.facts, gate, words),
                ways_words(ways(self.definition, self.now, self.facts, gate)),
            )
            for gate in GATES
            if getattr(self.definition, gate) is not None and not getattr(self.now, gate)
        ]

    def next_gate(self) -> ClosedGate | None:
        """Return the nearest gate to sales that is closed; None once one of them is open."""
        if self.now.sales_ready or self.now.fast_track:
            return None
        closed = {gate.name: gate for gate in self.closed()}
        return closed.get(gate_name("sales_ready" if self.now.mql else "mql"))

    def closings(self) -> list[str]:
        """Say of each open gate to sales when time alone closes it, and why."""
        return [
            _closing(gate, self.ahead) for gate in ("sales_ready", "fast_track")
            if getattr(self.now, gate)
        ]  # fmt: skip

    def falls(self) -> str:
        """Say when the score falls if nothing more happens; empty when time changes nothing."""
        first = next((step for step in self.ahead if step.total < self.now.total), None)
        if first is None:
            return ""
        words = {"total": first.total, "when": _day(first.at)}
        return _("Falls to %(total)s on %(when)s if nothing more happens.") % words


def outlook_of(lead_id: int, known: Sequence[KnownFacts], at: datetime) -> Outlook | None:
    """Return what lies ahead of one lead; None before a definition is in force.

    ``known`` are its facts over time (``known_facts``). Two queries.
    """
    found = definitions_in_force(at)
    if found is None:
        return None
    definitions = found.definitions
    snapshots = [Snapshot(id=one.id, known_from=one.known_from, values=one.values) for one in known]
    activities = read_activities([lead_id], definitions.kinds).get(lead_id, [])
    return outlook(definitions, snapshots, activities, at)


def outlook(
    definitions: Definitions,
    snapshots: Sequence[Snapshot],
    activities: Sequence[Activity],
    at: datetime,
    *,
    with_past: bool = False,
) -> Outlook:
    """Return the standing at ``at`` with what lies ahead and, if asked, what lay behind."""
    facts = facts_at(snapshots, at)
    definition = definition_for(definitions, facts)
    now = evaluate(definition, facts, activities, at)
    past = _past(definitions, snapshots, activities, at) if with_past else []
    ahead = list(_ahead(definitions, snapshots, activities, Step(at, now)))
    return Outlook(at, now, facts, definition, past, ahead)


def _ahead(
    definitions: Definitions,
    snapshots: Sequence[Snapshot],
    activities: Sequence[Activity],
    now: Step,
) -> Iterator[Step]:
    """Yield the changes to come: only those that a reader would notice."""
    before, at = now.standing, now.at
    for _change in range(AHEAD):
        definition = definition_for(definitions, facts_at(snapshots, at))
        later = valid_until(definition, snapshots, activities, at)
        if later is None:
            return
        at, facts = later, facts_at(snapshots, later)
        then = evaluate(definition_for(definitions, facts), facts, activities, at)
        if _shown(then) != _shown(before):
            yield Step(at, then, tuple(_causes(before, then)))
        before = then


def _past(
    definitions: Definitions,
    snapshots: Sequence[Snapshot],
    activities: Sequence[Activity],
    at: datetime,
) -> list[Step]:
    """Return the score under today's definition at each change of the past, or nearly so."""
    known = [one.known_from for one in snapshots] + [one.received_at for one in activities]
    start = max(min((when for when in known if when < at), default=at), at - PAST)
    drawn = FEW_DRAWN if len(activities) > MANY else DRAWN
    gap = (at - start) / drawn
    steps, when = list[Step](), start
    while when < at:
        facts = facts_at(snapshots, when)
        definition = definition_for(definitions, facts)
        steps.append(Step(when, evaluate(definition, facts, activities, when)))
        later = valid_until(definition, snapshots, activities, when)
        if later is None:
            break
        when = later if later >= at else max(later, when + gap)
    return steps


def _shown(standing: Standing) -> tuple[object, ...]:
    return (standing.total, standing.mql, standing.sales_ready, standing.fast_track)


def _causes(before: Standing, then: Standing) -> Iterator[str]:
    """Yield the rules that bring less than before, in words."""
    had = {factor.rule.key: factor for factor in before.factors}
    has = {factor.rule.key: factor for factor in then.factors}
    for key, factor in had.items():
        if key not in has and factor.points >= 0:
            yield _("“%s” no longer counts") % factor.rule.name
        elif key in has and has[key].points < factor.points:
            yield _("“%s” counts less") % factor.rule.name
    for key, factor in has.items():
        if key not in had and factor.points < 0:
            yield _("“%s” takes points away") % factor.rule.name


def _closing(gate: str, ahead: Sequence[Step]) -> str:
    step = next((one for one in ahead if not getattr(one.standing, gate)), None)
    is_fast = gate == "fast_track"
    if step is None:
        stays = _("Time alone does not close the fast track.")
        return stays if is_fast else _("Time alone does not undo sales-ready.")
    words = {"day": _day(step.at), "why": _(" and ").join(step.why)}
    if not step.why:
        closes, ends = _("The fast track closes on %(day)s."), _("Sales-ready until %(day)s.")
    else:
        closes = _("The fast track closes on %(day)s, when %(why)s.")
        ends = _("Sales-ready until %(day)s, when %(why)s.")
    return (closes if is_fast else ends) % words


def _day(when: datetime) -> str:
    return date_words([when], [], {}, always=True)
