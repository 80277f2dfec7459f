"""Who may book, whom, when; what is refused, and in which words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.database.models import Lead
from leads.dispositions.errors import Incomplete
from leads.dispositions.owners import TAKES_SQLS
from leads.meetings.models import LONGEST, SHORTEST, Meeting
from portal.accounts.models import Role, Side, User
from portal.core.errors import DomainError

AHEAD = timedelta(days=366)  # how far meetings are booked
ENDS_BY = timedelta(minutes=LONGEST)  # no meeting lasts longer


class Overlap(DomainError):
    """The host has another meeting then. Asked for again with ``overlaps``, it is booked.

    Says when, not with whom: who books may not see that lead.
    """

    def __init__(self, other: Meeting) -> None:
        begins, ends = timezone.localtime(other.starts_at), timezone.localtime(other.ends_at)
        super().__init__(
            _("%(host)s has another meeting from %(begins)s to %(ends)s. Choose another time, or "
              "book it anyway.")
            % {"host": other.host, "begins": f"{begins:%H:%M}", "ends": f"{ends:%H:%M}"}
        )  # fmt: skip
        self.other = other


def may_book(user: User) -> bool:
    return user.side == Side.SALES or user.role == Role.ADMIN


def may_change(meeting: Meeting, user: User) -> bool:
    """Its host, whoever booked it, a sales lead who sees it, an admin."""
    return user.pk in {meeting.host_id, meeting.booked_by_id} or user.manages_sales


def is_address(email: str) -> bool:
    """Tell whether a mail can be sent there; imports keep what they found."""
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def why_not_invited(lead: Lead) -> str:
    """Say why this lead is sent no invitation, empty when it may be."""
    if not is_address(lead.email):
        return _("No e-mail address is known: tell the lead by phone.")
    if lead.do_not_email:
        return _("The lead asked not to be written to: tell them by phone.")
    return ""


def busy_with(
    host: User, starts_at: datetime, ends_at: datetime, *, but: Meeting | None = None
) -> Sequence[Meeting]:
    """Return the host's meetings that run into this time; one query, bounded by a day's length."""
    rows = Meeting.objects.planned().filter(
        host=host, starts_at__gt=starts_at - ENDS_BY, starts_at__lt=ends_at
    )
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    rows = rows.select_related("lead", "host").order_by("starts_at", "pk")
    return [one for one in rows if one.ends_at > starts_at]


def check_free(
    host: User, starts_at: datetime, minutes: int, *, but: Meeting | None = None
) -> None:
    ends_at = starts_at + timedelta(minutes=minutes)
    for other in busy_with(host, starts_at, ends_at, but=but):
        raise Overlap(other)


def check_host(host: User, by: User) -> None:
    is_open = host == by or host.role in TAKES_SQLS
    if not is_open or not host.is_active or not may_book(host):
        raise Incomplete(
            "host", _("%(who)s hosts no meetings. Choose an account executive, or yourself.")
            % {"who": host},
        )  # fmt: skip


def check_time(starts_at: datetime, minutes: int, at: datetime) -> None:
    if starts_at <= at:
        raise Incomplete("starts_at", _("Choose a time to come: this one has passed."))
    if starts_at > at + AHEAD:
        raise Incomplete("starts_at", _("Choose a time within the next year."))
    if not SHORTEST <= minutes <= LONGEST:
        raise Incomplete("minutes", _("A meeting takes 5 minutes to 8 hours."))


def check_subject(meeting: Meeting) -> None:
    if not meeting.subject:
        raise Incomplete("subject", _("Say in a few words what the meeting is about."))


def one_line(text: str, longest: int) -> str:
    """Return text without control characters and line ends: it stands in headers of a mail."""
    kept = "".join(" " if one.isspace() or not one.isprintable() else one for one in text)
    return " ".join(kept.split())[:longest]
