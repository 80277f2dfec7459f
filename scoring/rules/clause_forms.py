"""Reads the body of each kind of clause but gates, which need the rules around them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from scoring.rules.amounts import ALL, hundredths
from scoring.rules.condition_forms import FieldTypes, read_condition
from scoring.rules.conditions import Condition
from scoring.rules.definition import (
    DIMENSIONS,
    SIGNALS,
    Attribute,
    Behaviour,
    Decay,
    GradeCuts,
    Group,
    Rule,
    RuleTest,
    Silence,
)
from scoring.rules.problems import Findings, join
from scoring.rules.reading import Reader

LONGEST_SPAN = 3_650  # days of a window, a silence, a step of decay
MOST_TIMES = 1_000
OBJECT_FIELDS: FieldTypes = {"object": "text", "object_tags": "tags"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What rules may speak of. None accepts any name: signed text outlives the registry."""

    facts: FieldTypes | None = None
    properties: FieldTypes | None = None
    kinds: Collection[str] | None = None
    answers: Collection[str] | None = None  # of the call sheet

    @property
    def activity_fields(self) -> FieldTypes | None:
        """The fields of an activity: its properties, and what it was about."""
        return None if self.properties is None else {**self.properties, **OBJECT_FIELDS}


ANYTHING = Vocabulary()


def read_group(key: str, body: object, path: str, findings: Findings) -> Group:
    """Read a group: name, dimension, how its rules combine, floor and cap."""
    reader = Reader(body, path, findings)
    name = reader.text("name")
    dimension = reader.choice("dimension", DIMENSIONS)
    combine = reader.choice("combine", ("sum", "highest"))
    floor, cap = reader.limits()
    reader.finish()
    return Group(key, name, dimension, combine, floor, cap)


def read_rule(
    key: str, body: object, vocabulary: Vocabulary, path: str, findings: Findings
) -> Rule | None:
    """Read a rule; None when what it tests cannot be read."""
    reader = Reader(body, path, findings)
    group, name, points = reader.key("group"), reader.text("name"), reader.points("points")
    signal = reader.choice("signal", SIGNALS, default="none")
    disqualifies = reader.flag("disqualifies")
    read = {"attribute": _attribute, "behaviour": _behaviour, "silence": _silence}
    kind = reader.choice("type", tuple(read))
    if reader.body.get("type") != kind:
        return None
    test = read[kind](reader, vocabulary)
    reader.finish()
    if test is None:
        return None
    return Rule(key, group, name, points, signal, disqualifies, test)


def _condition(reader: Reader, name: str, fields: FieldTypes | None) -> Condition | None:
    return read_condition(reader.get(name), fields, join(reader.path, name), reader.findings)


def _attribute(reader: Reader, vocabulary: Vocabulary) -> RuleTest | None:
    when = _condition(reader, "when", vocabulary.facts)
    return None if when is None else Attribute(when, when.fields())


def _silence(reader: Reader, vocabulary: Vocabulary) -> RuleTest:
    kinds = reader.texts("kinds", longest=100, known=vocabulary.kinds)
    return Silence(kinds, reader.count("days", LONGEST_SPAN, required=True) or 1)


def _behaviour(reader: Reader, vocabulary: Vocabulary) -> RuleTest:
    where = None
    if reader.get("where") is not None:
        where = _condition(reader, "where", vocabulary.activity_fields)
    test = Behaviour(
        kinds=reader.texts("kinds", longest=100, known=vocabulary.kinds),
        where=where,
        counts=reader.choice("counts", ("once", "each", "once_per_object")),
        within_days=reader.count("within_days", LONGEST_SPAN),
        max_times=reader.count("max_times", MOST_TIMES),
        min_count=reader.count("min_count", MOST_TIMES),
        decay=None if reader.get("decay") is None else _decay(reader),
    )
    if test.decay is not None and test.within_days is not None:
        reader.problem("decay", _("A rule has a window or decay, never both. Take one out."))
    return test


def _decay(reader: Reader) -> Decay:
    inside = Reader(reader.get("decay"), join(reader.path, "decay"), reader.findings)
    every = inside.count("every_days", LONGEST_SPAN, required=True)
    lost = hundredths(inside.get("percent")) or 0
    if not 0 < lost <= ALL:
        inside.problem("percent", _("Give a percentage above 0, at most 100, like “12.5”."))
    inside.finish()
    return Decay(every or 1, lost)


def read_total(body: object, path: str, findings: Findings) -> tuple[int | None, int | None]:
    """Read the floor and cap of the total, in hundredths."""
    reader = Reader(body, path, findings)
    limits = reader.limits()
    reader.finish()
    return limits


def read_whom(
    body: object, vocabulary: Vocabulary, path: str, findings: Findings
) -> Condition | None:
    """Read the ICP or a segment: one condition on facts."""
    reader = Reader(body, path, findings)
    when = _condition(reader, "when", vocabulary.facts)
    reader.finish()
    return when


def read_grade(body: object, path: str, findings: Findings) -> GradeCuts:
    """Read the cut points of both dimensions; the better class needs at least as much."""
    reader = Reader(body, path, findings)
    cuts = []
    for dimension, better, worse in (("fit", "A", "B"), ("engagement", "1", "2")):
        inside = Reader(reader.get(dimension), join(path, dimension), findings)
        high, low = inside.points(better), inside.points(worse)
        if high < low:
            inside.problem(better, _("The better class must not begin below the next one."))
        inside.finish()
        cuts += [high, low]
    reader.finish()
    return GradeCuts(*cuts)


def read_checklist(
    body: object, vocabulary: Vocabulary, path: str, findings: Findings
) -> tuple[str, ...]:
    """Read the answers of the call sheet without which nobody accepts, by their keys."""
    reader = Reader(body, path, findings)
    questions = reader.texts("questions", longest=300, known=vocabulary.answers)
    reader.finish()
    return questions
