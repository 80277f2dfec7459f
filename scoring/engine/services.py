"""Settling: score, qualify, hand off and freeze evidence, in one transaction for each batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leads.database.models import Lead, Stage, Standing
from leads.database.standing import set_standing
from leads.dispositions.touches import stamp_touches
from leads.handoffs.models import Cause, Handoff, Release
from leads.handoffs.services import NewHandoff, close_releases, make_handoffs, set_scores
from portal.accounts.models import User
from portal.agreements.models import Version
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.models import Event
from portal.events.services import record
from scoring.definitions.services import definition_in_force
from scoring.engine.following import Setting, follow, freeze_for, opening_of
from scoring.engine.judging import Judged, judge, standing_row
from scoring.engine.reading import read_histories

BATCH = 200
LOCKED = (  # what is read of a lead and its standing while both are locked
    *(field.name for field in Standing._meta.concrete_fields),
    "lead__recycle_on",
    "lead__mend_since",
)


@dataclass
class SettleResult:
    """What one settling did."""

    scored: int = 0
    qualified: list[int] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    queued: list[int] = field(default_factory=list)


def settle(
    lead_ids: Sequence[int], *, at: datetime, skip_busy: bool = False, only_stale: bool = False
) -> SettleResult:
    """Score these leads as of ``at`` and do what follows. Safe to repeat and to run twice at once.

    Each batch locks its leads and standings in lead order, then reads: an activity committed
    later marks its lead stale again and is settled next time. ``skip_busy`` leaves out rows that
    another worker holds, ``only_stale`` those that somebody has settled meanwhile. Before the
    first definition is in force nothing is scored.
    """
    at = whole_second(at)
    result = SettleResult()
    found = definition_in_force(at)
    if found is None:
        return result
    setting = Setting(*found, at)
    wanted = sorted(set(lead_ids))
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        _settle_batch(batch, setting, result, skip_busy=skip_busy, only_stale=only_stale)
    return result


@transaction.atomic
def _settle_batch(
    lead_ids: Sequence[int],
    setting: Setting,
    result: SettleResult,
    *,
    skip_busy: bool,
    only_stale: bool,
) -> None:
    judged = _judge_locked(lead_ids, setting, skip_busy=skip_busy, only_stale=only_stale)
    _stamp(judged, setting)
    followed = follow(judged, setting)
    result.scored += len(judged)
    result.qualified += followed.qualified
    result.handoffs += followed.handoffs
    result.queued += followed.queued


def _stamp(judged: Sequence[Judged], setting: Setting) -> None:
    """Stamp the first touch of what sales has: an activity that came by the API may be one."""
    ids = [
        one.lead_id
        for one in judged
        if one.record.stage == Stage.WITH_SALES and one.record.stale_since is not None
    ]
    if ids:
        stamp_touches(ids, by=None, at=setting.at)


def _judge_locked(
    lead_ids: Sequence[int],
    setting: Setting,
    *,
    skip_busy: bool = False,
    only_stale: bool = False,
) -> list[Judged]:
    """Lock, read, evaluate, store what was found."""
    records = _lock(lead_ids, skip_busy=skip_busy, only_stale=only_stale)
    ids = [one.lead_id for one in records]
    if not ids:
        return []
    histories = read_histories(ids, setting.definition)
    judged = judge(records, histories, setting.definition, at=setting.at)
    until = _recycle_instants(records, setting)
    rows = [
        standing_row(one, setting.version, _earliest(one.valid_until, until.get(one.lead_id)))
        for one in judged
    ]
    set_standing(
        rows,
        at=setting.at,
        seen_stale={one.lead_id: one.record.stale_since for one in judged},
    )
    open_ones = [one for one in judged if one.record.stage == Stage.WITH_SALES]
    set_scores([(one.lead_id, one.standing.total, one.standing.grade) for one in open_ones])
    return judged


def _lock(lead_ids: Sequence[int], *, skip_busy: bool, only_stale: bool) -> list[Standing]:
    """Lock each lead and then its standing, lowest first (leads.handoffs.locks); one statement."""
    rows = Standing.objects.filter(lead__in=lead_ids, is_listed=True)
    if only_stale:
        rows = rows.filter(stale_since__isnull=False)
    locking = rows.select_for_update(skip_locked=skip_busy, no_key=True, of=("lead", "self"))
    return list(locking.select_related("lead").only(*LOCKED).order_by("lead_id"))


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
    settle(lead_ids, at=at, only_stale=True)


def settle_due(*, at: datetime, limit: int = BATCH) -> int:
    """Settle up to ``limit`` leads whose score may have changed; return how many were looked at.

    Stale ones first, then those whose time is up, then those scored by another version. The cost
    follows what changed, not how many leads there are.
    """
    found = definition_in_force(at)
    if found is None:
        return 0
    version, _definition = found
    ids: list[int] = []
    for due in _due(version, at):
        ids += due.exclude(lead__in=ids).values_list("lead_id", flat=True)[: limit - len(ids)]
        if len(ids) == limit:
            break
    if ids:
        return settle(ids, at=at, skip_busy=True).scored
    _finish_rescore(version, at)
    return 0


def _due(version: Version, at: datetime) -> tuple[QuerySet[Standing], ...]:
    listed = Standing.objects.filter(is_listed=True)
    other = Q(version=None) | Q(version__lt=version.pk) | Q(version__gt=version.pk)
    return (
        listed.filter(stale_since__isnull=False).order_by("stale_since"),
        listed.filter(valid_until__lte=at).order_by("valid_until"),
        listed.filter(other).order_by("lead_id"),
    )


@transaction.atomic
def _finish_rescore(version: Version, at: datetime) -> None:
    """Say once that every lead is scored by the version in force."""
    Version.objects.select_for_update().get(pk=version.pk)
    said = Event.objects.filter(
        kind="rescore.finished",
        subject_type=version._meta.label_lower,
        subject_id=version.pk,
    )
    if not said.exists():
        record(
            "rescore.finished",
            subject=version,
            actor=None,
            at=at,
            payload={"waiting": Release.objects.waiting().count()},
        )


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
    setting = _setting(at)
    (one,) = _judge_locked([lead.pk], setting)
    if one.record.stage not in {Stage.KNOWN, Stage.MQL, Stage.RECYCLED}:
        raise Conflict(_("This lead is not marketing's to hand over: see its stage."))
    item = NewHandoff(
        lead_id=lead.pk,
        cause=Cause.BY_HAND,
        total=one.standing.total,
        grade=one.standing.grade,
        words=words.strip(),
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
    setting = _setting(at)
    made: list[Handoff] = []
    for start in range(0, len(ids), BATCH):
        made += _release_batch(sorted(ids[start : start + BATCH]), setting, by)
    return made


@transaction.atomic
def _release_batch(lead_ids: Sequence[int], setting: Setting, by: User) -> list[Handoff]:
    judged = {one.lead_id: one for one in _judge_locked(lead_ids, setting)}
    items = [
        NewHandoff(
            lead_id=one.lead_id,
            cause=Cause.RELEASED,
            total=one.standing.total,
            grade=one.standing.grade,
            gate=one.handoff_gate,
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


def _setting(at: datetime) -> Setting:
    at = whole_second(at)
    found = definition_in_force(at)
    if found is None:
        raise DomainError(_("No definition is in force yet. Both sides sign one first."))
    return Setting(*found, at)
