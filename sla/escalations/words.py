"""What people read when a promise is about to break, or has."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.notifications.services import News
from sla.clocks.models import Clock, Promise
from sla.escalations.models import Escalation


def news_of(step: Escalation, user: User) -> News:
    """Return the line on the bell of one person, with times in their zone."""
    clock = step.clock
    return News(
        user_id=user.pk,
        kind="clock.breached" if step.breach_id else "clock.at_risk",
        key=f"escalation:{step.pk}",
        text=_told(clock, user, is_late=step.breach_id is not None),
        url=clock.handoff.get_absolute_url(),
        lead_id=clock.handoff.lead_id,
    )


def _told(clock: Clock, user: User, *, is_late: bool) -> str:
    said = {"lead": clock.handoff.lead.label, "due": _due(clock.due_at, user)}
    is_touch = clock.kind == Promise.FIRST_TOUCH
    if is_late:
        text = (
            _("No first touch of %(lead)s yet: it was due %(due)s.")
            if is_touch
            else _("%(lead)s waits for a disposition: it was due %(due)s.")
        )
    else:
        text = (
            _("%(lead)s waits for a first touch, due %(due)s.")
            if is_touch
            else _("%(lead)s waits for a disposition, due %(due)s.")
        )
    return text % said


def follow_up_words(clock: Clock, person: User) -> str:
    """Return what a follow-up asks for."""
    said = {"due": _due(clock.due_at, person)}
    if clock.kind == Promise.FIRST_TOUCH:
        return _("Reach this lead: the first touch was due %(due)s.") % said
    return _("Decide on this handoff: it was due %(due)s.") % said


def _due(at: datetime, user: User) -> str:
    return date_format(at.astimezone(ZoneInfo(user.zone)), "D j M, H:i")
