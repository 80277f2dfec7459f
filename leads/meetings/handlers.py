"""What the meetings' room does when something happened."""

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import get_connection

from leads.meetings.mail import mails_about
from leads.meetings.models import Meeting
from portal.events.models import Event


def send_calendar(events: Sequence[Event], at: datetime) -> None:
    """``meeting.booked``, ``.moved``, ``.cancelled``: mail the meeting as it stands now.

    What was changed within the undo window is one mail; what was called off within it, none; what
    is over needs none. A worker that dies between the mail and its mark sends the same sequence
    again, which a calendar takes for the same meeting.
    """
    rows = Meeting.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.filter(pk__in=[event.subject_id for event in events])
    mails = []
    for meeting in rows.select_related("lead", "host", "booked_by").order_by("pk"):
        is_unknown = meeting.cancelled_at is not None and meeting.sent_sequence is None
        is_sent = meeting.sent_sequence == meeting.sequence
        if is_sent or is_unknown or meeting.ends_at <= at:
            continue
        mails += mails_about(meeting, at=at)
        Meeting.objects.filter(pk=meeting.pk).update(sent_sequence=meeting.sequence)
    if mails:
        get_connection().send_messages(mails)
