"""The toast that says what was passed on, and takes it back for ten seconds."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import ngettext

from leads.handoffs.models import Handoff
from leads.routing.passing_back import is_pass, passes_of
from portal.accounts.models import Team, User
from portal.events.models import Event

UNDO = timedelta(seconds=10)


def undo_of(user: User, team: Team, *, at: datetime) -> dict[str, str] | None:
    """Return the toast for what this person passed on a moment ago in this team."""
    recent = Event.objects.filter(kind="handoff.routed", actor=user, at__gte=at - UNDO)
    last = recent.order_by("-pk").first()
    if last is None or not is_pass(last):
        return None
    ids = [one.subject_id for one in passes_of(last)]
    rows = Handoff.objects.filter(pk__in=ids, team=team, owner=last.payload["user"])
    moved = list(rows.select_related("lead", "owner"))
    if not moved:
        return None
    words = {"lead": moved[0].lead.label, "who": moved[0].owner, "count": len(moved)}
    text = ngettext(
        "%(lead)s is with %(who)s now.", "%(count)d handoffs are with %(who)s now.", len(moved)
    ) % words  # fmt: skip
    return {"text": text, "url": reverse("team-pass-back", args=[team.pk, last.pk])}
