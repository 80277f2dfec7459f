"""A definition as the evaluators read it: frozen, hashable, amounts in integer hundredths."""

from dataclasses import dataclass
from functools import cached_property

from scoring.rules.conditions import Comparison, Condition, Lookup

DIMENSIONS = ("fit", "engagement")
SIGNALS = ("none", "interest", "high_intent")
GATES = ("mql", "sales_ready", "fast_track")


@dataclass(frozen=True, slots=True)
class Attribute:
    """Fires when a condition on facts holds."""

    when: Condition
    facts: tuple[str, ...]  # the names the condition asks about, for the evidence


@dataclass(frozen=True, slots=True)
class Decay:
    """What an activity loses with age: ``lost`` hundredths of a percent every ``every_days``."""

    every_days: int
    lost: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Counts activities of some kinds, in a window or with decay, never both."""

    kinds: tuple[str, ...]
    where: Condition | None
    counts: str  # once, each, once_per_object
    within_days: int | None
    max_times: int | None
    min_count: int | None
    decay: Decay | None

    @property
    def most(self) -> int | None:
        """At most this many matches count; None means all."""
        return 1 if self.counts == "once" else self.max_times


@dataclass(frozen=True, slots=True)
class Silence:
    """Fires when nothing of some kinds happened for ``days``."""

    kinds: tuple[str, ...]
    days: int


RuleTest = Attribute | Behaviour | Silence


@dataclass(frozen=True, slots=True)
class Rule:
    """One scored sentence; its place in ``Definition.rules`` is its bit in ``Standing.fired``."""

    key: str
    group: str
    name: str
    points: int
    signal: str
    disqualifies: bool
    test: RuleTest


@dataclass(frozen=True, slots=True)
class Group:
    """Rules whose points are added, or of which the largest counts."""

    key: str
    name: str
    dimension: str
    combine: str  # sum, highest
    floor: int | None
    cap: int | None


@dataclass(frozen=True, slots=True)
class GradeCuts:
    """Cut points in hundredths; a value at a cut point belongs to the better class."""

    fit_a: int
    fit_b: int
    engagement_1: int
    engagement_2: int

    def grade(self, fit: int, engagement: int) -> str:
        """Return the class, A1 to C3."""
        letter = "A" if fit >= self.fit_a else "B" if fit >= self.fit_b else "C"
        digit = (
            1 if engagement >= self.engagement_1 else 2 if engagement >= self.engagement_2 else 3
        )
        return f"{letter}{digit}"


@dataclass(frozen=True, slots=True)
class GateInput:
    """What a gate may ask about: rounded total, hundredths of fit and engagement, the fired set."""

    total: int
    fit: int
    engagement: int
    fired: int
    icp: bool
    facts: Lookup


@dataclass(frozen=True, slots=True)
class TotalAtLeast:
    """The rounded total reaches ``points`` (hundredths)."""

    points: int

    def holds(self, given: GateInput) -> bool:
        """Whether the rounded total is at least the points."""
        return given.total * 100 >= self.points


@dataclass(frozen=True, slots=True)
class DimensionAtLeast:
    """Fit or engagement reaches ``points``, in exact hundredths."""

    dimension: str
    points: int

    def holds(self, given: GateInput) -> bool:
        """Whether the dimension is at least the points."""
        return (given.fit if self.dimension == "fit" else given.engagement) >= self.points


@dataclass(frozen=True, slots=True)
class RuleFired:
    """One rule has fired; ``mask`` is its bit."""

    rule: str
    mask: int

    def holds(self, given: GateInput) -> bool:
        """Whether the rule has fired."""
        return bool(given.fired & self.mask)


@dataclass(frozen=True, slots=True)
class SignalsAtLeast:
    """At least ``count`` fired rules of exactly ``signal``; ``mask`` holds their bits."""

    count: int
    signal: str
    mask: int

    def holds(self, given: GateInput) -> bool:
        """Whether enough rules of the signal have fired."""
        return (given.fired & self.mask).bit_count() >= self.count


@dataclass(frozen=True, slots=True)
class RulesAtLeast:
    """At least ``count`` fired rules of ``dimension`` whose full points are above zero."""

    count: int
    dimension: str
    mask: int

    def holds(self, given: GateInput) -> bool:
        """Whether enough rules of the dimension have fired."""
        return (given.fired & self.mask).bit_count() >= self.count


@dataclass(frozen=True, slots=True)
class IsIcp:
    """The lead meets the ICP."""

    def holds(self, given: GateInput) -> bool:
        """Whether the lead is in the ICP."""
        return given.icp


@dataclass(frozen=True, slots=True)
class Fact:
    """A comparison with one fact holds."""

    comparison: Comparison

    def holds(self, given: GateInput) -> bool:
        """Whether the comparison holds."""
        return self.comparison.holds(given.facts)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Gate", ...]

    def holds(self, given: GateInput) -> bool:
        """Whether every part holds."""
        return all(part.holds(given) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Gate", ...]

    def holds(self, given: GateInput) -> bool:
        """Whether at least one part holds."""
        return any(part.holds(given) for part in self.parts)


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Its part does not hold."""

    part: "Gate"

    def holds(self, given: GateInput) -> bool:
        """Whether the part does not hold."""
        return not self.part.holds(given)


Gate = (
    TotalAtLeast
    | DimensionAtLeast
    | RuleFired
    | SignalsAtLeast
    | RulesAtLeast
    | IsIcp
    | Fact
    | AllOf
    | AnyOf
    | NoneOf
)


@dataclass(frozen=True)
class Definition:
    """One version, ready to run. Rules stand in the order of their group, then their own."""

    name: str
    version: int
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    total_floor: int | None = None
    total_cap: int | None = None
    icp: Condition | None = None
    mql: Gate | None = None
    sales_ready: Gate | None = None
    fast_track: Gate | None = None
    grade: GradeCuts | None = None
    checklist: tuple[str, ...] = ()
    segment: Condition | None = None  # whom it is for; None: everybody that no other one takes

    @property
    def definitions(self) -> tuple["Definition", ...]:
        """This one alone, where several may be asked for (``scoring.rules.segments``)."""
        return (self,)

    @cached_property
    def by_group(self) -> tuple[tuple[Group, tuple[tuple[int, Rule], ...]], ...]:
        """Each group with its rules and their places, in order."""
        placed = tuple(enumerate(self.rules))
        return tuple(
            (group, tuple((place, rule) for place, rule in placed if rule.group == group.key))
            for group in self.groups
        )

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind of activity some rule can count or miss."""
        tests = (rule.test for rule in self.rules if not isinstance(rule.test, Attribute))
        return frozenset(kind for test in tests for kind in test.kinds)

    @cached_property
    def disqualifying(self) -> int:
        """The bits of the rules that close every gate when they fire."""
        return sum(1 << place for place, rule in enumerate(self.rules) if rule.disqualifies)

    @cached_property
    def place(self) -> dict[str, int]:
        """The place, and so the bit, of each rule by its key."""
        return {rule.key: place for place, rule in enumerate(self.rules)}
