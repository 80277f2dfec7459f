"""Handoffs with their clocks, in March 2026 as Berlin's clocks show it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from leads.handoffs.models import Handoff
from sla.clocks.models import Clock
from sla.clocks.services import sync_clocks
from tests.factories import make_handoff, make_lead

BERLIN = ZoneInfo("Europe/Berlin")
SIGNED = datetime(2026, 1, 1, tzinfo=UTC)


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """An instant in March 2026 (the 2nd is a Monday), Berlin time."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def started(at: datetime, **values) -> Handoff:
    handoff = make_handoff(make_lead(at=at), at=at, **values)
    sync_clocks([handoff.pk], at=at)
    return handoff


def clock_of(handoff: Handoff, kind: str = "first_touch") -> Clock:
    return Clock.objects.get(handoff=handoff, kind=kind)


def decide(handoff: Handoff, at: datetime | None) -> None:
    """The copies that a disposition writes in its own transaction."""
    Handoff.objects.filter(pk=handoff.pk).update(is_decided=at is not None, decided_at=at)
