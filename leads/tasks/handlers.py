"""What the follow-ups' room does when something happened."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from leads.dispositions.models import Disposition, Outcome
from leads.tasks.services import NewFollowUp, close_follow_ups, create_follow_ups
from portal.events.models import Event

FIRST_CALL = timedelta(days=1)


def open_follow_up(events: Sequence[Event], at: datetime) -> None:
    """``handoff.accepted``: the SQL's owner calls within a day, unless it was taken back."""
    accepted = (
        Disposition.objects.standing()
        .filter(outcome=Outcome.ACCEPTED, handoff__in=[event.subject_id for event in events])
        .select_related("handoff__lead")
    )
    create_follow_ups(
        [
            NewFollowUp(
                lead_id=one.handoff.lead_id,
                assignee_id=one.handoff.lead.owner_id,
                due_at=one.decided_at + FIRST_CALL,
                why=_("Call, then offer a demo or a proposal: sales accepted this lead."),
                key=key_of(one.pk),
            )
            for one in accepted
            if one.handoff.lead.owner_id is not None and one.decided_at is not None
        ],
        by=None,
        at=at,
    )


def close_follow_up(events: Sequence[Event], at: datetime) -> None:
    """``disposition.withdrawn``: nothing is left to follow up."""
    withdrawn = Disposition.objects.exclude(withdrawn_at=None).filter(
        handoff__in=[event.subject_id for event in events]
    )
    close_follow_ups([key_of(pk) for pk in withdrawn.values_list("pk", flat=True)], at=at)


def key_of(disposition_id: int) -> str:
    return f"accepted:{disposition_id}"
