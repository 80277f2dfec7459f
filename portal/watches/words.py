"""Alerts as people read them: on the page, over the API, in mails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from portal.core.sightings import Watch
from portal.watches.models import Alert
from portal.watches.registry import watch_of


@dataclass(frozen=True)
class Shown:
    """One alert in words. ``state`` is open, snoozed or past."""

    row: Alert
    watch: Watch | None
    state: str

    @property
    def title(self) -> str:
        return str(self.watch.title) if self.watch else self.row.watch

    @property
    def says(self) -> str:
        if self.watch is None:
            return _("This watch has been given up; what it saw is kept.")
        return self.watch.says(self.row.figures)

    @property
    def todo(self) -> str:
        return str(self.watch.todo) if self.watch else ""

    @property
    def act_url(self) -> str:
        return self.watch.url(self.row.figures) if self.watch else ""

    @property
    def has_leads(self) -> bool:
        return self.watch is not None and self.watch.behind is not None

    def leads(self) -> Any:
        """Return the queryset of the leads behind it, for everybody; None where there are none."""
        if self.watch is None or self.watch.behind is None:
            return None
        return self.watch.behind(self.row.figures)


def shown(alert: Alert, *, at: datetime) -> Shown:
    """Return an alert as it stands at ``at``, in words."""
    state = "snoozed" if alert.is_snoozed(at) else "open"
    state = state if alert.closed_at is None else "past"
    return Shown(alert, watch_of(alert.watch), state)
