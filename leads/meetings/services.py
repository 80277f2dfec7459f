"""Meetings with leads: booking, moving, calling off, saying that one took place.

What leaves the house (the .ics by mail) follows from the events once the undo window has closed:
leads/meetings/handlers.py.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from leads.activities.services import ActivityInput, record_activities
from leads.database.models import Lead
from leads.dispositions.errors import Incomplete, ago
from leads.dispositions.touches import SOURCE, log_touch
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Handoff
from leads.meetings.checks import (
    check_free,
    check_host,
    check_subject,
    check_time,
    may_book,
    may_change,
    one_line,
    why_not_invited,
)
from leads.meetings.models import Meeting
from portal.accounts.models import User
from portal.core.errors import Conflict, NotAllowed
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.models import Event
from portal.events.services import record


@transaction.atomic
def book(
    *,
    lead: Lead,
    handoff: Handoff | None,
    host: User,
    starts_at: datetime,
    minutes: int,
    subject: str,
    place: str = "",
    note: str = "",
    invites_lead: bool = False,
    by: User,
    at: datetime,
    overlaps: bool = False,
    public_id: UUID | None = None,
) -> Meeting:
    """Book a meeting and record the activity that rules see, once.

    ``public_id`` comes with the form: sent twice, it books once. Raises NotAllowed unless sales
    books, Incomplete (with the form's field) for what cannot be, Overlap when the host meets
    somebody else then and ``overlaps`` is not said. Two bookings of one host at one instant may
    still overlap: the list says so, no host is locked for it. Locks the lead.
    """
    at, starts_at = whole_second(at), whole_second(starts_at)
    if not may_book(by):
        raise NotAllowed(_("Meetings are booked by sales. Write a note instead."))
    if handoff is not None and handoff.lead_id != lead.pk:
        raise ValueError("the handoff is of another lead")
    lock_leads([lead.pk])  # a form that is sent twice at one instant finds its first meeting
    if public_id is not None:
        known = Meeting.objects.filter(public_id=public_id).first()
        if known is not None and (known.lead_id, known.booked_by_id) == (lead.pk, by.pk):
            return known
        public_id = None if known else public_id
    check_host(host, by)
    check_time(starts_at, minutes, at)
    if invites_lead and (refused := why_not_invited(lead)):
        raise Incomplete("invites_lead", refused)
    if not overlaps:
        check_free(host, starts_at, minutes)
    meeting = Meeting(
        public_id=public_id or uuid4(),
        lead=lead,
        handoff=handoff,
        host=host,
        starts_at=starts_at,
        minutes=minutes,
        subject=one_line(subject, 200),
        place=one_line(place, 300),
        note=clean_text(note)[:2000],
        invites_lead=invites_lead,
        booked_by=by,
        booked_at=at,
    )
    check_subject(meeting)
    booked = ActivityInput(
        lead_id=lead.pk,
        kind="meeting_booked",
        occurred_at=at,
        external_id=f"booked:{meeting.public_id.hex}",
    )
    (recorded,) = record_activities([booked], source=SOURCE, by=by, at=at)
    meeting.activity_id = recorded.activity_id
    meeting.save()
    record("meeting.booked", subject=meeting, actor=by, payload=_payload(meeting), at=at)
    return meeting


@transaction.atomic
def move(
    *,
    meeting: Meeting,
    sequence: int,
    starts_at: datetime,
    minutes: int,
    subject: str,
    place: str,
    note: str,
    by: User,
    at: datetime,
    overlaps: bool = False,
) -> Meeting:
    """Change when, where and what about; who was invited is told by an update.

    ``sequence`` is what the form was opened with: Conflict when somebody changed it meanwhile.
    Raises as ``book`` does, and NotAllowed for other people's. Locks the meeting.
    """
    at, starts_at = whole_second(at), whole_second(starts_at)
    locked = _locked(meeting, by, at)
    wanted = {
        "starts_at": starts_at,
        "minutes": minutes,
        "subject": one_line(subject, 200),
        "place": one_line(place, 300),
        "note": clean_text(note)[:2000],
    }
    if all(getattr(locked, name) == value for name, value in wanted.items()):
        return locked
    if sequence != locked.sequence:
        raise Conflict(_changed_words(locked, at))
    for name, value in wanted.items():
        setattr(locked, name, value)
    check_time(starts_at, minutes, at)
    check_subject(locked)
    if not overlaps:
        check_free(locked.host, starts_at, minutes, but=locked)
    locked.sequence += 1
    locked.save(update_fields=[*wanted, "sequence"])
    record("meeting.moved", subject=locked, actor=by, payload=_payload(locked), at=at)
    return locked


@transaction.atomic
def cancel(*, meeting: Meeting, by: User, at: datetime) -> Meeting:
    """Call a meeting off; who was invited is told. Twice is once. Locks the meeting.

    The activity stays: it was booked. Raises NotAllowed for other people's, Conflict when it
    took place.
    """
    at = whole_second(at)
    locked = _locked(meeting, by, at, may_be_cancelled=True)
    if locked.cancelled_at is not None:
        return locked
    locked.cancelled_at = at
    locked.sequence += 1
    locked.save(update_fields=["cancelled_at", "sequence"])
    record("meeting.cancelled", subject=locked, actor=by, payload=_payload(locked), at=at)
    return locked


@transaction.atomic
def hold(*, meeting: Meeting, by: User, at: datetime) -> Meeting:
    """Say that a meeting took place: a touch of the lead, at the instant it began. Twice is once.

    Raises NotAllowed for other people's, Conflict when it was called off or is still to come.
    Locks the lead, then the meeting.
    """
    at = whole_second(at)
    lock_leads([meeting.lead_id])
    locked = _locked(meeting, by, at, may_be_held=True)
    if locked.held_at is not None:
        return locked
    if locked.starts_at > at:
        raise Conflict(_("This meeting is still to come. Say so once it has begun."))
    log_touch(
        lead=locked.lead,
        handoff=None,
        kind="meeting_held",
        outcome="reached",
        note="",
        by=by,
        at=at,
        occurred_at=locked.starts_at,
        token=f"held:{locked.public_id.hex}",
    )
    locked.held_at = at
    locked.save(update_fields=["held_at"])
    record("meeting.held", subject=locked, actor=by, payload=_payload(locked), at=at)
    return locked


def _payload(meeting: Meeting) -> dict[str, object]:
    return {
        "sequence": meeting.sequence,
        "host": meeting.host_id,
        "starts_at": meeting.starts_at.isoformat(),
    }


def _locked(
    meeting: Meeting,
    by: User,
    at: datetime,
    *,
    may_be_cancelled: bool = False,
    may_be_held: bool = False,
) -> Meeting:
    rows = Meeting.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("lead", "host", "booked_by").get(pk=meeting.pk)
    if not may_change(locked, by):
        raise NotAllowed(
            _("This meeting is %(who)s’s. Ask them to change it.") % {"who": locked.host}
        )
    if locked.cancelled_at is not None and not may_be_cancelled:
        raise Conflict(_changed_words(locked, at))
    if locked.held_at is not None and not may_be_held:
        raise Conflict(_("This meeting took place: it stays as it is."))
    return locked


def _changed_words(meeting: Meeting, at: datetime) -> str:
    """Say who changed the meeting last, when, and what it is now."""
    events = Event.objects.filter(
        subject_type=meeting._meta.label_lower,
        subject_id=meeting.pk,
        kind__in=["meeting.moved", "meeting.cancelled"],
    )
    last = events.select_related("actor").order_by("-at", "-pk").first()
    words = {
        "who": last.actor if last and last.actor else _("Somebody"),
        "when": ago(last.at if last else None, at=at),
    }
    if meeting.cancelled_at is not None:
        return _("%(who)s called this meeting off %(when)s.") % words
    return (
        _("%(who)s changed this meeting %(when)s. Look at it as it is now, then change it.") % words
    )
