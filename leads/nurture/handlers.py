"""What nurture does when something happened."""

from collections.abc import Sequence
from datetime import datetime

from leads.nurture.services import end_nurture, start_nurture
from portal.events.models import Event, EventLead


def nurture(events: Sequence[Event], at: datetime) -> None:
    """``lead.qualified``: what is not sales-ready goes into marketing's care."""
    start_nurture([event.subject_id for event in events], at=at)


def let_go(events: Sequence[Event], at: datetime) -> None:
    """``handoff.made`` and whatever else moves leads on: care ends where the lead is no MQL."""
    leads = EventLead.objects.filter(event__in=events).values_list("lead_id", flat=True)
    end_nurture(sorted(set(leads)), cause=events[0].kind, at=at)
