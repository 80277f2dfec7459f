"""Touches: genuine attempts by a person to reach a lead, and the first one of each handoff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.database.models import Lead
from leads.database.notes import add_note
from leads.database.registry import TALK_CODES, TOUCH_CODES
from leads.dispositions.errors import Incomplete
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Handoff, HandoffQuerySet
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
        _stamp(handoff, happened, recorded.activity_id)
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


def _stamp(handoff: Handoff, happened: datetime, activity_id: int) -> None:
    """Keep the earliest stamp: one conditional statement, whoever else writes at this instant."""
    while_open = Q(decided_at=None) | Q(decided_at__gte=happened)
    earlier = Q(first_touch_at=None) | Q(first_touch_at__gt=happened)
    Handoff.objects.filter(while_open, pk=handoff.pk, made_at__lte=happened).update(
        first_touch_at=Case(When(earlier, then=Value(happened)), default=F("first_touch_at")),
        talk=Coalesce("talk", 0) + activity_id,
    )


@transaction.atomic
def stamp_touches(lead_ids: Sequence[int], *, by: User | None, at: datetime) -> list[int]:
    """Stamp live handoffs of these leads with what came another way (API, import, a bot's mark).

    A handoff whose first touch is another one now records ``handoff.touched``; one of which only
    the talk around it changed (a reply, automated mail, a later touch) ``handoff.talk_changed``:
    its terms may count what we do not. What happened after its decision is not its own. Set-based
    and harmless when repeated; returns the ids of the handoffs that changed. Locks those.
    """
    changed: list[Any] = list(  # with what is found now beside what is stored
        with_other_talk(lead_ids).select_for_update(no_key=True, of=("self",)).order_by("pk")
    )
    if not changed:
        return []
    ids = [one.pk for one in changed]
    Handoff.objects.filter(pk__in=ids).update(first_touch_at=_first_touch(), talk=_talk())
    moved = [one for one in changed if one.first_touch_at != one.first]
    rest = [one for one in changed if one.first_touch_at == one.first]
    record_each("handoff.touched", [(one, {}) for one in moved], actor=by, at=at)
    record_each("handoff.talk_changed", [(one, {}) for one in rest], actor=by, at=at)
    return ids


def with_other_talk(lead_ids: Sequence[int]) -> HandoffQuerySet:
    """Return the live handoffs of these leads whose stored ``talk`` is not what there is now."""
    rows = Handoff.objects.live().filter(lead__in=lead_ids)
    rows = rows.annotate(first=_first_touch(), heard=_talk())
    return rows.filter(~Q(heard=Coalesce("talk", 0)))


def _first_touch() -> Subquery:
    touches = _happened().filter(kind__in=TOUCH_CODES).order_by("occurred_at")
    return Subquery(touches.values("occurred_at")[:1])


def _talk() -> Coalesce:
    total = _happened().order_by().values("lead").annotate(sum=Sum("pk")).values("sum")
    return Coalesce(Subquery(total), 0, output_field=BigIntegerField())


def _happened() -> QuerySet[Activity]:
    """Return what was said while the handoff of the outer statement was open."""
    end = Coalesce(OuterRef("decided_at"), F("occurred_at"))
    return Activity.objects.filter(
        lead=OuterRef("lead"),
        kind__in=TALK_CODES,
        is_bot=False,
        occurred_at__gte=OuterRef("made_at"),
        occurred_at__lte=end,
    )
