"""Who gets the next handoff. Pure: the same people and loads give the same choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Member:
    """One member of a team at the instant of routing; ``load`` is their open handoffs."""

    user_id: int
    load: int
    cap: int
    last_routed: datetime | None = None
    takes: bool = True  # takes handoffs at all: membership, role, active
    is_away: bool = False

    @property
    def has_room(self) -> bool:
        return self.takes and not self.is_away and self.load < self.cap


@dataclass(frozen=True)
class Choice:
    """Who was chosen, with their load before it, and who else could have been.

    ``by`` says what decided: "load" the smallest load, "turn" the longest wait among equal
    loads, "order" the lowest id among equal waits, "only" nobody else had room.
    """

    user_id: int
    load: int
    cap: int
    by: str
    others: tuple[tuple[int, int], ...]  # (user id, load)


def deal(members: Sequence[Member], count: int) -> list[Choice]:
    """Return up to ``count`` choices in order; fewer when nobody has room any more.

    Each goes to the member with the smallest load; equal loads: to whom nothing was routed for
    the longest; equal waits: to the lowest id. No choice passes anybody's cap.
    """
    loads = {one.user_id: one.load for one in members if one.has_room}
    caps = {one.user_id: one.cap for one in members}
    turns = {one.user_id: _turn(one) for one in members}
    choices: list[Choice] = []
    while len(choices) < count:
        free = [pk for pk, load in loads.items() if load < caps[pk]]
        if not free:
            break
        chosen = min(free, key=lambda pk: (loads[pk], turns[pk], pk))
        choices.append(_explained(chosen, free, loads, caps, turns))
        loads[chosen] += 1
        turns[chosen] = (1, float(len(choices)))
    return choices


def _turn(member: Member) -> tuple[int, float]:
    """Sort key of the last routing: never, then long ago; later choices of a deal come last."""
    return (0, member.last_routed.timestamp() if member.last_routed else float("-inf"))


def _explained(
    chosen: int,
    free: Sequence[int],
    loads: dict[int, int],
    caps: dict[int, int],
    turns: dict[int, tuple[int, float]],
) -> Choice:
    others = [pk for pk in free if pk != chosen]
    equal = [pk for pk in others if loads[pk] == loads[chosen]]
    if not others:
        by = "only"
    elif not equal:
        by = "load"
    else:
        by = "order" if any(turns[pk] == turns[chosen] for pk in equal) else "turn"
    seen = tuple(sorted((pk, loads[pk]) for pk in others))
    return Choice(chosen, loads[chosen], caps[chosen], by, seen)
