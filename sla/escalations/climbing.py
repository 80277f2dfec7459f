"""One look at all ladders, for the worker and for a replay of the past."""

from datetime import datetime

from sla.escalations.ladders import open_ladders, open_warnings
from sla.escalations.services import take_steps


def climb(*, at: datetime) -> None:
    """Open warnings and ladders and take what is due at ``at``, in short transactions."""
    while open_warnings(at=at):
        pass
    while open_ladders(at=at):
        pass
    while take_steps(at=at):
        pass
