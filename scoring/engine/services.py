"""Settling: score, qualify, hand off and freeze evidence, in one transaction for each batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads.database.models import Lead, Stage, Standing
from leads.database.standing import set_standing
from leads.dispositions.touches import stamp_touches
from leads.handoffs.models import Cause, Handoff, Release
from leads.handoffs.services import NewHandoff, close_releases, make_handoffs, set_scores
from portal.accounts.models import User
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.prepared import Prepared, together
from portal.events.services import recorded_together
from scoring.definitions.services import definitions_in_force
from scoring.engine.ahead import settle_ahead
from scoring.engine.following import Setting, follow, freeze_for, opening_of
from scoring.engine.judging import Judged, is_written, judge, standing_row
from scoring.engine.reading import histories_of, questions

BATCH = 200
LOCKED = (  # what is read of a lead and its standing while both are locked
    *(field.name for field in Standing._meta.concrete_fields),
    "lead__recycle_on",
    "lead__mend_since",
)


@dataclass
class SettleResult:
    """What one settling did: leads looked at, score rows written, what followed."""

    scored: int = 0
    written: int = 0
    qualified: list[int] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    queued: list[int] = field(default_factory=list)


def settle(
    lead_ids: Sequence[int],
    *,
    at: datetime,
    skip_busy: bool = False,
    only_stale: bool = False,
    is_rescore: bool = False,
) -> SettleResult:
    """Score these leads as of ``at`` and do what follows. Safe to repeat and to run twice at once.

    Each batch locks its leads and standings in lead order, then reads: an activity committed
    later marks its lead stale again and is settled next time. ``skip_busy`` leaves out rows that
    another worker holds, ``only_stale`` those that somebody has settled meanwhile; in a rescore
    what opens waits for release, and rows that are right already are not written. Before the first
    definition is in force nothing is scored.
    """
    at = whole_second(at)
    result = SettleResult()
    found = definitions_in_force(at)
    if found is None:
        return result
    setting = Setting(found, at, is_rescore=is_rescore)
    wanted = sorted(set(lead_ids))
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        _settle_batch(batch, setting, result, skip_busy=skip_busy, only_stale=only_stale)
    return result


@recorded_together()
def _settle_batch(
    lead_ids: Sequence[int],
    setting: Setting,
    result: SettleResult,
    *,
    skip_busy: bool,
    only_stale: bool,
) -> None:
    judged, written = _judge_locked(lead_ids, setting, skip_busy=skip_busy, only_stale=only_stale)
    _stamp(judged, setting)
    followed = follow(judged, setting)
    result.scored += len(judged)
    result.written += written
    result.qualified += followed.qualified
    result.handoffs += followed.handoffs
    result.queued += followed.queued


def _stamp(judged: Sequence[Judged], setting: Setting) -> None:
    """Stamp what sales has or had: an activity that came by the API may be the first touch.

    Also one that happened before a decision and came after it.
    """
    ids = [
        one.lead_id
        for one in judged
        if one.record.stage != Stage.KNOWN and one.record.stale_since is not None
    ]
    if ids:
        stamp_touches(ids, by=None, at=setting.at)


def judge_locked(lead_ids: Sequence[int], setting: Setting) -> list[Judged]:
    """Lock these leads, read and evaluate them, store what was found; those that are listed."""
    return _judge_locked(lead_ids, setting, skip_busy=False, only_stale=False)[0]


def _judge_locked(
    lead_ids: Sequence[int], setting: Setting, *, skip_busy: bool, only_stale: bool
) -> tuple[list[Judged], int]:
    """Return the leads as they were judged, and how many rows were written."""
    wanted, asked = list(lead_ids), questions(lead_ids, setting.in_force.definitions)
    found, *history = together((_locking[skip_busy, only_stale], [wanted]), *asked)
    records = [one for one in found if not _overtaken(one, setting)]
    if not records:
        return [], 0
    histories = histories_of([one.lead_id for one in records], *history)
    judged = judge(records, histories, setting.in_force, at=setting.at)
    until = _recycle_instants(records, setting)
    rows = [standing_row(one, _earliest(one.valid_until, until.get(one.lead_id))) for one in judged]
    if setting.is_rescore:
        rows = [
            row for one, row in zip(judged, rows, strict=True) if not is_written(one.record, row)
        ]
    set_standing(
        rows,
        at=setting.at,
        seen_marks={one.lead_id: one.record.stale_marks for one in judged},
    )
    open_ones = [one for one in judged if one.record.stage == Stage.WITH_SALES]
    set_scores([(one.lead_id, one.standing.total, one.standing.grade) for one in open_ones])
    return judged, len(rows)


def lock_standings(
    lead_ids: Sequence[int], *, skip_busy: bool, only_stale: bool = False
) -> list[Standing]:
    """Lock each lead and then its standing, lowest first (leads.handoffs.locks); one statement."""
    found: list[Standing] = _locking[skip_busy, only_stale](list(lead_ids))
    return found


def _locked(ids: list[int], *, skip_busy: bool, only_stale: bool) -> QuerySet[Standing]:
    rows = Standing.objects.filter(lead__among=ids, is_listed=True)
    if only_stale:
        rows = rows.filter(stale_since__isnull=False)
    locking = rows.select_for_update(skip_locked=skip_busy, no_key=True, of=("lead", "self"))
    return locking.select_related("lead").only(*LOCKED).order_by("lead_id")


_locking = {
    (skip_busy, only_stale): Prepared(
        partial(_locked, skip_busy=skip_busy, only_stale=only_stale), list[int]
    )
    for skip_busy in (False, True)
    for only_stale in (False, True)
}


def _overtaken(record: Standing, setting: Setting) -> bool:
    """Whether a newer version has scored this lead meanwhile: whoever began before leaves it."""
    return (
        record.version_id not in setting.in_force.version_ids
        and record.scored_at is not None
        and record.scored_at > setting.at
    )


def _recycle_instants(records: Sequence[Standing], setting: Setting) -> dict[int, datetime]:
    """When recycled leads may come back, so that the sweep looks at them at that instant."""
    instants = {
        one.lead_id: opening_of(day, setting.zone)
        for one in records
        if one.stage == Stage.RECYCLED and (day := one.lead.recycle_on) is not None
    }
    return {pk: instant for pk, instant in instants.items() if instant > setting.at}


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


def settle_now(lead_ids: Sequence[int], at: datetime) -> None:
    """The bell's answer: what a person waits for is settled right after the commit."""
    if len(lead_ids) > 1:
        settle(lead_ids, at=at, only_stale=True)
    elif (found := definitions_in_force(at := whole_second(at))) is not None:
        setting = Setting(found, at)
        if not settle_ahead(lead_ids[0], setting):
            _settle_batch(lead_ids, setting, SettleResult(), skip_busy=False, only_stale=True)


@transaction.atomic
def hand_over_by_hand(*, lead: Lead, words: str, by: User, at: datetime) -> Handoff:
    """Pass a lead to sales on a person's word; counted apart from what the gates pass on.

    Raises NotAllowed unless marketing asks, DomainError without words, Conflict when sales has
    the lead already or has closed it.
    """
    if by.role not in {User.Role.MARKETING, User.Role.MARKETING_LEAD, User.Role.ADMIN}:
        raise NotAllowed(_("Handing over by hand is marketing's. Ask a colleague there."))
    if not words.strip():
        raise DomainError(_("Say in words why sales should take this lead now."))
    setting = setting_at(at)
    judged = judge_locked([lead.pk], setting)
    if not judged:
        raise Conflict(_("This lead is being scored by a new definition. Try again in a moment."))
    (one,) = judged
    if one.record.stage not in {Stage.KNOWN, Stage.MQL, Stage.RECYCLED}:
        raise Conflict(_("This lead is not marketing's to hand over: see its stage."))
    item = NewHandoff(
        lead_id=lead.pk,
        cause=Cause.BY_HAND,
        total=one.standing.total,
        grade=one.standing.grade,
        words=words.strip(),
        checklist=one.applied.definition.checklist,
    )
    made = make_handoffs([item], by=by, at=setting.at, are_locked=True)
    if not made:
        raise Conflict(_("Sales has this lead already."))
    freeze_for(made, {lead.pk: one}, setting)
    return made[0]


def release_leads(
    *, by: User, at: datetime, release_ids: Sequence[int] | None = None, count: int | None = None
) -> list[Handoff]:
    """Hand off leads of the release list: the ones named, the best ``count``, or all; in sets.

    Each is scored again as of now; one whose gate has closed meanwhile is closed, not sent.
    Raises NotAllowed unless a sales lead or marketing lead (or an admin) releases.
    """
    if by.role not in {User.Role.SALES_LEAD, User.Role.MARKETING_LEAD, User.Role.ADMIN}:
        raise NotAllowed(_("A sales lead or a marketing lead releases leads. Ask one of them."))
    waiting = Release.objects.waiting().order_by("-total", "pk")
    if release_ids is not None:
        waiting = waiting.filter(pk__in=release_ids)
    ids = list(waiting.values_list("lead_id", flat=True)[:count])
    setting = setting_at(at)
    made: list[Handoff] = []
    for start in range(0, len(ids), BATCH):
        made += _release_batch(sorted(ids[start : start + BATCH]), setting, by)
    return made


@transaction.atomic
def _release_batch(lead_ids: Sequence[int], setting: Setting, by: User) -> list[Handoff]:
    judged = {one.lead_id: one for one in judge_locked(lead_ids, setting)}
    items = [
        NewHandoff(
            lead_id=one.lead_id,
            cause=Cause.RELEASED,
            total=one.standing.total,
            grade=one.standing.grade,
            gate=one.handoff_gate,
            checklist=one.applied.definition.checklist,
        )
        for one in judged.values()
        if one.handoff_gate and one.record.stage in {Stage.KNOWN, Stage.MQL, Stage.RECYCLED}
    ]
    made = make_handoffs(items, by=by, at=setting.at, are_locked=True)
    freeze_for(made, judged, setting)
    closed = [one for one in judged.values() if not one.handoff_gate]
    follow(closed, setting)
    close_releases([one.lead_id for one in closed], end=Release.End.CLOSED, by=None, at=setting.at)
    return made


def setting_at(at: datetime) -> Setting:
    """Return what holds at this instant. Raises DomainError while no definition is in force."""
    at = whole_second(at)
    found = definitions_in_force(at)
    if found is None:
        raise DomainError(_("No definition is in force yet. Both sides sign one first."))
    return Setting(found, at)
