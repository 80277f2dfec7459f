"""The mails about a meeting, each with the .ics that a calendar takes in."""

from datetime import datetime
from email.mime.text import MIMEText
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.meetings.checks import why_not_invited
from leads.meetings.ics import Method, calendar_text
from leads.meetings.models import Meeting


def mails_about(meeting: Meeting, *, at: datetime) -> list[EmailMessage]:
    """Return the mails of the meeting as it stands: to its host, and to the lead if invited.

    The lead's wish not to be written to is asked anew. Load lead, host and who booked it.
    """
    method = Method.CANCEL if meeting.cancelled_at is not None else Method.REQUEST
    file = calendar_text(meeting, method=method, at=at)
    mails = [_mail(meeting, "email/meeting_host.txt", meeting.host.email, method, file)]
    if meeting.invites_lead and not why_not_invited(meeting.lead):
        mails.append(_mail(meeting, "email/meeting_lead.txt", meeting.lead.email, method, file))
    return mails


def _mail(meeting: Meeting, template: str, address: str, method: Method, file: str) -> EmailMessage:
    with timezone.override(ZoneInfo(meeting.host.zone)):
        context = {
            "meeting": meeting,
            "when": when_words(meeting),
            "is_off": method == Method.CANCEL,
            "is_changed": method == Method.REQUEST and meeting.sent_sequence is not None,
            "url": f"{settings.SITE_URL}{meeting.get_absolute_url()}",
        }
        body = render_to_string(template, context)
    mail = EmailMessage(
        subject=_subject(meeting, method),
        body=body,
        to=[address],
        reply_to=[meeting.host.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    part = MIMEText(file, "calendar", "utf-8")
    part.set_param("method", str(method))
    part.add_header("Content-Disposition", "attachment", filename="meeting.ics")
    mail.attach(part)
    return mail


def _subject(meeting: Meeting, method: Method) -> str:
    words = {"subject": meeting.subject}
    if method == Method.CANCEL:
        return _("Called off: %(subject)s") % words
    if meeting.sent_sequence is not None:
        return _("Changed: %(subject)s") % words
    return _("Meeting: %(subject)s") % words


def when_words(meeting: Meeting) -> str:
    """Write when it is in the zone at hand: “Tuesday 3 March 2026, 10:00 to 10:30 CET”."""
    begins, ends = timezone.localtime(meeting.starts_at), timezone.localtime(meeting.ends_at)
    return _("%(day)s, %(begins)s to %(ends)s %(zone)s") % {
        "day": date_format(begins, "l j F Y"),
        "begins": f"{begins:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "zone": begins.tzname() or "",
    }
