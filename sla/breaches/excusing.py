"""Excusing a breach, with a reason that both sides read."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record
from sla.breaches.models import Excuse
from sla.breaches.services import follow_handoffs
from sla.clocks.models import Clock, ClockQuerySet
from sla.clocks.pausing import REASON_LENGTH, leads_sales_of
from sla.clocks.refusals import NotNow
from sla.clocks.states import State, state_of

NOT_BROKEN = {  # why there is nothing to excuse, and what may be done
    State.MET: _("The promise was kept in time. Only a breach that stands can be excused."),
    State.MET_LATE: _(
        "The promise was kept, but late, and stays counted as late. Only a breach that stands can"
        " be excused."
    ),
    State.ENDED: _(
        "The lead was decided before the time was up, and the clock is counted in no share. Only a"
        " breach that stands can be excused."
    ),
    State.PAUSED: _(
        "The clock stands still, so nothing is broken yet. Only a breach that stands can be"
        " excused."
    ),
}
STILL_RUNS = _(
    "There is time left until it is due. Only a breach that stands can be excused; pause the clock"
    " where its time should not count."
)


def check_excusable(clock: Clock, *, at: datetime) -> None:
    """Raise NotNow, with a page that says why, unless the clock is breached at ``at``."""
    state = state_of(clock, at)
    if clock.is_excused:
        words = _(
            "This breach is excused already. Its page says why, and there the excuse can be taken"
            " back."
        )
        raise NotNow(clock, words, title=_("Excused already"))
    if state != State.BREACHED:
        words = NOT_BROKEN.get(state, STILL_RUNS)
        raise NotNow(clock, words, title=_("There is nothing to excuse"))


@transaction.atomic
def excuse_clock(*, clock: Clock, reason: str, by: User, at: datetime) -> Excuse:
    """Excuse a breach: the clock is counted apart, with the reason beside it.

    The breach stays, stamped as it was; steps that were still to come are not taken. Records
    ``clock.excused``. Raises NotAllowed unless a sales lead of the team or an admin asks,
    DomainError without a reason, NotNow when nothing is breached. Locks the handoff and clock.
    """
    at = whole_second(at)
    locked = _locked(clock, by)
    reason = clean_text(reason)[:REASON_LENGTH]
    if not reason:
        raise DomainError(_("Say why: both sides read it on the scoreboard."))
    check_excusable(locked, at=at)
    if not locked.is_breached:  # found before the sweep: the breach it excuses is on record too
        follow_handoffs([locked.handoff_id], at=at)
    row = Excuse.objects.create(clock=locked, reason=reason, by=by, at=at)
    Clock.objects.filter(pk=locked.pk).update(is_excused=True)
    payload = {"clock": locked.pk}
    record("clock.excused", subject=locked.handoff, actor=by, at=at, payload=payload)
    return row


@transaction.atomic
def take_excuse_back(*, clock: Clock, by: User, at: datetime) -> None:
    """Count the breach again. Records ``clock.excuse_withdrawn``; raises as ``excuse_clock``."""
    at = whole_second(at)
    locked = _locked(clock, by)
    standing = Excuse.objects.filter(clock=locked, withdrawn_at=None)
    if not standing.update(withdrawn_at=at, withdrawn_by=by):
        raise Conflict(_("This breach is not excused any more. Reload the page to see it."))
    Clock.objects.filter(pk=locked.pk).update(is_excused=False)
    payload = {"clock": locked.pk}
    record("clock.excuse_withdrawn", subject=locked.handoff, actor=by, at=at, payload=payload)
    follow_handoffs([locked.handoff_id], at=at)  # its deadline may have moved while it was excused


def _locked(clock: Clock, by: User) -> Clock:
    handoff = Handoff.objects.select_for_update(no_key=True).get(pk=clock.handoff_id)
    if not leads_sales_of(handoff, by):
        raise NotAllowed(_("Breaches are excused by a sales lead of the team."))
    return Clock.objects.select_for_update(no_key=True).get(pk=clock.pk)


def standing_excuses(clocks: ClockQuerySet) -> QuerySet[Excuse]:
    """Return the excuses that hold for these clocks, the newest first, with what names them."""
    rows = Excuse.objects.filter(withdrawn_at=None, clock__in=clocks)
    return rows.select_related("by", "clock__handoff__lead").order_by("-at", "-pk")
