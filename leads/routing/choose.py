"""Who gets the next handoff. Pure: the same people and loads give the same choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import lcm

USUAL_WEIGHT = 100


@dataclass(frozen=True)
class Member:
    """One member of a team at the instant of routing; ``load`` is their open handoffs.

    ``weight`` is per cent of a usual share: who has 50 is as loaded with 4 as others with 8.
    """

    user_id: int
    load: int
    cap: int
    last_routed: datetime | None = None
    takes: bool = True  # takes handoffs at all: membership, role, active
    is_away: bool = False
    weight: int = USUAL_WEIGHT

    @property
    def has_room(self) -> bool:
        return self.takes and not self.is_away and self.load < self.cap


@dataclass(frozen=True)
class Choice:
    """Who was chosen, with their load before it, and who else could have been.

    ``by`` says what decided: "load" the smallest load for its weight, "turn" the longest wait
    among equal ones, "order" the lowest id among equal waits, "only" nobody else had room.
    """

    user_id: int
    load: int
    cap: int
    by: str
    others: tuple[tuple[int, int, int], ...]  # (user id, load, weight)
    weight: int = USUAL_WEIGHT


def deal(members: Sequence[Member], count: int) -> list[Choice]:
    """Return up to ``count`` choices in order; fewer when nobody has room any more.

    Each goes to the member with the smallest load divided by weight; equal ones: to whom nothing
    was routed for the longest; equal waits: to the lowest id. No choice passes anybody's cap, and
    nobody who is given one had more than anybody else with room would have at the same weight:
    so shares follow the weights, to within one handoff.
    """
    able = {one.user_id: one for one in members if one.has_room}
    loads = {pk: one.load for pk, one in able.items()}
    turns = {pk: _turn(one) for pk, one in able.items()}
    whole = lcm(*(one.weight for one in able.values()))  # so that loads compare as whole numbers
    units = {pk: whole // one.weight for pk, one in able.items()}
    choices: list[Choice] = []
    while len(choices) < count:
        free = [pk for pk, load in loads.items() if load < able[pk].cap]
        if not free:
            break
        filled = {pk: loads[pk] * units[pk] for pk in free}
        chosen = min(free, key=lambda pk: (filled[pk], turns[pk], pk))
        choices.append(_explained(able[chosen], able, loads, filled, turns))
        loads[chosen] += 1
        turns[chosen] = (1, float(len(choices)))
    return choices


def _turn(member: Member) -> tuple[int, float]:
    """Sort key of the last routing: never, then long ago; later choices of a deal come last."""
    return (0, member.last_routed.timestamp() if member.last_routed else float("-inf"))


def _explained(
    chosen: Member,
    able: dict[int, Member],
    loads: dict[int, int],
    filled: dict[int, int],
    turns: dict[int, tuple[int, float]],
) -> Choice:
    """Return the choice with its reason; ``filled`` are the loads of those with room by weight."""
    mine = chosen.user_id
    others = sorted(pk for pk in filled if pk != mine)
    equal = [pk for pk in others if filled[pk] == filled[mine]]
    if not others:
        by = "only"
    elif not equal:
        by = "load"
    else:
        by = "order" if any(turns[pk] == turns[mine] for pk in equal) else "turn"
    seen = tuple((pk, loads[pk], able[pk].weight) for pk in others)
    return Choice(mine, loads[mine], chosen.cap, by, seen, chosen.weight)
