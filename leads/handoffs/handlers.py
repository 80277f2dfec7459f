"""What the handoffs' room does when something happened."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.events.models import Event
from portal.notifications.services import News, tell_each


def tell_owner(events: Sequence[Event], at: datetime) -> None:
    """Tell each owner of the handoffs that came to them, once for each handoff and owner.

    Who took or passed on a handoff themselves knows it already. ``handoff.made`` and
    ``handoff.routed``.
    """
    knew = {(event.subject_id, event.actor_id) for event in events}
    handoffs = Handoff.objects.open().exclude(owner=None).select_related("lead__company")
    tell_each(
        [
            News(
                user_id=owner_id,
                kind="handoff",
                key=f"handoff:{one.pk}:{owner_id}",
                text=_news(one),
                url=one.get_absolute_url(),
                lead_id=one.lead_id,
            )
            for one in handoffs.filter(pk__in=[event.subject_id for event in events])
            if (owner_id := one.owner_id) is not None and (one.pk, owner_id) not in knew
        ],
        at=at,
    )


def _news(handoff: Handoff) -> str:
    words = {
        "lead": handoff.lead.label,
        "company": handoff.lead.company.name if handoff.lead.company else "",
        "total": handoff.total,
    }
    if handoff.total is None:
        return _("New on your desk: %(lead)s.") % words
    if not words["company"]:
        return _("New on your desk: %(lead)s, %(total)d points.") % words
    return _("New on your desk: %(lead)s, %(company)s, %(total)d points.") % words


def tell_holder(events: Sequence[Event], at: datetime) -> None:
    """Tell each person whose hold was broken who broke it. ``handoff.hold_broken``."""
    people = User.objects.filter(pk__in={event.actor_id for event in events})
    names = dict(people.values_list("pk", "name"))
    rows = Handoff.objects.select_related("lead").in_bulk([event.subject_id for event in events])
    tell_each(
        [
            News(
                user_id=event.payload["from"],
                kind="handoff",
                key=f"hold:{event.pk}",
                text=_("%(who)s took %(lead)s off your desk.")
                % {"who": names.get(event.actor_id or 0, _("Somebody")), "lead": one.lead.label},
                url=one.get_absolute_url(),
                lead_id=one.lead_id,
            )
            for event in events
            if (one := rows.get(event.subject_id)) is not None and event.payload.get("from")
        ],
        at=at,
    )
