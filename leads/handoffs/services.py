"""Passing leads to sales, in sets. Live handoffs come into being here and nowhere else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from leads.database.models import AFTER_SQL, UNSCORED, Lead, Stage
from leads.database.stages import move_locked
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import ON_A_WORD, Cause, Handoff, Origin, Release
from portal.accounts.models import Team, User
from portal.core.bulk import insert_unless_known, update_rows
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.prepared import Prepared, together
from portal.events.services import record_each, recorded_together


@dataclass(frozen=True)
class NewHandoff:
    """One lead to pass on. ``gate`` names the gate that opened; ``words`` say why, by hand.

    ``checklist`` names the answers of the call sheet without which sales does not accept it.
    """

    lead_id: int
    cause: Cause
    total: int | None
    grade: str
    words: str = ""
    gate: str = ""
    checklist: Sequence[str] = ()


@dataclass(frozen=True)
class NewRelease:
    """One lead whose gate was opened by something other than its own doing."""

    lead_id: int
    cause: Release.Cause
    gate: str
    total: int


def make_handoffs(
    items: Sequence[NewHandoff], *, by: User | None, at: datetime, are_locked: bool = False
) -> list[Handoff]:
    """Make one live handoff for each lead that may have one now, and return those made.

    A lead that sales has already (an open handoff, an SQL or later) or that is closed as a
    duplicate is skipped: the partial unique index is the judge, also between two workers. The
    leads move to "with sales", leave the release list, and each handoff records
    ``handoff.made``. Costs the same few statements for one lead or a thousand.

    Raises DomainError when a handoff by hand has no words. Locks the leads, unless the caller
    holds their locks already.
    """
    wanted = _first_of_each(items)
    if not wanted:
        return []
    with recorded_together():
        return _make(wanted, by=by, at=whole_second(at), are_locked=are_locked)


def _make(
    wanted: Mapping[int, NewHandoff], *, by: User | None, at: datetime, are_locked: bool
) -> list[Handoff]:
    if not are_locked:
        lock_leads(wanted)
    may, teams = together((_may, [list(wanted)]), (_first_teams, []))
    leads = {lead.pk: lead for lead in may}
    team = _default(teams)
    rows = [_row(wanted[pk], leads[pk], team, by, at) for pk in sorted(leads)]
    made = insert_unless_known(rows, by="lead_id")
    ids = [handoff.lead_id for handoff in made]
    moved = sorted(pk for pk in ids if leads[pk].stage != Stage.WITH_SALES)
    move_locked(moved, to=Stage.WITH_SALES, by=by, at=at, cause="handoff.made")
    if dated := [pk for pk in ids if leads[pk].recycle_on or leads[pk].mend_since]:
        Lead.objects.filter(pk__in=dated).update(recycle_on=None, mend_since=None)
    _leave_the_release_list([one for one in made if leads[one.lead_id].waits], by=by, at=at)
    record_each(
        "handoff.made",
        [(one, _payload(one, wanted[one.lead_id])) for one in made],
        actor=by,
        at=at,
    )
    return made


_may = Prepared(  # with whether they are on the release list
    lambda ids: (
        Lead.objects.listed()
        .filter(pk__among=ids)
        .exclude(stage__in=AFTER_SQL)
        .annotate(waits=Exists(Release.objects.waiting().filter(lead=OuterRef("pk"))))
    ),
    list[int],
)
_first_teams = Prepared(lambda: Team.objects.order_by("-is_default", "pk")[:2])


def _first_of_each(items: Sequence[NewHandoff]) -> dict[int, NewHandoff]:
    wanted: dict[int, NewHandoff] = {}
    for item in items:
        if item.cause in ON_A_WORD and not item.words.strip():
            raise DomainError(_("Say in words why sales should take this lead now."))
        if item.cause == Cause.IMPORTED:
            raise ValueError("imported handoffs are history: leads.imports writes them")
        wanted.setdefault(item.lead_id, item)
    return wanted


def _row(item: NewHandoff, lead: Lead, team: Team | None, by: User | None, at: datetime) -> Handoff:
    return Handoff(
        lead=lead,
        origin=Origin.LIVE,
        cause=item.cause,
        words=item.words.strip(),
        made_by=by,
        made_at=at,
        source_id=lead.source_id,
        campaign_id=lead.campaign_id,
        content=lead.content,
        term=lead.term,
        landing_page=lead.landing_page,
        team=team,
        total=item.total,
        rank=UNSCORED if item.total is None else item.total,
        grade=item.grade,
        checklist=list(item.checklist),
    )


def _payload(handoff: Handoff, item: NewHandoff) -> dict[str, object]:
    return {"cause": item.cause.value, "gate": item.gate, "total": item.total}


def _leave_the_release_list(made: Sequence[Handoff], *, by: User | None, at: datetime) -> None:
    released = [one.lead_id for one in made if one.cause == Cause.RELEASED]
    others = [one.lead_id for one in made if one.cause != Cause.RELEASED]
    if released:
        close_releases(released, end=Release.End.RELEASED, by=by, at=at)
    if others:
        close_releases(others, end=Release.End.HANDED_OFF, by=by, at=at)


def default_team() -> Team | None:
    """Return the team that takes what no rule sends elsewhere: the marked one, or the only one."""
    return _default(_first_teams())


def _default(teams: Sequence[Team]) -> Team | None:
    if not teams:
        return None
    return teams[0] if teams[0].is_default or len(teams) == 1 else None


@transaction.atomic
def queue_releases(items: Sequence[NewRelease], *, at: datetime) -> list[int]:
    """Put leads on the release list; return the ids of those that were not on it already.

    Locks the leads.
    """
    at = whole_second(at)
    wanted = {item.lead_id: item for item in items}
    if not wanted:
        return []
    lock_leads(wanted)
    waiting = Release.objects.waiting().filter(lead__in=wanted)
    before = set(waiting.values_list("lead_id", flat=True))
    Release.objects.bulk_create(
        [
            Release(lead_id=pk, cause=one.cause, gate=one.gate, total=one.total, opened_at=at)
            for pk, one in sorted(wanted.items())
            if pk not in before
        ],
        ignore_conflicts=True,
    )
    new = list(waiting.exclude(lead__in=before).order_by("lead_id"))
    record_each(
        "release.queued",
        [(one, {"cause": one.cause, "gate": one.gate}) for one in new],
        actor=None,
        at=at,
    )
    return [one.lead_id for one in new]


@transaction.atomic
def close_releases(
    lead_ids: Sequence[int], *, end: Release.End, by: User | None, at: datetime
) -> list[int]:
    """Take leads off the release list, saying how their wait ended; return those that waited."""
    if not lead_ids:
        return []
    waiting = Release.objects.waiting().select_for_update(no_key=True).order_by("lead_id")
    rows = list(waiting.filter(lead__in=lead_ids))
    if not rows:
        return []
    at = whole_second(at)
    Release.objects.filter(pk__in=[row.pk for row in rows]).update(
        closed_at=at, end=end, closed_by=by
    )
    record_each("release.closed", [(row, {"end": end.value}) for row in rows], actor=by, at=at)
    return [row.lead_id for row in rows]


def set_due(rows: Iterable[tuple[int, datetime | None, datetime | None]]) -> None:
    """Copy (handoff id, due, warn): the instants of the nearest running clock, to sort by.

    The clocks' own events are their history; a copy records none.
    """
    update_rows(
        Handoff,
        [{"id": pk, "due_at": due, "warn_at": warn} for pk, due, warn in rows],
        key="id",
    )


def set_scores(rows: Iterable[tuple[int, int | None, str]]) -> None:
    """Copy (lead id, total, grade) to the open handoffs of these leads, where they differ."""
    scores = {lead_id: (total, grade) for lead_id, total, grade in rows}
    if not scores:
        return
    now = Handoff.objects.open().filter(lead__in=scores)
    update_rows(
        Handoff,
        [
            {
                "id": pk,
                "total": scores[lead_id][0],
                "rank": UNSCORED if scores[lead_id][0] is None else scores[lead_id][0],
                "grade": scores[lead_id][1],
            }
            for pk, lead_id, total, grade in now.values_list("pk", "lead_id", "total", "grade")
            if (total, grade) != scores[lead_id]
        ],
        key="id",
    )
