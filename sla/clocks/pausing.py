"""Letting a clock stand still, with a reason and a limit, and letting it run on."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.claims import claim
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record, record_each
from sla.clocks.models import Clock, Pause
from sla.clocks.refusals import NotNow
from sla.clocks.services import sync_clocks

LONGEST = timedelta(days=14)
REASON_LENGTH = 200
BATCH = 200


def leads_sales_of(handoff: Handoff, user: User) -> bool:
    """Tell whether this person answers for the handoff's team: its sales lead, or an admin."""
    if user.role == Role.ADMIN:
        return True
    return (
        user.role == Role.SALES_LEAD
        and handoff.team_id is not None
        and user.memberships.filter(team=handoff.team_id).exists()
    )


def may_pause(handoff: Handoff, user: User) -> bool:
    """Tell whether this person may stop and restart the handoff's clocks."""
    return handoff.owner_id == user.pk or leads_sales_of(handoff, user)


def check_running(clock: Clock) -> None:
    """Raise NotNow, with a page that says why, when this clock has stopped or stands still."""
    if clock.stamped_at or clock.ended_at:
        words = _("This clock has stopped already, and what it counted stays as it is.")
        raise NotNow(clock, words, title=_("There is nothing to pause"))
    if clock.paused_at:
        words = _("This clock is paused already. Let it run on first, to pause it anew.")
        raise NotNow(clock, words, title=_("Paused already"))


def check_time_left(clock: Clock, *, at: datetime) -> None:
    """Raise NotNow when the time of this clock is up: a pause cannot give it back."""
    if at > clock.due_at:
        words = _("Its time is up: a pause cannot give it back. Excuse the breach instead.")
        raise NotNow(clock, words, title=_("Too late for a pause"))


@transaction.atomic
def pause_clock(
    *, clock: Clock, reason: str, by: User | None, at: datetime, limit_at: datetime | None = None
) -> Pause:
    """Let a running clock stand still, with a reason, until it is resumed or ``limit_at`` comes.

    Without a limit it stands for the longest time allowed, 14 days. Records ``clock.paused``.
    Raises NotAllowed for who neither owns the handoff nor leads its team, DomainError without a
    reason or for a limit out of bounds, NotNow when the clock does not run any more or its time
    is up. Locks the handoff and the clock.
    """
    at = whole_second(at)
    locked = _locked(clock, by)
    check_running(locked)
    reason = clean_text(reason)[:REASON_LENGTH]
    if not reason:
        raise DomainError(_("Say why the clock should stand still."))
    limit = whole_second(limit_at) if limit_at else at + LONGEST
    if not at < limit <= at + LONGEST:
        raise DomainError(_("A pause ends by itself, within 14 days. Choose a time until then."))
    check_time_left(locked, at=at)
    row = Pause.objects.create(clock=locked, since=at, limit_at=limit, reason=reason)
    Clock.objects.filter(pk=locked.pk).update(paused_at=at)
    payload = {"clock": locked.pk, "until": limit.isoformat()}
    record("clock.paused", subject=locked.handoff, actor=by, at=at, payload=payload)
    sync_clocks([locked.handoff_id], at=at)
    return row


@transaction.atomic
def resume_clock(*, clock: Clock, by: User | None, at: datetime) -> Clock:
    """Let a paused clock run on; what the pause covered does not count. Returns the fresh row.

    A pause whose limit has passed ended there. Records ``clock.resumed``. Raises NotAllowed as
    ``pause_clock`` does, Conflict when it is not paused. Locks the handoff and the clock.
    """
    at = whole_second(at)
    locked = _locked(clock, by)
    pause = locked.pauses.filter(until=None).first()
    if not locked.paused_at or pause is None:
        raise Conflict(_("This clock is not paused any more. Reload the page to see it."))
    pause.until = max(min(at, pause.limit_at or at), locked.paused_at)
    pause.save(update_fields=["until"])
    Clock.objects.filter(pk=locked.pk).update(paused_at=None)
    payload = {"clock": locked.pk}
    record("clock.resumed", subject=locked.handoff, actor=by, at=at, payload=payload)
    sync_clocks([locked.handoff_id], at=at)
    return Clock.objects.get(pk=locked.pk)


@transaction.atomic
def end_pauses(*, at: datetime, limit: int = BATCH) -> int:
    """Let up to ``limit`` clocks run on whose pause has come to its limit; return how many.

    They run on from the limit, whenever that is noticed: a worker that comes hours late finds the
    same due times. Claimed, so that each ends once. Records ``clock.resumed``, dated to the limit.
    """
    over = Pause.objects.over(at).order_by("limit_at")
    found = list(over.values_list("pk", "clock__handoff")[:limit])
    if not found:
        return 0
    rows = Handoff.objects.filter(pk__in={handoff for _pk, handoff in found}).order_by("pk")
    list(rows.select_for_update(no_key=True, of=("self",)))  # handoffs are locked before clocks
    mine = over.filter(pk__in=[pk for pk, _handoff in found])
    ids = claim(mine, limit=limit, until=F("limit_at"))
    pauses = Pause.objects.filter(pk__in=ids).select_related("clock__handoff")
    pauses = pauses.order_by("limit_at", "pk")
    Clock.objects.filter(pauses__in=ids).update(paused_at=None)
    record_each(
        "clock.resumed",
        [(pause.clock.handoff, {"clock": pause.clock_id}) for pause in pauses],
        actor=None,
        at=at,
        dated=[pause.limit_at or at for pause in pauses],
    )
    sync_clocks([pause.clock.handoff_id for pause in pauses], at=at)
    return len(ids)


def _locked(clock: Clock, by: User | None) -> Clock:
    handoff = Handoff.objects.select_for_update(no_key=True).get(pk=clock.handoff_id)
    if by is not None and not may_pause(handoff, by):
        sentence = _("Its clocks are stopped by who has the handoff, or by a sales lead.")
        raise NotAllowed(sentence)
    rows = Clock.objects.select_for_update(no_key=True, of=("self",)).select_related("handoff")
    return rows.get(pk=clock.pk)
