"""Any lead at any past instant under a draft and under the version in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst

from leads.activities.models import Activity
from leads.database.models import Lead
from scoring.definitions.registration import labels
from scoring.engine.reading import LeadHistory, read_histories
from scoring.engine.words import activity_words, facts_words
from scoring.rules.definition import GATES, Definition
from scoring.rules.evaluate import Facts, Standing, evaluate, facts_at
from scoring.rules.explain import Line, explain, gate_name, missing
from scoring.rules.segments import Among
from scoring.rules.ways import ways, ways_words
from scoring.workshop.side_by_side import Row, side_by_side

ALONE = Among()


@dataclass(frozen=True)
class Tried:
    """What one version makes of a lead at an instant."""

    standing: Standing
    lines: list[Line]
    gates: list["Gate"]


@dataclass(frozen=True)
class Gate:
    """A gate, what it misses where it is closed, and what alone would open it."""

    name: str
    is_open: bool
    missing: list[str]


@dataclass(frozen=True)
class Shown:
    """A row with the words of what is behind it."""

    row: Row
    evidence: str


@dataclass(frozen=True)
class Trial:
    lead: Lead
    at: datetime
    draft: Tried
    before: Tried | None
    rows: list[Shown]
    other: str  # the definition that applies to it, where it is not this one
    is_unknown: bool  # nothing was known of the lead at the instant


def try_lead(
    lead: Lead,
    draft: Definition,
    before: Definition | None,
    at: datetime,
    *,
    among: Among = ALONE,
) -> Trial:
    """Score a lead as it was known at ``at`` under both versions; a fixed number of queries."""
    history = _history(lead, draft, before)
    facts = facts_at(history.snapshots, at)
    one = _tried(draft, history, facts, at)
    other = None if before is None else _tried(before, history, facts, at)
    rows = side_by_side(one.lines, other.lines if other else ())
    ids = {pk for row in rows for line in (row.draft, row.before) if line for pk in line.activities}
    activities = Activity.objects.select_related("object").in_bulk(ids) if ids else {}
    shown = [Shown(row, _evidence(row, activities, facts)) for row in rows]
    known = any(row.known_from <= at for row in history.snapshots)
    known = known or any(one.occurred_at <= at for one in history.activities)
    return Trial(lead, at, one, other, shown, _other(draft, among, facts), is_unknown=not known)


def _other(draft: Definition, among: Among, facts: Facts) -> str:
    """Return the name of the definition that would score a lead with these facts instead."""
    all_of_them = among.having(draft)
    if all_of_them is None or (place := all_of_them.place(facts)) == among.place:
        return ""
    return all_of_them.definitions[place].name


def _history(lead: Lead, draft: Definition, before: Definition | None) -> LeadHistory:
    """Read what either version may ask about, once."""
    history = read_histories([lead.pk], draft)[lead.pk]
    if before is not None and not before.kinds <= draft.kinds:
        other = read_histories([lead.pk], before)[lead.pk]
        known = {one.id for one in history.activities}
        history.activities += [one for one in other.activities if one.id not in known]
    return history


def _tried(definition: Definition, history: LeadHistory, facts: Facts, at: datetime) -> Tried:
    standing = evaluate(definition, facts, history.activities, at)
    gates = [
        Gate(
            gate_name(key),
            bool(getattr(standing, key)),
            _closed_by(definition, standing, facts, key),
        )
        for key in GATES
    ]
    return Tried(standing, explain(definition, standing), gates)


def _closed_by(definition: Definition, standing: Standing, facts: Facts, key: str) -> list[str]:
    alone = ways_words(ways(definition, standing, facts, key))
    return missing(definition, standing, facts, key, labels()) + [alone] * bool(alone)


def _evidence(row: Row, activities: Mapping[int, Activity], facts: Facts) -> str:
    line = row.draft or row.before
    if line is None or row.kind != "factor":
        return ""
    counted = [activities[pk] for pk in line.activities if pk in activities]
    if counted:
        about_nothing = str(counted[0].registered.label)  # then what was done says it
        return activity_words(counted) or capfirst(about_nothing)
    return facts_words([(name, value) for name, value in line.facts if value is not None], facts)
