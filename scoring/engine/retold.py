"""One lead's score under any version at any instant, with every activity behind every line.

The same pure evaluation as everywhere; nothing stored is read but facts and activities.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from leads.activities.models import Activity
from leads.database.models import Lead
from portal.agreements.models import Version
from scoring.definitions.registration import labels
from scoring.definitions.services import definitions_in_force, parsed
from scoring.engine.applies import why_applies
from scoring.engine.reading import read_histories
from scoring.rules.amounts import decayed
from scoring.rules.definition import GATES, Behaviour, Definition, Rule
from scoring.rules.evaluate import Facts, Standing, evaluate, facts_at
from scoring.rules.explain import Line, explain, gate_name, missing
from scoring.rules.instants import DAY, seconds
from scoring.rules.ways import ways, ways_words


@dataclass(frozen=True)
class Counted:
    """An activity that counts: ``points`` in hundredths, after ``steps`` steps of decay."""

    activity: Activity
    points: int
    steps: int = 0


@dataclass(frozen=True)
class RetoldLine:
    """One line of the sum, with what is behind it."""

    line: Line
    activities: tuple[Counted, ...]
    facts: tuple[tuple[str, object], ...]

    @property
    def is_sum(self) -> bool:
        return self.line.kind in {"group", "subtotal", "total"}


@dataclass(frozen=True)
class RetoldGate:
    """A gate of the version, and what it misses where it is closed, in sentences.

    ``ways`` are rules of which one more count alone would open it.
    """

    key: str
    name: str
    is_open: bool
    missing: list[str]
    ways: list[Rule]

    @property
    def ways_words(self) -> str:
        """Say what would do it."""
        return ways_words(self.ways)


@dataclass(frozen=True)
class Retold:
    """A score in lines that add up, true for ``as_of``."""

    version: Version
    as_of: datetime
    standing: Standing
    lines: list[RetoldLine]
    gates: list[RetoldGate]
    applies: str = ""  # why this definition, where there is more than one


def retell(lead: Lead, *, at: datetime, version: Version | None = None) -> Retold | None:
    """Score ``lead`` as it was known at ``at``: under ``version``, or what was in force then.

    None before the first definition was in force. A fixed number of queries.
    """
    found = None if version else definitions_in_force(at)
    if version is None and found is None:
        return None
    asked = found.definitions if found else parsed(version) if version else None
    assert asked is not None  # noqa: S101 - one of the two is there
    history = read_histories([lead.pk], asked)[lead.pk]
    facts = facts_at(history.snapshots, at)
    if found is not None:
        applied, applies = found.of(facts), why_applies(found, facts)
        version, definition = applied.version, applied.definition
    else:
        assert isinstance(asked, Definition) and version  # noqa: S101, PT018 - it was asked for
        definition, applies = asked, ""
    standing = evaluate(definition, facts, history.activities, at)
    lines = explain(definition, standing)
    ids = {pk for line in lines for pk in line.activities}
    rows = Activity.objects.select_related("object").in_bulk(ids) if ids else {}
    return Retold(
        version=version,
        as_of=at,
        standing=standing,
        lines=[_line(one, definition, rows, seconds(at)) for one in lines],
        gates=list(_gates(definition, standing, facts)),
        applies=applies,
    )


def _line(line: Line, definition: Definition, rows: Mapping[int, Activity], at: int) -> RetoldLine:
    known = tuple((name, value) for name, value in line.facts if value is not None)
    counted = [_counted(line, definition, rows[pk], at) for pk in line.activities if pk in rows]
    return RetoldLine(line, tuple(counted), known)


def _counted(line: Line, definition: Definition, row: Activity, at: int) -> Counted:
    rule = definition.rules[definition.place[line.rule]]
    decay = rule.test.decay if isinstance(rule.test, Behaviour) else None
    if decay is None:
        return Counted(row, rule.points)
    steps = (at - seconds(row.occurred_at)) // (decay.every_days * DAY)
    return Counted(row, decayed(rule.points, decay.lost, steps), steps)


def _gates(definition: Definition, standing: Standing, facts: Facts) -> Iterator[RetoldGate]:
    words = labels()
    for key in GATES:
        if getattr(definition, key) is not None:
            is_open = bool(getattr(standing, key))
            misses = [] if is_open else missing(definition, standing, facts, key, words)
            open_it = ways(definition, standing, facts, key)
            yield RetoldGate(key, gate_name(key), is_open, misses, open_it)
