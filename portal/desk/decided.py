"""What was decided today, and what of it can be taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from leads.dispositions.errors import in_sentence
from leads.dispositions.models import Disposition
from portal.accounts.models import Membership, Organisation, Role, User

UNDO = timedelta(seconds=12)  # the toast's ten seconds, and the way of the answer
FEW = 8  # decisions beside the queue
MOST = 200  # decisions of a day on one page
_LABEL = ("name", "email", "external_source", "external_id")
# What a line of the list shows: all columns of all that is joined would be 150.
DRAWN = (
    "outcome", "decided_at", "recycle_on", "reason__label", "reason__effect",
    "decided_by__name", "decided_by__email", "handoff__public_id",
    "handoff__lead__owner__name", "handoff__lead__owner__email",
    *(f"handoff__lead__{name}" for name in _LABEL), *(f"duplicate_of__{name}" for name in _LABEL),
)  # fmt: skip


def decided_today(user: User, *, at: datetime) -> QuerySet[Disposition]:
    """Return the decisions of the organisation's day that this person may take back, newest first.

    Their own; a sales lead's teams' too, whoever made them.
    """
    local = at.astimezone(ZoneInfo(Organisation.current().zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Disposition.objects.standing().filter(decided_at__gte=midnight)
    if user.role == Role.SALES_LEAD:
        teams = user.memberships.values("team")
        members = Membership.objects.filter(team__in=teams).values_list("user", flat=True)
        rows = rows.filter(decided_by__in={user.pk, *members})
    else:
        rows = rows.filter(decided_by=user)
    related = ("handoff__lead__owner", "reason", "decided_by", "duplicate_of")
    return rows.select_related(*related).order_by("-decided_at", "-pk")


@dataclass(frozen=True)
class Today:
    """The decisions of today that are shown, and how many there are."""

    shown: list[Disposition]
    count: str
    has_more: bool


def today_of(user: User, *, at: datetime, everything: bool) -> Today:
    """Return the newest decisions of today, or all of them; counted where they are not all shown.

    They stand beside every lead that is opened: drawing a whole day's there costs more than the
    lead does.
    """
    most = MOST if everything else FEW
    rows = decided_today(user, at=at).only(*DRAWN)
    found = list(rows[: most + 1])
    if len(found) <= most:
        return Today(found, str(len(found)), has_more=False)
    n = rows[: MOST + 1].count()
    return Today(found[:most], f"{MOST}+" if n > MOST else str(n), has_more=not everything)


def own_last(recent: list[Disposition], user: User) -> Disposition | None:
    """Return this person's own newest decision: one key takes back no colleague's."""
    return next((one for one in recent if one.decided_by_id == user.pk), None)


def undo_of(recent: list[Disposition], user: User, *, at: datetime) -> dict[str, str] | None:
    """Return the toast of the decision just made, while its effects still wait."""
    last = own_last(recent, user)
    if last is None or last.decided_at is None or at - last.decided_at > UNDO:
        return None
    return {"text": done_words(last), "url": reverse("desk-undo", args=[last.pk])}


def done_words(disposition: Disposition) -> str:
    """Say what was done, in the words of the button that did it."""
    lead = disposition.handoff.lead.label
    if disposition.reason is None:
        return _("Accepted %(lead)s as SQL") % {"lead": lead}
    reason = in_sentence(disposition.reason.label)
    return _("Rejected %(lead)s, %(reason)s") % {"lead": lead, "reason": reason}
