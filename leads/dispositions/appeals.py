"""Appeals: marketing contests a rejection, once; a sales lead answers. Both in words.

The rejection keeps its place in every count, whatever the answer: it is what sales decided then.
A granted appeal stands beside it, and hands the lead over again.

What stands in one transaction: the answer, its event and the debt that the event leaves (its
delivery). Scoring lives above this floor, so the handing over follows from ``appeal.answered``
(portal/lifecycle.py) in a transaction of its own: standing, handoff, frozen evidence,
``handoff.made`` and the appeal's link to it, together with the mark of the delivery. In between
the appeal is granted with ``handoff`` null, which is all that the handler reads: it may run late
or twice, and a granted appeal is never lost.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leads.database.models import AFTER_SQL, Lead
from leads.dispositions.errors import Incomplete, ago
from leads.dispositions.models import Appeal, Disposition, Effect, Outcome
from leads.dispositions.services import locked_with_lead
from leads.handoffs.models import Handoff, Origin
from portal.accounts.models import Side, User
from portal.core.errors import Conflict, NotAllowed
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record

LONGEST_WORDS = 5000


class Contested(Conflict):
    """Somebody has contested this rejection before. ``appeal`` is theirs."""

    def __init__(self, appeal: Appeal, *, at: datetime) -> None:
        words = {"who": appeal.made_by, "when": ago(appeal.made_at, at=at)}
        super().__init__(
            _("%(who)s contested this rejection %(when)s. It is contested once; "
              "add what you know as a note on the lead.") % words
        )  # fmt: skip
        self.appeal = appeal


class Answered(Conflict):
    """Somebody has answered this appeal before."""

    def __init__(self, appeal: Appeal, *, at: datetime) -> None:
        words = {"who": appeal.answered_by, "when": ago(appeal.answered_at, at=at)}
        granted, upheld = (
            _("%(who)s granted this appeal %(when)s."),
            _("%(who)s upheld the rejection %(when)s."),
        )
        super().__init__((granted if appeal.is_granted else upheld) % words)
        self.appeal = appeal


def why_not_contestable(disposition: Disposition) -> str:
    """Say why this decision cannot be contested, empty when it can be.

    Load it with its reason and handoff. A closed duplicate is not contested: its history lives
    on in the lead that stays, and the merge is what one takes back.
    """
    if disposition.outcome != Outcome.REJECTED or disposition.reason is None:
        return _("Sales accepted this handoff: there is nothing to contest.")
    if disposition.origin != Origin.LIVE:
        return _("This decision was imported: it is history, and nobody here answers for it.")
    if disposition.withdrawn_at is not None:
        return _("This decision was taken back: there is nothing to contest.")
    lead = disposition.handoff.lead
    if disposition.reason.effect == Effect.DUPLICATE or lead.duplicate_of_id is not None:
        return _("This lead was closed as a duplicate. Take the merge back instead.")
    return ""


def may_contest(user: User) -> bool:
    return user.side == Side.MARKETING


def may_answer(appeal: Appeal, user: User) -> bool:
    """Sales leads of the handoff's team answer; an admin where a team has none."""
    return user.manages_sales and Appeal.objects.visible_to(user).filter(pk=appeal.pk).exists()


@transaction.atomic
def contest(*, disposition: Disposition, by: User, words: str, at: datetime) -> Appeal:
    """Contest a rejection in words, once; the same form sent twice is one appeal.

    Raises NotAllowed unless marketing asks, Incomplete without words, Contested when somebody
    was first, Conflict when this decision cannot be contested. Locks the lead and the handoff.
    """
    at = whole_second(at)
    if not may_contest(by):
        raise NotAllowed(_("Rejections are contested by marketing. Talk to the SDR, or ask there."))
    words = _checked(words, _("Say in words why sales should look at this lead again."))
    locked_with_lead(disposition.handoff_id)
    current = _current(disposition.pk)
    if refused := why_not_contestable(current):
        raise Conflict(refused)
    try:
        with transaction.atomic():
            appeal = Appeal.objects.create(disposition=current, words=words, made_by=by, made_at=at)
    except IntegrityError:
        first = _appeal(disposition=current)
        if first.made_by == by and first.words == words:
            return first
        raise Contested(first, at=at) from None
    payload = {"disposition": current.pk, "appeal": appeal.pk}
    record("rejection.contested", subject=current.handoff, actor=by, payload=payload, at=at)
    return appeal


@transaction.atomic
def answer(*, appeal: Appeal, by: User, at: datetime, is_granted: bool, words: str) -> Appeal:
    """Answer an appeal: uphold the rejection, or grant it and have the lead handed over again.

    A granted one whose lead sales has already is linked to where it is; otherwise its handoff
    follows from the event. Raises NotAllowed for others than a sales lead of the team,
    Incomplete without words, Answered when somebody was first, Conflict when there is nothing
    left to answer. Locks the lead, the handoff and the appeal.
    """
    at = whole_second(at)
    words = _checked(words, _("Say in words why: both sides read it."))
    locked_with_lead(appeal.disposition.handoff_id)
    current = _appeal(pk=appeal.pk, locked=True)
    if not may_answer(current, by):
        raise NotAllowed(_("Appeals are answered by a sales lead of the handoff’s team."))
    if current.answered_at is not None:
        given = (current.answered_by, current.is_granted, current.answer)
        if given == (by, is_granted, words):
            return current  # the same form, sent twice
        raise Answered(current, at=at)
    lead = current.disposition.handoff.lead
    _check_answerable(current, lead, is_granted=is_granted)
    current.is_granted, current.answer = is_granted, words
    current.answered_by, current.answered_at = by, at
    current.handoff = with_sales(lead) if is_granted else None
    current.save(update_fields=["is_granted", "answer", "answered_by", "answered_at", "handoff"])
    payload = {"appeal": current.pk, "disposition": current.disposition_id, "granted": is_granted}
    record(
        "appeal.answered",
        subject=current.disposition.handoff,
        actor=by,
        payload=payload,
        at=at,
    )
    return current


def with_sales(lead: Lead) -> Handoff | None:
    """Return the handoff by which sales has this lead now, None when marketing has it."""
    newest = Handoff.objects.filter(lead=lead).order_by(F("made_at").desc(nulls_last=True), "-pk")
    if lead.stage in AFTER_SQL:
        return newest.filter(outcome=Outcome.ACCEPTED).first()
    return newest.open().first()


def granted_without_handoff(handoff_ids: Sequence[int]) -> list[Appeal]:
    """Return the granted appeals against rejections of these handoffs whose lead is to go out."""
    rows = Appeal.objects.filter(is_granted=True, handoff=None).order_by("pk")
    rows = rows.filter(disposition__handoff__in=handoff_ids)
    return list(rows.select_related("disposition__handoff__lead", "answered_by"))


def _check_answerable(appeal: Appeal, lead: Lead, *, is_granted: bool) -> None:
    if appeal.disposition.withdrawn_at is not None:
        raise Conflict(_("The rejection was taken back: there is nothing left to answer."))
    if is_granted and lead.duplicate_of_id is not None:
        raise Conflict(
            _("This lead was closed as a duplicate of %(lead)s since. Uphold the rejection, or "
              "take the merge back first.") % {"lead": lead.duplicate_of}
        )  # fmt: skip


def _checked(words: str, missing: str) -> str:
    words = clean_text(words)
    if not words:
        raise Incomplete("words", missing)
    if len(words) > LONGEST_WORDS:
        raise Incomplete("words", _("Shorten this to 5,000 characters."))
    return words


def _current(pk: int) -> Disposition:
    return Disposition.objects.select_related("reason", "handoff__lead").get(pk=pk)


def _appeal(*, locked: bool = False, **which: Any) -> Appeal:
    rows = Appeal.objects.all()
    if locked:
        rows = rows.select_for_update(no_key=True, of=("self",))
    lead = "disposition__handoff__lead__duplicate_of"
    return rows.select_related(lead, "made_by", "answered_by").get(**which)
