"""What becomes of an SQL: an opportunity, won or lost."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leads.database.models import Lead, Opportunity, Stage
from leads.database.stages import move_leads
from portal.accounts.models import Organisation, User
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record

REST = timedelta(days=90)  # a lost lead may come back by new high intent after this long


class DecidedHandoff(Protocol):
    """What is asked of a handoff here; handoffs are a later room."""

    id: int
    lead_id: int
    outcome: str


@transaction.atomic
def open_opportunity(
    *, handoff: DecidedHandoff, owner: User | None, value: Decimal | None, by: User, at: datetime
) -> Opportunity:
    """Open the opportunity of an accepted handoff; its lead's stage follows.

    Raises DomainError when sales has not accepted the handoff, Conflict when it has one already.
    """
    if handoff.outcome != "accepted":
        raise DomainError(_("Sales has to accept this handoff before it can be an opportunity."))
    at = whole_second(at)
    try:
        with transaction.atomic():
            opportunity = Opportunity.objects.create(
                handoff_id=handoff.id,
                lead_id=handoff.lead_id,
                owner=owner,
                opened_at=at,
                value=value,
                currency="" if value is None else Organisation.current().currency,
            )
    except IntegrityError:
        raise Conflict(_("This handoff has an opportunity already.")) from None
    move_leads(
        [handoff.lead_id],
        to=Stage.OPPORTUNITY,
        by=by,
        at=at,
        cause="opportunity.opened",
        only_from=[Stage.SQL],
    )
    payload = {"handoff": handoff.id}
    record("opportunity.opened", subject=opportunity, actor=by, payload=payload, at=at)
    return opportunity


@transaction.atomic
def win(*, opportunity: Opportunity, value: Decimal | None, by: User, at: datetime) -> Opportunity:
    """Close an open opportunity as won, with its value; the lead becomes a customer.

    Locks the opportunity. Raises Conflict when it is closed already.
    """
    opportunity, at = _locked(opportunity), whole_second(at)
    opportunity.outcome, opportunity.closed_at = Opportunity.Outcome.WON, at
    if value is not None:
        opportunity.value, opportunity.currency = value, Organisation.current().currency
    opportunity.save(update_fields=["outcome", "closed_at", "value", "currency"])
    move_leads([opportunity.lead_id], to=Stage.CUSTOMER, by=by, at=at, cause="lead.won")
    record("lead.won", subject=opportunity, actor=by, at=at)
    return opportunity


@transaction.atomic
def lose(*, opportunity: Opportunity, reason: str, by: User, at: datetime) -> Opportunity:
    """Close an open opportunity as lost, with words why; the lead is recycled and rests.

    Locks the opportunity. Raises DomainError without a reason, Conflict when it is closed already.
    """
    reason, at = clean_text(reason)[:200], whole_second(at)
    if not reason:
        raise DomainError(_("Say in a few words why it was lost."))
    opportunity = _locked(opportunity)
    opportunity.outcome, opportunity.closed_at = Opportunity.Outcome.LOST, at
    opportunity.lost_reason = reason
    opportunity.save(update_fields=["outcome", "closed_at", "lost_reason"])
    moved = move_leads([opportunity.lead_id], to=Stage.RECYCLED, by=by, at=at, cause="lead.lost")
    Lead.objects.filter(pk__in=moved).update(recycle_on=(at + REST).date())
    record("lead.lost", subject=opportunity, actor=by, at=at)
    return opportunity


def _locked(opportunity: Opportunity) -> Opportunity:
    locked = Opportunity.objects.select_for_update().get(pk=opportunity.pk)
    if locked.outcome != Opportunity.Outcome.OPEN:
        raise Conflict(_("This opportunity is closed already. Reload to see how it ended."))
    return locked
