"""What happens when a clock runs out, step by step, as it was signed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

MOST_STEPS: Final = 8
LATEST: Final = 30 * 86_400  # seconds of working time after the deadline


class Act(StrEnum):
    """What a step does."""

    WARN_OWNER = "warn_owner"
    TELL_MANAGER = "tell_manager"
    TASK = "task"
    REASSIGN = "reassign"
    REST = "rest"  # takes who did not respond out of rotation


class When(StrEnum):
    """What a step's delay is counted from."""

    WARN = "warn"  # the clock is at risk from then on
    DUE = "due"


TOLD: Final = frozenset({Act.WARN_OWNER, Act.TELL_MANAGER})  # these may wait for working hours
BEFORE_DUE: Final = frozenset({Act.WARN_OWNER, Act.TELL_MANAGER, Act.TASK})


@dataclass(frozen=True)
class Step:
    """One step: ``after`` are seconds of working time, in the clock's calendar, since ``when``.

    ``is_quiet``: outside the recipient's working hours it waits for the next opening.
    """

    act: Act
    when: When = When.DUE
    after: int = 0
    is_quiet: bool = False


# What texts that say nothing mean: both are told at once.
USUAL: Final = (Step(Act.WARN_OWNER), Step(Act.TELL_MANAGER))


def ladder_of(body: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return the signed ladder of a promise, in its order; USUAL where the text has none."""
    steps: Sequence[Mapping[str, Any]] | None = body.get("ladder")
    if steps is None:
        return USUAL
    return tuple(
        Step(
            Act(step["do"]),
            When(step.get("when", When.DUE)),
            int(step.get("after_s", 0)),
            is_quiet=bool(step.get("quiet", False)),
        )
        for step in steps
    )
