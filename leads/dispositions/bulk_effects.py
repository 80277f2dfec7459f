"""What deciding many handoffs does to their leads, in sets, and how it is said beforehand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.database.models import Lead, Stage, Standing
from leads.database.stages import move_leads
from leads.dispositions.effects import FOLLOWS, EffectLine, marketing_leads
from leads.dispositions.errors import Incomplete
from leads.dispositions.models import Disposition, Effect, Reason
from leads.dispositions.owners import TAKES_SQLS, executives_by_load
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.bulk import update_rows
from portal.events.services import record_each

if TYPE_CHECKING:
    from leads.dispositions.bulk import Choice


def check_owner(owner: User) -> None:
    """Raise Incomplete for a person who takes no SQLs."""
    if owner.role not in TAKES_SQLS or not owner.is_active:
        raise Incomplete(
            "owner", _("%(user)s takes no SQLs. Choose an account executive.") % {"user": owner}
        )


def owners_for(
    handoffs: Sequence[Handoff], asked: User | None, *, at: datetime
) -> dict[int, int | None]:
    """Return who takes each handoff's lead: the one asked for, who has it, or who is next.

    Dealt in turn to those with the fewest SQLs; a query for each team that takes part.
    """
    if asked is not None:
        return {one.pk: asked.pk for one in handoffs}
    owners: dict[int, int | None] = {}
    waiting: dict[int | None, list[Handoff]] = {}
    for one in handoffs:
        has = one.lead.owner
        if has is not None and has.role == Role.ACCOUNT_EXECUTIVE and has.is_active:
            owners[one.pk] = has.pk
        else:
            waiting.setdefault(one.team_id, []).append(one)
    for team_id, rows in waiting.items():
        first = executives_by_load(at=at, team_id=team_id)
        heap = [(one.load, place, one.user.pk) for place, one in enumerate(first)]
        heapify(heap)
        for one in rows:
            owners[one.pk] = heap[0][2] if heap else one.lead.owner_id
            if heap:
                load, place, user_id = heap[0]
                heapreplace(heap, (load + 1, place, user_id))
    return owners


def become_sqls(
    decided: Sequence[Disposition],
    owners: Mapping[int, int | None],
    *,
    by: User,
    at: datetime,
) -> None:
    ids = [one.handoff.lead_id for one in decided]
    move_leads(ids, to=Stage.SQL, by=by, at=at, cause="handoff.accepted")
    rows = Lead.objects.filter(pk__in=ids)
    rows.update(recycle_on=None, mend_since=None, revision=F("revision") + 1)
    _pass_on({one.handoff.lead_id: owners[one.handoff_id] for one in decided})


def apply_reason(decided: Sequence[Disposition], reason: Reason, *, by: User, at: datetime) -> None:
    """Do what a reason does to the leads of these rejections, and say so in an event of each."""
    stage, kind = FOLLOWS[Effect(reason.effect)]
    ids = [one.handoff.lead_id for one in decided]
    day = decided[0].recycle_on if decided else None
    move_leads(ids, to=stage, by=by, at=at, cause="handoff.rejected")
    Lead.objects.filter(pk__in=ids).update(
        recycle_on=day,
        mend_since=at if reason.effect == Effect.MEND else None,
        revision=F("revision") + 1,
    )
    until = {"until": day.isoformat()} if day else {}
    record_each(
        kind,
        [
            (
                Lead(pk=one.handoff.lead_id),
                {"reason": reason.code, "handoff": one.handoff_id} | until,
            )
            for one in decided
        ],
        actor=by,
        at=at,
    )


def undo(decided: Sequence[Disposition], *, by: User, at: datetime) -> None:
    """Put stage, owner and dates of these leads back as they were before the decision."""
    by_stage: dict[str, list[int]] = {}
    for one in decided:
        by_stage.setdefault(one.was["stage"], []).append(one.handoff.lead_id)
    for stage, ids in sorted(by_stage.items()):
        move_leads(ids, to=Stage(stage), by=by, at=at, cause="disposition.withdrawn")
    update_rows(Lead, [_dates(one) for one in decided], key="id")
    leads = Lead.objects.filter(pk__in=[one.handoff.lead_id for one in decided])
    leads.update(revision=F("revision") + 1)
    _pass_on(
        {
            one.handoff.lead_id: one.was["owner"]
            for one in decided
            if one.handoff.lead.owner_id == one.was["new_owner"]
        }
    )


def _dates(one: Disposition) -> dict[str, Any]:
    day, since = one.was["recycle_on"], one.was["mend_since"]
    return {
        "id": one.handoff.lead_id,
        "recycle_on": date.fromisoformat(day) if day else None,
        "mend_since": datetime.fromisoformat(since) if since else None,
    }


def _pass_on(owners: Mapping[int, int | None]) -> None:
    """Write who owns leads, with the copy that their standings keep."""
    rows = sorted(owners.items())
    update_rows(Lead, [{"id": pk, "owner_id": owner} for pk, owner in rows], key="id")
    standings = [{"lead_id": pk, "owner_id": owner} for pk, owner in rows]
    update_rows(Standing, standings, key="lead_id")


def summary(handoffs: Sequence[Handoff], choice: "Choice", *, at: datetime) -> list[EffectLine]:
    """Say in the present tense what deciding these does, counted."""
    n = len(handoffs)
    if not n:
        return []
    leads = ngettext("%(n)d lead", "%(n)d leads", n) % {"n": n}
    clocks = ngettext("the clocks of %(n)d handoff", "the clocks of %(n)d handoffs", n) % {"n": n}
    stop = EffectLine("stopwatch", _("Stop"), clocks)
    if choice.reason is None:
        return [
            EffectLine("check-circle", _("Make"), _("%(leads)s SQLs") % {"leads": leads}),
            *_passed_on(handoffs, choice.owner, at=at),
            stop,
        ]
    told = marketing_leads()
    lines = [_reason_line(choice.reason, leads, choice.recycle_on), stop]
    if told:
        names = ", ".join(one.name for one in told)
        text = _("%(names)s in marketing, after ten seconds") % {"names": names}
        lines.append(EffectLine("megaphone", _("Tell"), text))
    return lines


def _passed_on(
    handoffs: Sequence[Handoff], asked: User | None, *, at: datetime
) -> list[EffectLine]:
    """One line for each person who gets some: who gets most first."""
    counts: dict[int | None, int] = {}
    for owner in owners_for(handoffs, asked, at=at).values():
        counts[owner] = counts.get(owner, 0) + 1
    names = dict(User.objects.filter(pk__in=[pk for pk in counts if pk]).values_list("pk", "name"))
    return [
        EffectLine(
            "person-check",
            _("Pass"),
            ngettext("%(n)d to %(who)s", "%(n)d to %(who)s", n)
            % {"n": n, "who": names.get(owner or 0, _("nobody: there is no account executive"))},
        )
        for owner, n in sorted(counts.items(), key=lambda one: -one[1])
    ]


def _reason_line(reason: Reason, leads: str, day: date | None) -> EffectLine:
    words = {"leads": leads, "day": date_format(day, "j F Y") if day else ""}
    if reason.effect == Effect.RECYCLE:
        return EffectLine("arrow-repeat", _("Recycle"), _("%(leads)s until %(day)s") % words)
    if reason.effect == Effect.DISQUALIFY:
        text = _("%(leads)s: only a person brings them back") % words
        return EffectLine("x-octagon", _("Disqualify"), text)
    text = _("%(leads)s to marketing’s list to mend, until a fact changes") % words
    return EffectLine("arrow-return-right", _("Return"), text)
