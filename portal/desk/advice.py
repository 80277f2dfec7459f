"""The next best act: what to do, why that, and which promise it keeps by when; one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.activities.models import Activity
from leads.database.models import Lead
from leads.database.registry import KINDS_BY_CODE, KINDS_BY_NAME, TOUCH_CODES
from leads.handoffs.models import Handoff
from portal.core.moments import moment_words
from sla.clocks.models import Promise
from sla.clocks.shown import ClockView
from sla.clocks.states import State

ANSWERS = ("call_inbound", "email_replied")  # the lead came to us, by the same way as a touch
HEARD = (*TOUCH_CODES, *(KINDS_BY_NAME[name].code for name in ANSWERS))
REACHED = frozenset({"reached", "call_back"})
CALLS = frozenset({"call_outbound", "call_inbound"})
MAILS = frozenset({"email_outbound", "email_replied"})
READ = 20  # contacts, the newest; older ones say little of how to reach somebody


@dataclass(frozen=True)
class Contact:
    """One attempt to reach a lead, or one of the lead's own."""

    kind: str
    outcome: str
    at: datetime

    @property
    def has_reached(self) -> bool:
        met = self.kind == "meeting_held" and self.outcome != "no_answer"
        return met or self.kind in ANSWERS or self.outcome in REACHED


@dataclass(frozen=True)
class Ways:
    """How a lead may be reached now; ``closed`` says why a call is not among them."""

    may_call: bool
    may_write: bool
    closed: str


def next_act(handoff: Handoff, clocks: Sequence[ClockView], *, at: datetime) -> str:
    """Say what is best done next; it stands after “Next:”. One query for an open handoff."""
    if handoff.is_decided:
        return _("Nothing: this handoff is decided.")
    running = [one for one in clocks if one.is_running and one.state != State.PAUSED]
    owed = {Promise(one.clock.kind): one for one in running}
    return advise(handoff, contacts_of(handoff.lead), owed, at=at)


def contacts_of(lead: Lead) -> list[Contact]:
    """Return the newest contacts with a lead, the newest first."""
    rows = Activity.objects.filter(lead=lead.pk, kind__in=HEARD, is_bot=False)
    newest = rows.order_by("-occurred_at", "-pk")[:READ]
    return [
        Contact(
            KINDS_BY_CODE[one.kind].name, str(one.properties.get("outcome") or ""), one.occurred_at
        )
        for one in newest.only("kind", "properties", "occurred_at")
    ]


def advise(
    handoff: Handoff,
    contacts: Sequence[Contact],
    owed: dict[Promise, ClockView],
    *,
    at: datetime,
) -> str:
    """Return the sentence for an open handoff; ``contacts`` the newest first, ``owed`` by promise.

    Until the first touch is made, reaching the lead is next, by the way that has worked before.
    Once somebody spoke with the lead the decision is next; until then another attempt is.
    """
    touch, decision = owed.get(Promise.FIRST_TOUCH), owed.get(Promise.DISPOSITION)
    since = [one for one in contacts if handoff.made_at is None or one.at >= handoff.made_at]
    last = since[0] if since else None
    ways = _ways(handoff.lead, contacts)
    if last is not None and last.outcome == "call_back" and ways.may_call:
        act, why = _("call back"), _("asked for it %(when)s") % {"when": _when(last.at, at)}
    elif last is not None and last.has_reached:
        act, why = _("decide"), _reached_words(last, at)
    else:
        act, why = _attempt(ways, contacts, last, at)
    return _with_promise(act, why, touch, decision, at=at, is_decision=act == _("decide"))


def _ways(lead: Lead, contacts: Sequence[Contact]) -> Ways:
    """Return how the lead may be reached: what it allows, with what is known and not wrong."""
    calls = [one for one in contacts if one.kind in CALLS]
    mails = [one for one in contacts if one.kind in MAILS]
    wrong_number = bool(calls) and calls[0].outcome == "wrong_number"
    wrong_address = bool(mails) and mails[0].outcome == "wrong_number"
    closed = ""
    if lead.do_not_call:
        closed = _("no calls wanted")
    elif not lead.phone:
        closed = _("no number known")
    elif wrong_number:
        closed = _("the number was wrong")
    may_write = bool(lead.email) and not lead.do_not_email and not wrong_address
    return Ways(not closed, may_write, closed)


def _attempt(
    ways: Ways, contacts: Sequence[Contact], last: Contact | None, at: datetime
) -> tuple[str, str]:
    """Return how to try, and why that way: first what has worked before, then a call."""
    by_call = next((one for one in contacts if one.kind in CALLS and one.has_reached), None)
    by_mail = next((one for one in contacts if one.kind == "email_replied"), None)
    again = last is not None and last.kind in CALLS
    if ways.may_write and by_mail is not None and (by_call is None or not ways.may_call):
        return _("write a mail"), _("answered one %(when)s") % {"when": _when(by_mail.at, at)}
    if ways.may_call:
        act = _("call again") if again else _("call")
        if by_call is not None:
            when = {"when": _when(by_call.at, at)}
            return act, _("allowed, reached by phone %(when)s") % when
        if again and last is not None:
            return act, _("not reached %(when)s") % {"when": _when(last.at, at)}
        return act, _("allowed, the quickest way to an answer")
    if ways.may_write:
        wrote = last is not None and last.kind in MAILS
        return _("write again") if wrote else _("write a mail"), ways.closed
    return _("write on LinkedIn"), _("%(closed)s, and no mail either") % {"closed": ways.closed}


def _reached_words(last: Contact, at: datetime) -> str:
    when = {"when": _when(last.at, at)}
    if last.kind == "meeting_held":
        return _("met %(when)s") % when
    if last.kind == "email_replied":
        return _("answered a mail %(when)s") % when
    return _("spoken with %(when)s") % when


def _with_promise(
    act: str,
    why: str,
    touch: ClockView | None,
    decision: ClockView | None,
    *,
    at: datetime,
    is_decision: bool,
) -> str:
    words = {"act": act, "why": why}
    if touch is not None and not is_decision:
        pattern = _("%(act)s (%(why)s) for the first touch, %(due)s.")
        return pattern % (words | {"due": _due(touch, at)})
    if decision is None:
        return _("%(act)s (%(why)s). No clock is running.") % words
    decide = _("%(act)s (%(why)s), %(due)s.")
    before = _("%(act)s (%(why)s) before the decision, %(due)s.")
    return (decide if is_decision else before) % (words | {"due": _due(decision, at)})


def _due(clock: ClockView, at: datetime) -> str:
    words = {"when": _when(clock.due, at)}
    if clock.state == State.BREACHED:
        return _("overdue since %(when)s") % words
    return _("due %(when)s") % words


def _when(then: datetime, at: datetime) -> str:
    return moment_words(timezone.localtime(then), timezone.localtime(at))
