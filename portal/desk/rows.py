"""The rows of the queue: each handoff with its nearest clock, who has it, and who looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leads.database.presence import present_on
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.durations import duration_words
from portal.desk.put_aside import wake_words
from portal.desk.queue import Band, Queue
from sla.clocks.shown import ClockView
from sla.clocks.states import State

FACES = 3  # people shown beside one row


@dataclass(frozen=True)
class Row:
    """One handoff of the queue. ``holder`` is somebody else who has it on the desk."""

    handoff: Handoff
    clock: ClockView | None
    at: datetime
    reader: User
    present: Sequence[User] = field(default_factory=tuple)

    @property
    def holder(self) -> User | None:
        is_held = self.handoff.is_held(self.at) and self.handoff.held_by_id != self.reader.pk
        return self.handoff.held_by if is_held else None

    @property
    def held_for(self) -> str:
        """How long somebody has had it."""
        since = self.handoff.held_since or self.at
        return duration_words(max(int((self.at - since).total_seconds()), 0))

    @property
    def faces(self) -> Sequence[User]:
        """Who looks at the lead now, but for the holder, who is named."""
        return [one for one in self.present if one.pk != self.handoff.held_by_id][:FACES]


def rows_of(
    queue: Queue, clocks: Mapping[int, list[ClockView]], reader: User
) -> list[tuple[Band, list[Row]]]:
    """Return the queue's bands with their rows. One query, for who has the leads open now."""
    present = present_on([one.lead_id for one in queue], at=queue.at, but=reader)
    return [
        (
            band,
            [
                Row(
                    one,
                    nearest(clocks.get(one.pk, [])),
                    queue.at,
                    reader,
                    present.get(one.lead_id, ()),
                )
                for one in band.rows
            ],
        )
        for band in queue.bands
    ]


@dataclass(frozen=True)
class Asleep:
    """A snoozed handoff with when it wakes; its clock runs on."""

    handoff: Handoff
    clock: ClockView | None
    wakes: str


def asleep_of(queue: Queue, clocks: Mapping[int, list[ClockView]]) -> list[Asleep]:
    """Return the snoozed handoffs of a queue, the first to wake first."""
    return [
        Asleep(one, nearest(clocks.get(one.pk, [])), wake_words(one, at=queue.at))
        for one in queue.asleep
    ]


def nearest(clocks: Sequence[ClockView]) -> ClockView | None:
    """Return the running clock that is due first; what is paused presses nobody."""
    running = (one for one in clocks if one.is_running)
    return next((one for one in running if one.state != State.PAUSED), None)
