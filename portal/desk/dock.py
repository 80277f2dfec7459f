"""Where a handoff is decided: who would take it, the reasons, what each needs and does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from leads.database.models import Lead
from leads.dispositions.effects import (
    EffectLine,
    marketing_leads,
    summary_of_acceptance,
    summary_of_effects,
)
from leads.dispositions.errors import in_sentence
from leads.dispositions.models import NOT_STATED, Effect, Reason
from leads.dispositions.needs import count_attempts, today_of
from leads.dispositions.owners import Executive, executives_by_load
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.durations import duration_words
from scoring.engine.explanation import Explanation
from sla.clocks.models import Promise
from sla.clocks.shown import ClockView

FIRST = 9  # reasons with a digit of their own; the others wait under "more"
LIKELY = 5  # leads offered as the one that stays


@dataclass(frozen=True)
class OfferedReason:
    """A reason in the picker. ``n`` ties it to its effects and to the words on the button."""

    n: int
    reason: Reason
    needs: str  # date note duplicate, as the stylesheet reads it
    hint: str
    effects: list[EffectLine]
    act: str

    @property
    def key(self) -> str:
        return str(self.n) if self.n <= FIRST else ""


@dataclass(frozen=True)
class Dock:
    """What the dock shows; the values of a form that came back are kept in ``typed``."""

    first: list[OfferedReason]
    more: list[OfferedReason]
    executives: list[Executive]
    executive: User | None
    acceptance: list[EffectLine]
    rules: list[dict[str, Any]]
    likely: list[Lead]
    soonest: date

    @property
    def reasons(self) -> list[OfferedReason]:
        return self.first + self.more


def dock_of(
    handoff: Handoff,
    explanation: Explanation | None,
    clocks: Sequence[ClockView],
    *,
    reader: User,
    at: datetime,
    ticked: Sequence[str] = (),
) -> Dock:
    """Gather the dock of an open handoff. ``ticked`` are the rules named in a form that failed."""
    today = today_of(at)
    reasons = list(Reason.objects.filter(is_active=True).exclude(pk=NOT_STATED))
    reasons.sort(key=lambda one: (not one.is_primary, one.position, one.code))
    first = [one for one in reasons if one.is_primary][:FIRST]
    told, attempts = marketing_leads(), count_attempts(handoff, at=at)
    stop = _clock_line(clocks)

    def effects(reason: Reason) -> list[EffectLine]:
        day = _default_day(reason, today)
        return [*summary_of_effects(reason, handoff, at, recycle_on=day, told=told), *stop]

    offered = [
        OfferedReason(
            n=n,
            reason=one,
            needs=_needs(one),
            hint=_attempts_words(one, attempts),
            effects=effects(one),
            act=_("Reject, %(reason)s") % {"reason": in_sentence(one.label)},
        )
        for n, one in enumerate([*first, *(one for one in reasons if one not in first)], 1)
    ]
    executives = executives_by_load(at=at, team_id=handoff.team_id)
    executive = _taker(handoff.lead, executives)
    return Dock(
        first=offered[: len(first)],
        more=offered[len(first) :],
        executives=executives,
        executive=executive,
        acceptance=[*summary_of_acceptance(handoff, executive), *stop],
        rules=[
            {"value": rule.key, "label": rule.name, "checked": rule.key in ticked}
            for rule in (explanation.fired if explanation else [])
        ],
        likely=_likely(handoff.lead, reader),
        soonest=today + timedelta(days=1),
    )


def _taker(lead: Lead, executives: Sequence[Executive]) -> User | None:
    """Who takes it unless somebody else is chosen: who has the lead already, or the next."""
    has = lead.owner
    if has is not None and has.role == Role.ACCOUNT_EXECUTIVE and has.is_active:
        return has
    return next((one.user for one in executives), None)


def _needs(reason: Reason) -> str:
    needs = {
        "date": reason.needs_date,
        "note": reason.needs_note,
        "duplicate": reason.effect == Effect.DUPLICATE,
    }
    return " ".join(name for name, is_needed in needs.items() if is_needed)


def _attempts_words(reason: Reason, attempts: int) -> str:
    if attempts >= reason.needs_attempts:
        return ""
    words = {"needed": reason.needs_attempts, "logged": attempts}
    return _("Needs %(needed)d logged attempts; so far: %(logged)d.") % words


def _default_day(reason: Reason, today: date) -> date | None:
    if reason.effect != Effect.RECYCLE or reason.needs_date:
        return None
    return today + timedelta(days=reason.recycle_days)


def _clock_line(clocks: Sequence[ClockView]) -> list[EffectLine]:
    for one in clocks:
        if one.is_running and one.clock.kind == Promise.DISPOSITION:
            amount = {"amount": duration_words(abs(one.left))}
            early, late = _("the clock, %(amount)s early"), _("the clock, %(amount)s late")
            text = (early if one.left >= 0 else late) % amount
            return [EffectLine("stopwatch", _("Stop"), text)]
    return []


def _likely(lead: Lead, reader: User) -> list[Lead]:
    """Leads of the same name or company that this person sees: one of them may be the one."""
    same = Q(name_key=lead.name_key) if lead.name_key else Q(pk__in=[])
    if lead.company_id is not None:
        same |= Q(company=lead.company_id)
    others = Lead.objects.visible_to(reader).listed().filter(same).exclude(pk=lead.pk)
    return list(others.order_by("name_key", "pk")[:LIKELY])


def typed(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed into a form, to be kept when the page answers with it again."""
    kept = ("owner", "note", "reason", "recycle_on", "duplicate_of")
    return {name: str(data.get(name, ""))[:5000] for name in kept}
