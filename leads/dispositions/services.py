"""Deciding handoffs: accept, reject with a reason, take back. Two people at once: one decides."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leads.database.models import Lead
from leads.dispositions import effects, needs
from leads.dispositions.access import check_may_decide, check_may_withdraw
from leads.dispositions.call_sheet import check_answered
from leads.dispositions.errors import AlreadyDecided, Incomplete, ago, already_decided
from leads.dispositions.merging import merge, merge_of, take_apart
from leads.dispositions.models import Disposition, Outcome, Reason
from leads.dispositions.owners import owner_for
from leads.dispositions.touches import log_touch, stamp_touches
from leads.handoffs.holding import check_not_held, leave_the_desk
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Handoff, Origin
from portal.accounts.models import User
from portal.core.errors import Conflict, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record, record_together

__all__ = [
    "AlreadyDecided",
    "Incomplete",
    "accept",
    "already_decided",
    "log_touch",
    "reject",
    "stamp_touches",
    "withdraw",
]


@transaction.atomic
def accept(
    *, handoff: Handoff, by: User, at: datetime, owner: User | None = None, note: str = ""
) -> Disposition:
    """Accept a handoff: the lead becomes an SQL of ``owner``, or of the next account executive.

    Raises AlreadyDecided when somebody was faster, NotAllowed when it is not theirs to decide,
    Incomplete when ``owner`` takes no SQLs or the call sheet lacks an answer that the definition
    asks for. Locks the lead and the handoff.
    """
    at = whole_second(at)
    locked = locked_to_decide(handoff, by, at)
    check_answered(locked)
    lead = locked.lead
    executive = owner_for(lead, owner, team_id=locked.team_id, at=at)
    disposition = _store(
        locked,
        by=by,
        at=at,
        outcome=Outcome.ACCEPTED,
        note=needs.check_note(note),
        new_owner=executive.pk if executive else lead.owner_id,
    )
    effects.become_sql(lead, disposition, executive)
    payload = {"disposition": disposition.pk, "owner": disposition.was["new_owner"]}
    record("handoff.accepted", subject=locked, actor=by, at=at, payload=payload)
    return disposition


@transaction.atomic
def reject(
    *,
    handoff: Handoff,
    reason: Reason | None,
    by: User,
    at: datetime,
    note: str = "",
    recycle_on: date | None = None,
    duplicate_of: Lead | None = None,
    wrong_rules: list[str] | None = None,
) -> Disposition:
    """Reject a handoff for a reason and do to the lead what the reason does.

    ``wrong_rules`` are the keys of the rules named as wrong; None or none leaves the question
    unanswered. Raises AlreadyDecided and NotAllowed as ``accept`` does, and Incomplete (with the
    form's field) when the reason or what it needs is missing. A duplicate is merged into the lead
    that stays. Locks as ``accept`` does, and the lead that stays.
    """
    at = whole_second(at)
    if duplicate_of is not None:  # both at once, lowest first: two may name each other
        lock_leads([handoff.lead_id, duplicate_of.pk])
    locked = locked_to_decide(handoff, by, at)
    reason, note = needs.check_reason(reason), needs.check_note(note)
    needs.check_words(reason, note)
    needs.check_attempts(reason, locked, at=at)
    disposition = _store(
        locked,
        by=by,
        at=at,
        outcome=Outcome.REJECTED,
        reason=reason,
        note=note,
        recycle_on=needs.recycle_date(reason, recycle_on, at=at),
        duplicate_of=needs.check_duplicate(reason, locked.lead, duplicate_of, by),
        wrong_rules=needs.check_wrong_rules(wrong_rules),
    )
    done = effects.apply_reason(locked.lead, disposition)
    payload = {"disposition": disposition.pk, "reason": reason.code}
    record_together([done, ("handoff.rejected", locked, payload)], actor=by, at=at)
    if (stays := disposition.duplicate_of) is not None:
        merge(kept=stays, gone=locked.lead, by=by, at=at, disposition=disposition)
    return disposition


@transaction.atomic
def withdraw(*, disposition: Disposition, by: User, at: datetime) -> Disposition:
    """Take a decision back on the day it was made, as if it had not been: a second event.

    The handoff is open again, with the person who had taken it; the lead has its stage, owner
    and dates as before, and its own history where it was merged into another. Raises NotAllowed
    for other people and for imported decisions, Conflict on another day, when the lead has moved
    on, or when somebody took it back before.
    """
    at = whole_second(at)
    merged = merge_of(disposition)
    if merged is not None:
        lock_leads([merged.kept_id, merged.gone_id])
    handoff = locked_with_lead(disposition.handoff_id)
    disposition = Disposition.objects.select_related("decided_by", "withdrawn_by").get(
        pk=disposition.pk
    )
    _check_can_be_withdrawn(disposition, handoff, by, at)
    if merged is not None:
        take_apart(merged, merged.kept, merged.gone, by=by, at=at)
        handoff = locked_with_lead(disposition.handoff_id)
    disposition.withdrawn_at, disposition.withdrawn_by = at, by
    disposition.save(update_fields=["withdrawn_at", "withdrawn_by"])
    handoff.is_decided, handoff.decided_at, handoff.outcome = False, None, ""
    _reopen(handoff)
    effects.undo(handoff.lead, disposition, by=by, at=at)
    payload = {"disposition": disposition.pk, "outcome": disposition.outcome}
    record("disposition.withdrawn", subject=handoff, actor=by, at=at, payload=payload)
    return disposition


def _check_can_be_withdrawn(
    disposition: Disposition, handoff: Handoff, by: User, at: datetime
) -> None:
    if disposition.origin != Origin.LIVE or disposition.decided_at is None:
        raise NotAllowed(_("Imported decisions are history and stay as they are."))
    check_may_withdraw(handoff, disposition.decided_by, by)
    if disposition.withdrawn_at is not None:
        raise Conflict(
            _("%(who)s took this back %(when)s.")
            % {"who": disposition.withdrawn_by, "when": ago(disposition.withdrawn_at, at=at)}
        )
    if needs.today_of(disposition.decided_at) != needs.today_of(at):
        raise Conflict(
            _("Only decisions of today can be taken back; this one was made %(when)s. "
              "Marketing can hand the lead over again, with words.")
            % {"when": ago(disposition.decided_at, at=at)}
        )  # fmt: skip


def _reopen(handoff: Handoff) -> None:
    try:
        with transaction.atomic():
            handoff.save(update_fields=["is_decided", "decided_at", "outcome"])
    except IntegrityError as clash:
        raise Conflict(
            _("Sales has a newer handoff of %(lead)s. Decide that one instead.")
            % {"lead": handoff.lead}
        ) from clash


def locked_to_decide(handoff: Handoff, by: User, at: datetime) -> Handoff:
    """Lock an open handoff that ``by`` may decide and return it as it stands now.

    Raises AlreadyDecided, NotAllowed, or Held while somebody else has it on the desk. Locks the
    lead first, then the handoff.
    """
    locked = locked_with_lead(handoff.pk, lead_id=handoff.lead_id)
    if locked.origin != Origin.LIVE:
        raise NotAllowed(_("Imported handoffs are history: nobody decides them here."))
    if locked.is_decided:
        raise already_decided(locked, at=at)
    check_may_decide(locked, by)
    check_not_held(locked, by, at)
    return locked


def locked_with_lead(handoff_id: int, *, lead_id: int | None = None) -> Handoff:
    """Lock a handoff and its lead, and return it with current values of both.

    ``lead_id`` is its lead's, where the caller has read it; a merge may have moved it since.
    """
    rows = Handoff.objects.filter(pk=handoff_id)
    lock_leads(rows.values_list("lead_id", flat=True) if lead_id is None else [lead_id])
    whole = rows.select_for_update(no_key=True, of=("self",)).select_related("lead__owner", "owner")
    if lead_id is None:
        return whole.get()
    return whole.filter(lead=lead_id).first() or locked_with_lead(handoff_id)


def _store(
    handoff: Handoff, *, by: User, at: datetime, new_owner: int | None = None, **given: Any
) -> Disposition:
    """Write the disposition and its copies on the handoff. The unique index is the judge."""
    lead = handoff.lead
    stage = effects.became(given["outcome"], given.get("reason"))
    owner_id = new_owner if given["outcome"] == Outcome.ACCEPTED else lead.owner_id
    disposition = Disposition(
        handoff=handoff,
        origin=handoff.origin,
        decided_by=by,
        decided_at=at,
        opened_at=handoff.held_since if handoff.held_by_id == by.pk else None,
        was=effects.before(lead) | {"became": stage, "new_owner": owner_id},
        **given,
    )
    try:
        with transaction.atomic():
            disposition.save()
    except IntegrityError:
        if not Disposition.objects.standing().filter(handoff=handoff).exists():
            raise
        raise already_decided(handoff, at=at) from None
    handoff.is_decided, handoff.decided_at, handoff.outcome = True, at, disposition.outcome
    if handoff.owner is None:  # whoever decides an unassigned one has taken it
        handoff.owner, handoff.routed_at = by, at
        handoff.routing = {"rule": "taken", "user": by.pk}
    kept = ["is_decided", "decided_at", "outcome", "owner", "routed_at", "routing"]
    handoff.save(update_fields=[*kept, *leave_the_desk(handoff)])
    return disposition
