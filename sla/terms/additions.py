"""What may be added to a draft of terms: a form for each kind of promise, begun with the usual."""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.agreements.registry import Addition, ClauseText
from sla.terms.defaults import usual_ladder
from sla.terms.promise_form import PROMISES
from sla.terms.text import CLOCKED, SIDE_OF, WARN_PERCENT, ClauseKind, PromiseKind

WHEN_WANTED: dict[PromiseKind, Promise] = {
    PromiseKind.FIRST_TOUCH: _(
        "A person reaches out within so much working time; shorter for some leads, if you like."
    ),
    PromiseKind.DISPOSITION: _("Accepted or rejected within so much time."),
    PromiseKind.ATTEMPTS: _("So many attempts before a lead is called unresponsive."),
    PromiseKind.REASON_REQUIRED: _("A share of rejections that say why."),
    PromiseKind.VOLUME: _("So many leads handed over each month."),
    PromiseKind.ACCEPTANCE_RATE: _("A share of the handoffs that sales accepts."),
    PromiseKind.PACKET: _("The fields and evidence that a handoff carries."),
    PromiseKind.HIGH_INTENT: _("A share of handoffs after something that shows high intent."),
}


def additions(clauses: Sequence[ClauseText]) -> list[Addition]:
    """Return what may be added; what there is one of only while it is missing."""
    calendars = [one["key"] for one in clauses if one["kind"] == ClauseKind.CALENDAR]
    promises = [
        Addition(
            kind,
            label,
            WHEN_WANTED[PromiseKind(kind)],
            ClauseKind.PROMISE.value,
            _begun(PromiseKind(kind), calendars),
        )
        for kind, label in PROMISES
    ]
    calendar = Addition(
        ClauseKind.CALENDAR.value,
        _("A calendar"),
        _("A zone and a week of hours that promises count in."),
        ClauseKind.CALENDAR.value,
        {},
    )
    if any(one["kind"] == ClauseKind.TOUCH_POLICY for one in clauses):
        return [*promises, calendar]
    policy = Addition(
        ClauseKind.TOUCH_POLICY.value,
        _("What counts as a touch"),
        _("Which activities reach a lead, and whether automated mail may."),
        ClauseKind.TOUCH_POLICY.value,
        {},
        "touches",
    )
    return [*promises, policy, calendar]


def _begun(kind: PromiseKind, calendars: Sequence[str]) -> dict[str, Any]:
    """Return what a new promise begins with. Its numbers are left to those who promise."""
    body: dict[str, Any] = {"kind": kind.value, "side": SIDE_OF[kind]}
    if kind not in CLOCKED:
        return body
    body |= {"warn_percent": WARN_PERCENT, "ladder": usual_ladder()}
    return body | ({"calendar": calendars[0]} if calendars else {})
