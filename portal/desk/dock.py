"""Where a handoff is decided: who would take it, the reasons, what each needs and does."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from leads.database.models import Lead
from leads.dispositions.call_sheet import ANSWERS
from leads.dispositions.duplicates import likely_duplicates
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
from portal.desk.forms import QUICK_TOUCHES
from portal.desk.stops import stop_line
from scoring.engine.explanation import Explanation
from sla.clocks.shown import ClockView

FIRST = 9  # reasons with a digit of their own; the others wait under "more"
LIKELY = 5  # leads offered as the one that stays
KEPT = ("owner", "note", "reason", "recycle_on", "duplicate_of", *ANSWERS)  # of a form


@dataclass(frozen=True)
class Attempts:
    """How many touches a reason demands, how many are logged, and how to log one right there."""

    needed: int
    logged: int

    @property
    def is_enough(self) -> bool:
        return self.logged >= self.needed

    @property
    def words(self) -> str:
        words = {"logged": self.logged, "needed": self.needed}
        if self.is_enough:
            return _("%(logged)d attempts logged, %(needed)d needed") % words
        return _("%(logged)d of %(needed)d attempts logged") % words

    @property
    def offers(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in QUICK_TOUCHES]


@dataclass(frozen=True)
class OfferedReason:
    """A reason in the picker. ``n`` ties it to its effects and to the words on the button."""

    n: int
    reason: Reason
    needs: str  # date attempts note duplicate, as the stylesheet and the script read it
    attempts: Attempts | None
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
    recycle_on: str = "",
) -> Dock:
    """Gather the dock of an open handoff.

    ``ticked`` are the rules, ``recycle_on`` the date of a form that came back.
    """
    today, chosen = today_of(at), _day(recycle_on)
    reasons = list(Reason.objects.filter(is_active=True).exclude(pk=NOT_STATED))
    reasons.sort(key=lambda one: (not one.is_primary, one.position, one.code))
    first = [one for one in reasons if one.is_primary][:FIRST]
    told, logged = marketing_leads(), count_attempts(handoff, at=at)
    stop = stop_line(clocks)

    def effects(reason: Reason) -> list[EffectLine]:
        day = chosen if reason.needs_date else None
        first, *others = summary_of_effects(reason, handoff, at, recycle_on=day, told=told)
        return [first, *stop, *others]

    offered = [
        OfferedReason(
            n=n,
            reason=one,
            needs=_needs(one, logged),
            attempts=Attempts(one.needs_attempts, logged) if one.needs_attempts else None,
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
        acceptance=[*_passing_on(handoff, executive, executives), *stop],
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


def _passing_on(
    handoff: Handoff, executive: User | None, executives: Sequence[Executive]
) -> list[EffectLine]:
    """Return what accepting does; who gets the lead is as the form says while there is a choice."""
    lines = summary_of_acceptance(handoff, executive)
    if len(executives) < 2:
        return lines
    return [line.choosing(_("whoever is chosen above")) for line in lines]


def _needs(reason: Reason, logged: int) -> str:
    needs = {
        "date": reason.needs_date,
        "attempts": logged < reason.needs_attempts,
        "duplicate": reason.effect == Effect.DUPLICATE,
        "note": reason.needs_note,
    }
    return " ".join(name for name, is_needed in needs.items() if is_needed)


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def _likely(lead: Lead, reader: User) -> list[Lead]:
    """Leads that this person sees and that are most likely the same person."""
    return [one.lead for one in likely_duplicates(lead, reader=reader, by_name=True)[:LIKELY]]


def typed(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed into a form, to be kept when the page answers with it again."""
    return {name: str(data[name])[:5000] for name in KEPT if name in data}
