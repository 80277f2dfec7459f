"""What a decision does to its lead, how that is taken back, and how it is said beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.database.models import Lead, Stage, StageChange
from leads.database.stages import move_lead
from leads.dispositions.models import Disposition, Effect, Outcome, Reason
from leads.dispositions.needs import today_of
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.errors import Conflict

# effect: the stage the lead enters, the event that says so. A closed duplicate is disqualified,
# so that nothing scores it or hands it off again.
FOLLOWS = {
    Effect.RECYCLE: (Stage.RECYCLED, "lead.recycled"),
    Effect.DISQUALIFY: (Stage.DISQUALIFIED, "lead.disqualified"),
    Effect.DUPLICATE: (Stage.DISQUALIFIED, "lead.closed_as_duplicate"),
    Effect.MEND: (Stage.MQL, "lead.sent_to_mend"),
}

CHOICE = "{choice}"
Act = tuple[str, Model, dict[str, Any]]  # as ``record_together`` takes it


def before(lead: Lead) -> dict[str, Any]:
    """Return what undo needs to know of the lead, as JSON."""
    return {
        "stage": lead.stage,
        "owner": lead.owner_id,
        "recycle_on": lead.recycle_on.isoformat() if lead.recycle_on else None,
        "mend_since": lead.mend_since.isoformat() if lead.mend_since else None,
        "duplicate_of": lead.duplicate_of_id,
    }


def become_sql(lead: Lead, disposition: Disposition, owner: User | None) -> None:
    """An accepted lead is an SQL, owned by the account executive who was chosen."""
    at, by = _when(disposition), disposition.decided_by
    move_lead(
        lead, to=Stage.SQL, by=by, at=at, cause="handoff.accepted",
        owner_id=owner.pk if owner else lead.owner_id, recycle_on=None, mend_since=None,
    )  # fmt: skip


def apply_reason(lead: Lead, disposition: Disposition) -> Act:
    """Do what the reason of a rejection does; return what is to be recorded of the lead."""
    reason = disposition.reason
    if reason is None:
        raise ValueError("only a rejection has a reason")
    at, by = _when(disposition), disposition.decided_by
    stage, kind = FOLLOWS[Effect(reason.effect)]
    move_lead(
        lead,
        to=stage,
        by=by,
        at=at,
        cause="handoff.rejected",
        recycle_on=disposition.recycle_on,
        mend_since=at if reason.effect == Effect.MEND else None,
        duplicate_of_id=disposition.duplicate_of_id,
    )
    payload: dict[str, Any] = {"reason": reason.code, "handoff": disposition.handoff_id}
    if disposition.recycle_on:
        payload["until"] = disposition.recycle_on.isoformat()
    if disposition.duplicate_of_id:
        payload["duplicate_of"] = disposition.duplicate_of_id
    return kind, lead, payload


def undo(lead: Lead, disposition: Disposition, *, by: User, at: datetime) -> None:
    """Put stage, owner and dates back as they were before the decision.

    Raises Conflict when the lead has moved on since, or its address is another lead's by now.
    """
    was = disposition.was
    stay = StageChange.objects.filter(lead=lead, left_at=None, stage=was["became"])
    if lead.stage != was["became"] or not stay.filter(entered_at=_when(disposition)).exists():
        raise Conflict(
            _("%(lead)s has moved on since and is now: %(stage)s. The decision stays.")
            % {"lead": lead, "stage": lead.get_stage_display()}
        )
    mend_since = was["mend_since"]
    owner_id = was["owner"] if lead.owner_id == was["new_owner"] else lead.owner_id
    try:
        with transaction.atomic():
            move_lead(
                lead,
                to=Stage(was["stage"]),
                by=by,
                at=at,
                cause="disposition.withdrawn",
                owner_id=owner_id,
                recycle_on=date.fromisoformat(was["recycle_on"]) if was["recycle_on"] else None,
                mend_since=datetime.fromisoformat(mend_since) if mend_since else None,
                duplicate_of_id=was["duplicate_of"],
            )
    except IntegrityError as clash:
        raise Conflict(
            _("Another lead has the address of %(lead)s by now. The decision stays.")
            % {"lead": lead}
        ) from clash


def _when(disposition: Disposition) -> datetime:
    if disposition.decided_at is None:
        raise ValueError("a live decision has its instant")
    return disposition.decided_at


@dataclass(frozen=True)
class EffectLine:
    """One consequence: an icon, a verb and the rest of its sentence (components/_effects.html).

    ``text`` is true whatever is chosen beside it. Where a field of the form says more, ``follows``
    names the field and ``pattern`` is the same sentence with CHOICE in its place.
    """

    icon: str
    verb: str
    text: str
    follows: str = ""
    pattern: str = ""

    def choosing(self, choice: str) -> "EffectLine":
        """Return the line with ``choice`` in the place that the form's field fills."""
        return replace(self, text=self.pattern.replace(CHOICE, choice)) if self.pattern else self

    def __str__(self) -> str:
        return f"{self.verb} {self.text}"


def summary_of_effects(
    reason: Reason,
    handoff: Handoff,
    at: datetime,
    *,
    recycle_on: date | None = None,
    told: Sequence[User] | None = None,
) -> list[EffectLine]:
    """Say in the present tense what rejecting for ``reason`` does, before it is done.

    ``told`` are the marketing leads; pass them when summing up several reasons.
    """
    told = marketing_leads() if told is None else told
    lead = handoff.lead.label
    lines = [_effect_line(reason, lead, at, recycle_on)]
    if reason.effect == Effect.DUPLICATE:
        text = _("all that is known of %(lead)s to the lead that stays") % {"lead": lead}
        lines.append(EffectLine("arrow-right-circle", _("Move"), text))
    if told:
        names = _listed([user.name for user in told])
        text = _("%(names)s in marketing, after ten seconds") % {"names": names}
        lines.append(EffectLine("megaphone", _("Tell"), text))
    return lines


def summary_of_acceptance(handoff: Handoff, owner: User | None) -> list[EffectLine]:
    """Say in the present tense what accepting does, before it is done."""
    lead = handoff.lead.label
    lines = [EffectLine("check-circle", _("Make"), _("%(lead)s an SQL") % {"lead": lead})]
    if owner is None:
        nobody = _("%(lead)s without an owner: there is no account executive") % {"lead": lead}
        return [*lines, EffectLine("person", _("Leave"), nobody)]
    passing, task = _("%(lead)s to %(owner)s"), _("%(owner)s a follow-up, due in one day")
    named, chosen = {"lead": lead, "owner": owner.name}, {"lead": lead, "owner": CHOICE}
    return [
        *lines,
        EffectLine("person-check", _("Pass"), passing % named, "owner", passing % chosen),
        EffectLine("calendar-check", _("Give"), task % named, "owner", task % chosen),
    ]


def _effect_line(reason: Reason, lead: str, at: datetime, recycle_on: date | None) -> EffectLine:
    named = {"lead": lead}
    if reason.effect == Effect.RECYCLE:
        return _recycle_line(reason, lead, at, recycle_on)
    if reason.effect == Effect.DISQUALIFY:
        text = _("%(lead)s: only a person brings the lead back") % named
        return EffectLine("x-octagon", _("Disqualify"), text)
    if reason.effect == Effect.DUPLICATE:
        text = _("%(lead)s as a duplicate, out of lists and counts") % named
        return EffectLine("copy", _("Close"), text)
    text = _("%(lead)s to marketing’s list to mend, until a fact changes") % named
    return EffectLine("arrow-return-right", _("Return"), text)


def _recycle_line(reason: Reason, lead: str, at: datetime, recycle_on: date | None) -> EffectLine:
    verb, until = _("Recycle"), _("%(lead)s until %(day)s, then back on new high intent")
    day = recycle_on or date.fromordinal(today_of(at).toordinal() + reason.recycle_days)
    text = until % {"lead": lead, "day": date_format(day, "j F Y")}
    if not reason.needs_date:
        return EffectLine("arrow-repeat", verb, text)
    if recycle_on is None:
        text = _("%(lead)s until the date you choose, then back on new high intent")
        text %= {"lead": lead}
    pattern = until % {"lead": lead, "day": CHOICE}
    return EffectLine("arrow-repeat", verb, text, "recycle_on", pattern)


def marketing_leads() -> list[User]:
    """Return who answers for marketing's leads: they are told of rejections."""
    people = User.objects.filter(role=Role.MARKETING_LEAD, is_active=True)
    return list(people.only("name", "email"))


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def became(outcome: Outcome, reason: Reason | None) -> Stage:
    """Return the stage that a lead enters by this decision."""
    if outcome == Outcome.ACCEPTED or reason is None:
        return Stage.SQL
    return FOLLOWS[Effect(reason.effect)][0]
