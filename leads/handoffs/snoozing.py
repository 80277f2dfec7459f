"""Putting a handoff aside until a time, or until its lead does something. Clocks run on."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leads.handoffs.holding import check_not_held
from leads.handoffs.models import Handoff
from leads.handoffs.order import check_works_on
from portal.accounts.models import User
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.events.services import record

LONGEST = timedelta(days=30)


class NoTime(DomainError):
    """The time to wake at is missing or cannot be; ``field`` is the form's field."""

    field = "until"


@transaction.atomic
def snooze(
    *, handoff: Handoff, by: User, at: datetime, until: datetime, wakes_on_activity: bool
) -> Handoff:
    """Put an open handoff aside until ``until``, or until its lead does something.

    It leaves the desk of whoever holds it; its clocks run on. Raises NoTime unless ``until`` lies
    within the next 30 days, NotAllowed when it is not theirs, Conflict when it was decided, Held
    while somebody else has it on the desk. Locks the handoff.
    """
    at, until = whole_second(at), whole_second(until)
    if until <= at:
        raise NoTime(_("Choose a time to come."))
    if until > at + LONGEST:
        raise NoTime(
            _("Choose a time within 30 days. For longer, reject it for bad timing, with a date.")
        )
    locked = locked_to_work_on(handoff, by, at)
    locked.snoozed_at, locked.snoozed_until = at, until
    locked.wakes_on_activity = wakes_on_activity
    locked.held_by = locked.held_since = locked.held_until = None
    locked.save(
        update_fields=["snoozed_at", "snoozed_until", "wakes_on_activity", "held_by", "held_since",
                       "held_until"]
    )  # fmt: skip
    payload = {"until": until.isoformat(), "wakes_on_activity": wakes_on_activity}
    record("handoff.snoozed", subject=locked, actor=by, at=at, payload=payload)
    return locked


@transaction.atomic
def wake(*, handoff: Handoff, by: User, at: datetime) -> Handoff:
    """Put a snoozed handoff back into the queue before its time.

    Awake already is what was wanted. Raises and locks as ``snooze`` does, but for the time.
    """
    at = whole_second(at)
    locked = locked_to_work_on(handoff, by, at)
    if locked.snoozed_until is None or locked.snoozed_until <= at:
        return locked
    locked.snoozed_at = locked.snoozed_until = None
    locked.wakes_on_activity = False
    locked.save(update_fields=["snoozed_at", "snoozed_until", "wakes_on_activity"])
    record("handoff.woken", subject=locked, actor=by, at=at)
    return locked


def locked_to_work_on(handoff: Handoff, by: User, at: datetime) -> Handoff:
    """Lock an open handoff that is theirs to work on and that nobody else has on the desk."""
    locked = Handoff.objects.select_for_update(no_key=True, of=("self",)).get(pk=handoff.pk)
    if locked.is_decided:
        raise Conflict(_("This handoff has been decided in the meantime. Open it to see how."))
    check_works_on(locked, by)
    check_not_held(locked, by, at)
    return locked
