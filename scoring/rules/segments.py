"""Which definition applies to whom: segments are tried in order, the last one takes the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from scoring.rules.conditions import All, Any, Comparison, Condition, Not
from scoring.rules.definition import AllOf, AnyOf, Definition, Fact, Gate, NoneOf
from scoring.rules.evaluate import Facts


@dataclass(frozen=True)
class Segmented:
    """Definitions in the order in which their segments are tried.

    A lead is scored by the first whose segment its facts meet; a comparison with a missing fact
    is false, so such a lead falls to the next. The last applies to everybody whom none took.
    """

    definitions: tuple[Definition, ...]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind of activity that some rule of some definition can count or miss."""
        return frozenset(kind for one in self.definitions for kind in one.kinds)

    def place(self, facts: Facts) -> int:
        """Return which of the definitions applies to a lead with these facts."""
        last = len(self.definitions) - 1
        for place, one in enumerate(self.definitions[:last]):
            if one.segment is not None and one.segment.holds(facts.get):
                return place
        return last

    def whom(self, place: int) -> Condition | None:
        """Return the condition under which the definition at ``place`` applies; None: always."""
        earlier = [one.segment for one in self.definitions[:place] if one.segment is not None]
        parts: list[Condition] = [Not(one) for one in earlier]
        own = self.definitions[place].segment
        if place < len(self.definitions) - 1 and own is not None:
            parts.append(own)
        return None if not parts else parts[0] if len(parts) == 1 else All(tuple(parts))


@dataclass(frozen=True)
class Among:
    """The definitions around one of them, as segments are tried: those before it, those after."""

    earlier: tuple[Definition, ...] = ()
    later: tuple[Definition, ...] = ()

    @property
    def place(self) -> int:
        """Where the one stands."""
        return len(self.earlier)

    @property
    def is_alone(self) -> bool:
        return not self.earlier and not self.later

    def having(self, one: Definition | None) -> Segmented | None:
        """Return all of them with this one in its place, or without it; None for none at all."""
        own = () if one is None else (one,)
        found = (*self.earlier, *own, *self.later)
        return Segmented(found) if found else None

    def whom(self, one: Definition) -> Condition | None:
        """Return the condition under which this one applies; None: to everybody."""
        return Segmented((*self.earlier, one, *self.later)).whom(self.place)


Definitions = Definition | Segmented  # one for everybody, or one for each segment


def narrowed(definition: Definition, *conditions: Condition | None) -> Definition:
    """Return the definition with gates that open only for leads that meet every condition."""
    asked = [one for one in conditions if one is not None]
    if not asked:
        return definition
    also = tuple(as_gate(one) for one in asked)

    def narrow(gate: Gate | None) -> Gate | None:
        return None if gate is None else AllOf((*also, gate))

    return replace(
        definition,
        mql=narrow(definition.mql),
        sales_ready=narrow(definition.sales_ready),
        fast_track=narrow(definition.fast_track),
    )


def either(one: Condition | None, other: Condition | None) -> Condition | None:
    """Return a condition that holds where one of the two does; None stands for everybody."""
    if one is None or other is None:
        return None
    return one if one == other else Any((one, other))


def as_gate(condition: Condition) -> Gate:
    """Return a condition on facts as the gate that asks the same."""
    if isinstance(condition, Comparison):
        return Fact(condition)
    if isinstance(condition, Not):
        return NoneOf(as_gate(condition.part))
    parts: Sequence[Gate] = [as_gate(part) for part in condition.parts]
    return AllOf(tuple(parts)) if isinstance(condition, All) else AnyOf(tuple(parts))


def definition_for(definitions: Definitions, facts: Facts) -> Definition:
    """Return the definition that applies to a lead with these facts."""
    if isinstance(definitions, Definition):
        return definitions
    return definitions.definitions[definitions.place(facts)]
