"""What a line of the lifecycle table is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.events.models import Event

Work = Callable[[Sequence[Event], datetime], None]
Bell = Callable[[Sequence[int], datetime], None]


@dataclass(frozen=True)
class Handler:
    """Something that follows from an event.

    ``work(events, at)`` gets events of one kind, oldest first, in one transaction together with
    the mark of their deliveries; ``at`` is the instant of the delivery. It reads current rows,
    never the payload alone, and may run twice without harm. ``now``: somebody waits for it, so
    it is tried in the process right after the commit. ``after``: not before so much time has
    passed (the undo window, for what leaves the house). ``outside``: it waits for somebody else's
    machine, so it gets one event at a time outside any transaction, and the mark is set when it
    is through; killed in between, it is done once more.
    """

    work: Work
    now: bool = False
    after: timedelta = timedelta(0)
    outside: bool = False

    @property
    def is_urgent(self) -> bool:
        """Whether it is done right after the commit, in the same process."""
        return self.now and not self.after


Table = Mapping[str, tuple[Handler, ...]]


def handler_name(handler: Handler) -> str:
    """Return the name that deliveries are stored under: "leads.routing.handlers.route"."""
    return f"{handler.work.__module__}.{handler.work.__qualname__}"
