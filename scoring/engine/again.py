"""Handing a lead to sales again because an appeal against its rejection was granted."""

from datetime import datetime

from django.db import transaction

from leads.dispositions.appeals import with_sales
from leads.dispositions.models import Appeal
from leads.handoffs.models import Cause, Handoff
from leads.handoffs.services import NewHandoff, make_handoffs
from scoring.engine.following import freeze_for
from scoring.engine.services import judge_locked, setting_at


@transaction.atomic
def hand_over_again(appeal: Appeal, *, at: datetime) -> Handoff | None:
    """Make the handoff of a granted appeal, with evidence frozen as of now, and link it.

    The handoff is the answering person's act; its words are the appeal's. When sales has the lead
    already it is linked to where it is, and nothing is made; None when it was closed as a
    duplicate meanwhile. Safe to repeat. Locks the lead. Raises DomainError while no definition
    is in force.
    """
    setting = setting_at(at)
    lead = appeal.disposition.handoff.lead
    judged = judge_locked([lead.pk], setting)
    waiting = Appeal.objects.select_for_update(no_key=True).filter(pk=appeal.pk, handoff=None)
    if not judged or not waiting.exists():
        return None
    (one,) = judged
    item = NewHandoff(
        lead_id=lead.pk,
        cause=Cause.APPEAL,
        total=one.standing.total,
        grade=one.standing.grade,
        words=appeal.words,
        checklist=one.applied.definition.checklist,
    )
    made = make_handoffs([item], by=appeal.answered_by, at=setting.at, are_locked=True)
    freeze_for(made, {lead.pk: one}, setting)
    lead.refresh_from_db(fields=["stage"])
    handoff = made[0] if made else with_sales(lead)
    Appeal.objects.filter(pk=appeal.pk).update(handoff=handoff)
    return handoff
