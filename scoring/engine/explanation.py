"""A score as people read it: groups of lines that add up, each with what is behind it and when.

The same context serves the desk (evidence, as it was frozen) and the lead page (as of now); it
is what ``components/_factors.html`` shows. Any number of explanations costs the same queries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leads.activities.models import Activity
from leads.database.facts import KnownFacts, known_facts
from leads.database.models import Gate, Lead
from portal.agreements.models import Version
from scoring.definitions.registration import labels
from scoring.definitions.services import definitions_in_force, parsed
from scoring.engine.applies import why_applies, why_in_segment
from scoring.engine.models import Evidence
from scoring.engine.outlook import ClosedGate, Outlook, outlook
from scoring.engine.reading import read_histories
from scoring.engine.words import activity_words, date_words, facts_words, gate_ticks, times_words
from scoring.rules.amounts import show
from scoring.rules.definition import Definition, GateInput
from scoring.rules.evaluate import Facts
from scoring.rules.explain import explain, gate_name

Line = Mapping[str, Any]  # a line of ``scoring.rules.explain``, as evidence stores it


@dataclass(frozen=True)
class FactorLine:
    """One line; ``points`` are hundredths. ``key`` is the rule's, empty for caps and rounding."""

    points: int
    rule: str
    evidence: str = ""
    date: datetime | None = None
    date_words: str = ""
    high_intent: bool = False
    cap: bool = False
    key: str = ""


@dataclass(frozen=True)
class FactorGroup:
    title: str
    lines: list[FactorLine]


@dataclass(frozen=True)
class Tick:
    """One condition of a gate, and whether it holds."""

    label: str
    met: bool


@dataclass(frozen=True)
class FiredRule:
    key: str
    name: str


@dataclass(frozen=True)
class Explanation:
    """A score in lines that add up to ``total`` (whole points)."""

    version: Version
    as_of: datetime
    total: int
    grade: str
    groups: list[FactorGroup]
    gates: list[Tick]
    gate: str  # what people call the gate whose conditions ``gates`` are
    fired: list[FiredRule]
    closed: list[ClosedGate] = field(default_factory=list)
    note: str = ""
    outlook: Outlook | None = None
    counted: Mapping[int, int] = field(default_factory=dict)  # points by the activity's id
    is_reconstructed: bool = False
    applies: str = ""  # by which definition and why, where there is more than one


@dataclass(frozen=True)
class _Behind:
    """What lines refer to: activities by id, and who said which fact since when."""

    activities: Mapping[int, Activity]
    known: Facts
    origins: Mapping[str, list[int]]


def explanations_of(
    evidences: Sequence[Evidence], known: Mapping[int, Sequence[KnownFacts]] | None = None
) -> dict[int, Explanation]:
    """Return the explanation of each evidence by its handoff's id; three queries for any number.

    Points, values and counted activities are the frozen ones; only titles of objects and who
    said a fact are looked up, the latter not where ``known`` gives each lead's facts over time.
    Load the evidences with ``version`` and ``handoff``.
    """
    activities = _activities(line for one in evidences for line in one.document["lines"])
    if known is None:
        known = known_facts({one.handoff.lead_id for one in evidences})
    explained = {}
    for one in evidences:
        behind = _behind(activities, _row_at(known.get(one.handoff.lead_id, []), one.as_of))
        explained[one.pk] = _of_evidence(one, behind)
    return explained


def _of_evidence(evidence: Evidence, behind: _Behind) -> Explanation:
    definition = parsed(evidence.version)
    document = evidence.document
    facts = {**behind.known, **document["facts"]}
    given = GateInput(
        evidence.total,
        evidence.fit,
        evidence.engagement,
        evidence.fired,
        document["icp"],
        facts.get,
    )
    gate = _shown_gate(evidence.gates)
    return Explanation(
        version=evidence.version,
        as_of=evidence.as_of,
        total=evidence.total,
        grade=evidence.grade,
        groups=_groups(document["lines"], definition, behind),
        gates=[Tick(*tick) for tick in gate_ticks(definition, gate, given, labels())],
        gate=gate_name(gate),
        fired=_fired(document["rules"], definition),
        counted=_counted(document["lines"], definition),
        is_reconstructed=evidence.kind == Evidence.Kind.RECONSTRUCTED,
        applies=why_in_segment(definition, facts),
    )


def explain_lead(lead: Lead, at: datetime) -> Explanation | None:
    """Return why a lead scores what it does at ``at`` under the definition in force then.

    None before the first definition is in force. A fixed number of queries.
    """
    found = definitions_in_force(at)
    if found is None:
        return None
    history = read_histories([lead.pk], found.definitions)[lead.pk]
    over_time = outlook(
        found.definitions, history.snapshots, history.activities, at, with_past=True
    )
    standing, facts, definition = over_time.now, over_time.facts, over_time.definition
    lines = [asdict(line) for line in explain(definition, standing)]
    row = _row_at(known_facts([lead.pk], until=at).get(lead.pk, []), at)
    behind = _behind(_activities(lines), row)
    gate = "fast_track" if standing.fast_track and not standing.sales_ready else "sales_ready"
    given = GateInput(
        standing.total, standing.fit, standing.engagement, standing.fired, standing.icp, facts.get
    )
    return Explanation(
        version=found.of(facts).version,
        as_of=at,
        total=standing.total,
        grade=standing.grade,
        groups=_groups(lines, definition, behind),
        gates=[Tick(*tick) for tick in gate_ticks(definition, gate, given, labels())],
        gate=gate_name(gate),
        fired=_fired([factor.rule.key for factor in standing.factors], definition),
        counted=_counted(lines, definition),
        closed=over_time.closed(),
        note=over_time.falls(),
        outlook=over_time,
        applies=why_applies(found, facts),
    )


def _shown_gate(bits: int) -> str:
    """The gate whose conditions are shown: the fast track only where it alone opened."""
    return "fast_track" if bits & Gate.FAST_TRACK and not bits & Gate.SALES_READY else "sales_ready"


def _behind(activities: Mapping[int, Activity], row: KnownFacts | None) -> _Behind:
    return _Behind(activities, row.values if row else {}, row.origins if row else {})


def _row_at(rows: Sequence[KnownFacts], at: datetime) -> KnownFacts | None:
    return next((row for row in reversed(rows) if row.known_from <= at), None)


def _activities(lines: Iterable[Line]) -> dict[int, Activity]:
    ids = {pk for line in lines for pk in line["activities"]}
    return Activity.objects.select_related("object").in_bulk(ids) if ids else {}


def _fired(keys: Sequence[str], definition: Definition) -> list[FiredRule]:
    names = {rule.key: rule.name for rule in definition.rules}
    return [FiredRule(key, names.get(key, key)) for key in keys]


def _counted(lines: Sequence[Line], definition: Definition) -> dict[int, int]:
    """Return what each counted activity brought before caps, by its id; exact without decay."""
    points: dict[int, int] = {}
    for line in lines:
        if line["activities"] and line["rule"] in definition.place:
            share = line["worth"] // len(line["activities"])
            for pk in line["activities"]:
                points[pk] = points.get(pk, 0) + share
    return points


def _groups(lines: Sequence[Line], definition: Definition, behind: _Behind) -> list[FactorGroup]:
    """Cut the lines at their subtotals: fit, engagement, and what limits the total."""
    groups: list[FactorGroup] = []
    open_lines: list[FactorLine] = []
    for place, line in enumerate(lines):
        kind = line["kind"]
        if kind == "factor":
            open_lines.append(_factor(line, definition, behind))
        elif kind in {"floor", "cap"}:
            open_lines.append(_limit(line, lines[place + 1 :]))
        elif kind == "rounding":
            open_lines.append(FactorLine(line["points"], line["text"], cap=True))
        elif kind == "subtotal" or (kind == "total" and open_lines):
            groups.append(FactorGroup(_title(line, definition), open_lines))
            open_lines = []
    return groups


def _title(line: Line, definition: Definition) -> str:
    if line["kind"] == "total":
        return _("Of the total")
    dimension = "fit" if line["text"] == _("Fit") else "engagement"
    caps = [group.cap for group in definition.groups if group.dimension == dimension]
    if len(caps) == 1 and caps[0] is not None:
        words = {"name": line["text"], "points": show(line["points"]), "cap": show(caps[0])}
        return _("%(name)s, %(points)s of %(cap)s") % words
    return _("%(name)s, %(points)s") % {"name": line["text"], "points": show(line["points"])}


def _factor(line: Line, definition: Definition, behind: _Behind) -> FactorLine:
    place = definition.place.get(line["rule"])
    rule = definition.rules[place] if place is not None else None
    counted = [behind.activities[pk] for pk in line["activities"] if pk in behind.activities]
    facts = [(name, value) for name, value in line["facts"] if value is not None]
    dates = sorted(one.occurred_at for one in counted)
    return FactorLine(
        points=line["points"],
        rule=times_words(line["text"], rule, len(line["activities"])),
        evidence=activity_words(counted) if counted else facts_words(facts, behind.known),
        date=dates[0] if len(dates) == 1 else None,
        date_words=date_words(dates, [name for name, _value in facts], behind.origins),
        high_intent=rule is not None and rule.signal == "high_intent",
        key=line["rule"],
    )


def _limit(line: Line, after: Sequence[Line]) -> FactorLine:
    """A cap or floor as its own line: “Engagement stops at 80”, “85 before the cap”."""
    whole = next((one for one in after if one["kind"] == "group"), None) if line["group"] else None
    if whole is None:
        return FactorLine(line["points"], line["text"], cap=True)
    before = show(whole["points"] - line["points"])
    words = {"group": whole["text"], "points": show(whole["points"])}
    if line["kind"] == "cap":
        evidence = _("%s before the cap") % before
        return FactorLine(
            line["points"], _("%(group)s stops at %(points)s") % words, evidence, cap=True
        )
    return FactorLine(line["points"], _("%(group)s counts at least %(points)s") % words, cap=True)
