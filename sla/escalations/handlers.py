"""What the ladder does when something happened."""

from collections.abc import Sequence
from datetime import datetime

from portal.events.models import Event
from sla.escalations.ladders import open_ladders


def begin_escalation(events: Sequence[Event], at: datetime) -> None:
    """``clock.breached``: write its steps down; the sweep takes them."""
    open_ladders(at=at, limit=len(events), wanted=[event.payload["clock"] for event in events])
