"""Touches: genuine attempts by a person to reach a lead, and the first one of each handoff."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.database.models import Lead
from leads.database.notes import add_note
from leads.database.registry import TOUCH_CODES
from leads.dispositions.errors import Incomplete
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, Side, User
from portal.core.errors import NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record, record_each

SOURCE = "desk"
TOUCH_KINDS = (
    ("call_outbound", gettext_lazy("Call")),
    ("email_outbound", gettext_lazy("Mail")),
    ("linkedin_outbound", gettext_lazy("LinkedIn message")),
    ("meeting_held", gettext_lazy("Meeting")),
)
OUTCOMES = (
    ("reached", gettext_lazy("Reached")),
    ("no_answer", gettext_lazy("No answer")),
    ("left_message", gettext_lazy("Left a message")),
    ("call_back", gettext_lazy("Wants to be called back")),
    ("wrong_number", gettext_lazy("Wrong number or address")),
    ("sent", gettext_lazy("Sent")),
)


@transaction.atomic
def log_touch(
    *,
    lead: Lead,
    handoff: Handoff | None,
    kind: str,
    outcome: str,
    note: str,
    by: User,
    at: datetime,
    occurred_at: datetime | None = None,
    token: str = "",
) -> int:
    """Log one touch by ``by`` and return its activity's id.

    Without ``handoff`` it belongs to the lead's open one, if any. ``token`` comes with the form:
    sent twice, it logs once. The handoff keeps the earliest stamp, in whatever order touches
    arrive, and records ``handoff.touched``. Raises NotAllowed unless sales logs it, Incomplete
    for an unknown kind or outcome or an instant to come. Locks the lead.
    """
    at = whole_second(at)
    happened = whole_second(occurred_at or at)
    _check_touch(by, kind, outcome, happened, at)
    if handoff is not None and handoff.lead_id != lead.pk:
        raise ValueError("the handoff is of another lead")
    lock_leads([lead.pk])
    token = token or uuid4().hex
    logged = Activity.objects.filter(source=SOURCE, external_id=token, lead=lead).first()
    if logged is not None:
        return logged.pk
    touch = ActivityInput(
        lead_id=lead.pk,
        kind=kind,
        occurred_at=happened,
        external_id=token,
        properties={"outcome": outcome} if outcome else {},
    )
    (recorded,) = record_activities([touch], source=SOURCE, by=by, at=at)
    if note.strip():
        add_note(lead=lead, text=note.strip(), is_question=False, answers=None, by=by, at=at)
    handoff = handoff or Handoff.objects.open().filter(lead=lead).first()
    if handoff is not None:
        _stamp(handoff, happened)
        payload = {"activity": recorded.activity_id, "kind": kind, "outcome": outcome}
        record("handoff.touched", subject=handoff, actor=by, at=at, payload=payload)
    return recorded.activity_id


def _check_touch(by: User, kind: str, outcome: str, happened: datetime, at: datetime) -> None:
    if by.side != Side.SALES and by.role != Role.ADMIN:
        raise NotAllowed(_("Touches are logged by sales. Write a note instead."))
    if kind not in dict(TOUCH_KINDS):
        raise Incomplete("kind", _("Choose a call, a mail, a LinkedIn message or a meeting."))
    if outcome and outcome not in dict(OUTCOMES):
        raise Incomplete("outcome", _("Choose one of the outcomes in the list."))
    if happened > at:
        raise Incomplete(
            "occurred_at", _("A touch is logged once it happened. Choose a time up to now.")
        )


def _stamp(handoff: Handoff, happened: datetime) -> None:
    """Keep the earliest stamp: one conditional statement, whoever else writes at this instant."""
    while_open = Q(decided_at=None) | Q(decided_at__gte=happened)
    earlier = Q(first_touch_at=None) | Q(first_touch_at__gt=happened)
    Handoff.objects.filter(while_open, earlier, pk=handoff.pk, made_at__lte=happened).update(
        first_touch_at=happened
    )


@transaction.atomic
def stamp_touches(lead_ids: Sequence[int], *, by: User | None, at: datetime) -> list[int]:
    """Stamp open handoffs of these leads with touches that came another way (API, import).

    Set-based and harmless when repeated; returns the ids of the handoffs whose stamp changed,
    each of which records ``handoff.touched``.
    """
    first = (
        Activity.objects.filter(
            lead=OuterRef("lead"),
            kind__in=TOUCH_CODES,
            is_bot=False,
            occurred_at__gte=OuterRef("made_at"),
        )
        .order_by("occurred_at")
        .values("occurred_at")[:1]
    )
    late = (
        Handoff.objects.open()
        .filter(lead__in=lead_ids)
        .annotate(touch=Subquery(first))
        .filter(
            Q(touch__isnull=False) & (Q(first_touch_at=None) | Q(first_touch_at__gt=F("touch")))
        )
    )
    handoffs = list(late.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    Handoff.objects.filter(pk__in=[one.pk for one in handoffs]).update(
        first_touch_at=Subquery(first)
    )
    record_each("handoff.touched", [(one, {}) for one in handoffs], actor=by, at=at)
    return [one.pk for one in handoffs]
