"""What a decision does to its lead, how that is taken back, and how it is said beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.database.models import Lead, Stage, StageChange, Standing
from leads.database.stages import move_leads
from leads.dispositions.models import Disposition, Effect, Outcome, Reason
from leads.dispositions.needs import today_of
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.errors import Conflict
from portal.events.services import record

# effect: the stage the lead enters, the event that says so. A closed duplicate is disqualified,
# so that nothing scores it or hands it off again.
FOLLOWS = {
    Effect.RECYCLE: (Stage.RECYCLED, "lead.recycled"),
    Effect.DISQUALIFY: (Stage.DISQUALIFIED, "lead.disqualified"),
    Effect.DUPLICATE: (Stage.DISQUALIFIED, "lead.closed_as_duplicate"),
    Effect.MEND: (Stage.MQL, "lead.sent_to_mend"),
}


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
    move_leads([lead.pk], to=Stage.SQL, by=by, at=at, cause="handoff.accepted")
    _write(lead, owner_id=owner.pk if owner else lead.owner_id, recycle_on=None, mend_since=None)


def apply_reason(lead: Lead, disposition: Disposition) -> None:
    """Do what the reason of a rejection does, and say so in an event of the lead."""
    reason = disposition.reason
    if reason is None:
        raise ValueError("only a rejection has a reason")
    at, by = _when(disposition), disposition.decided_by
    stage, kind = FOLLOWS[Effect(reason.effect)]
    move_leads([lead.pk], to=stage, by=by, at=at, cause="handoff.rejected")
    _write(
        lead,
        recycle_on=disposition.recycle_on,
        mend_since=at if reason.effect == Effect.MEND else None,
        duplicate_of_id=disposition.duplicate_of_id,
    )
    payload: dict[str, Any] = {"reason": reason.code, "handoff": disposition.handoff_id}
    if disposition.recycle_on:
        payload["until"] = disposition.recycle_on.isoformat()
    if disposition.duplicate_of_id:
        payload["duplicate_of"] = disposition.duplicate_of_id
    record(kind, subject=lead, actor=by, at=at, payload=payload)


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
    move_leads([lead.pk], to=Stage(was["stage"]), by=by, at=at, cause="disposition.withdrawn")
    mend_since = was["mend_since"]
    owner_id = was["owner"] if lead.owner_id == was["new_owner"] else lead.owner_id
    try:
        with transaction.atomic():
            _write(
                lead,
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


def _write(lead: Lead, **values: Any) -> None:
    """Store values of the lead and the copies that its standing keeps of them."""
    Lead.objects.filter(pk=lead.pk).update(**values, revision=F("revision") + 1)
    copies = {}
    if "owner_id" in values:
        copies["owner_id"] = values["owner_id"]
    if "duplicate_of_id" in values:
        copies["is_listed"] = values["duplicate_of_id"] is None
    if copies:
        Standing.objects.filter(lead=lead).update(**copies)


def _when(disposition: Disposition) -> datetime:
    if disposition.decided_at is None:
        raise ValueError("a live decision has its instant")
    return disposition.decided_at


@dataclass(frozen=True)
class EffectLine:
    """One consequence: an icon, a verb and the rest of its sentence (components/_effects.html)."""

    icon: str
    verb: str
    text: str

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
    task = _("%(owner)s a follow-up, due in one day") % {"owner": owner.name}
    return [
        *lines,
        EffectLine(
            "person-check",
            _("Pass"),
            _("%(lead)s to %(owner)s") % {"lead": lead, "owner": owner.name},
        ),
        EffectLine("calendar-check", _("Give"), task),
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
    verb = _("Recycle")
    if recycle_on is None and reason.needs_date:
        text = _("%(lead)s until the date you choose") % {"lead": lead}
        return EffectLine("arrow-repeat", verb, text)
    day = recycle_on or date.fromordinal(today_of(at).toordinal() + reason.recycle_days)
    text = _("%(lead)s until %(day)s") % {"lead": lead, "day": date_format(day, "j F Y")}
    return EffectLine("arrow-repeat", verb, text)


def marketing_leads() -> list[User]:
    """Return who answers for marketing's leads: they are told of rejections."""
    return list(User.objects.filter(role=Role.MARKETING_LEAD, is_active=True))


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def became(outcome: Outcome, reason: Reason | None) -> Stage:
    """Return the stage that a lead enters by this decision."""
    if outcome == Outcome.ACCEPTED or reason is None:
        return Stage.SQL
    return FOLLOWS[Effect(reason.effect)][0]
