"""What the SLA does when something happened. Every handler may run twice and in any order."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.events.models import Event
from portal.notifications.services import News, tell_each
from sla.breaches.services import follow_handoffs
from sla.clocks.models import Clock

BATCH = 200


def keep_clocks(events: Sequence[Event], at: datetime) -> None:
    """Bring the clocks of the events' handoffs to what current rows say.

    For everything that happens to a handoff: made, routed, touched, decided, withdrawn.
    """
    follow_handoffs([event.subject_id for event in events], at=at)


def recompute_clocks(events: Sequence[Event], at: datetime) -> None:
    """After a change of calendars: work out the due times of running clocks anew, in sets.

    Closed clocks keep what they had. The events' subjects are calendars or people.
    """
    running = Clock.objects.running().order_by("handoff_id")
    handoff_ids = list(running.values_list("handoff_id", flat=True).distinct())
    for start in range(0, len(handoff_ids), BATCH):
        follow_handoffs(handoff_ids[start : start + BATCH], at=at)


def tell_of_breaches(events: Sequence[Event], at: datetime) -> None:
    """Tell the owner and the team's sales leads of breached clocks that still wait."""
    clocks = (
        Clock.objects.running()
        .filter(pk__in=[event.payload["clock"] for event in events], is_breached=True)
        .select_related("handoff__lead", "handoff__owner")
        .order_by("pk")
    )
    leads_of = _sales_leads({clock.handoff.team_id for clock in clocks})
    tell_each(
        (
            _news(clock, user)
            for clock in clocks
            for user in _people(clock, leads_of.get(clock.handoff.team_id, ()))
        ),
        at=at,
    )


def _people(clock: Clock, sales_leads: Sequence[User]) -> list[User]:
    owner = clock.handoff.owner
    people = {user.pk: user for user in (*sales_leads, *([owner] if owner else ()))}
    return [user for user in people.values() if user.is_active]


def _sales_leads(team_ids: set[int | None]) -> dict[int | None, list[User]]:
    """Return the active sales leads by team, in one statement."""
    members = (
        User.objects.filter(
            Q(memberships__team__in=[pk for pk in team_ids if pk is not None]),
            role=Role.SALES_LEAD,
            is_active=True,
        )
        .annotate(of_team=F("memberships__team"))
        .order_by("pk")
    )
    found: dict[int | None, list[User]] = {}
    for user in members:
        found.setdefault(user.of_team, []).append(user)
    return found


def _news(clock: Clock, user: User) -> News:
    due = date_format(clock.due_at.astimezone(ZoneInfo(user.zone)), "D j M, H:i")
    said = {"lead": clock.handoff.lead.label, "due": due}
    text = (
        _("No first touch of %(lead)s yet: it was due %(due)s.")
        if clock.kind == "first_touch"
        else _("%(lead)s waits for a disposition: it was due %(due)s.")
    ) % said
    return News(
        user_id=user.pk,
        kind="clock.breached",
        key=f"breach:{clock.pk}",
        text=text,
        url=clock.handoff.get_absolute_url(),
        lead_id=clock.handoff.lead_id,
    )
