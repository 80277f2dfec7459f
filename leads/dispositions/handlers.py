"""What the dispositions' room does when something happened."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from leads.dispositions.effects import marketing_leads
from leads.dispositions.errors import in_sentence
from leads.dispositions.models import Disposition, Outcome
from portal.events.models import Event
from portal.notifications.services import News, tell_each


def tell_marketing(events: Sequence[Event], at: datetime) -> None:
    """Tell the marketing leads of rejections that still stand once the undo window is over."""
    standing = (
        Disposition.objects.standing()
        .filter(outcome=Outcome.REJECTED, handoff__in=[event.subject_id for event in events])
        .select_related("handoff__lead", "decided_by", "reason")
    )
    people = marketing_leads()
    tell_each(
        [
            News(
                user_id=person.pk,
                kind="rejection",
                key=f"disposition:{one.pk}",
                text=_("%(who)s rejected %(lead)s: %(reason)s.")
                % {
                    "who": one.decided_by,
                    "lead": one.handoff.lead.label,
                    "reason": in_sentence(one.reason.label) if one.reason else "",
                },
                url=one.handoff.lead.get_absolute_url(),
                lead_id=one.handoff.lead_id,
            )
            for one in standing
            for person in people
        ],
        at=at,
    )
