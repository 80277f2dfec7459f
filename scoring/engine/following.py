"""What follows from a set of standings: stages, handoffs with evidence, the release list.

The rules are DESIGN's: an open ``mql`` gate makes an MQL, no more. An open ``sales_ready`` gate
or fast track makes a handoff at once when an activity, a fact or passing time caused the
settling; opened by an import, a rescore or an activation it puts the lead on the release list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Max

from leads.database.models import FactSnapshot, Gate, Stage, StaleCause, Standing
from leads.database.stages import move_leads, move_locked, pass_through
from leads.dispositions.models import Disposition, Effect, Outcome
from leads.handoffs.models import Cause, Handoff, Release
from leads.handoffs.services import (
    NewHandoff,
    NewRelease,
    close_releases,
    make_handoffs,
    queue_releases,
)
from portal.accounts.models import Organisation
from portal.events.services import record_each
from scoring.definitions.services import InForce
from scoring.engine.evidence import freeze
from scoring.engine.judging import Judged
from scoring.rules.reentry import has_new_intent

FROM = (Stage.KNOWN, Stage.MQL)
HANDOFF_GATES = Gate.SALES_READY | Gate.FAST_TRACK


@dataclass
class Followed:
    """What a settling led to."""

    qualified: list[int] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    queued: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Setting:
    """What holds for one settling: the definitions in force and the instant.

    ``is_rescore``: nothing happened to the leads; what opens a gate is that all are scored anew.
    """

    in_force: InForce
    at: datetime
    is_rescore: bool = False

    @cached_property
    def zone(self) -> ZoneInfo:
        """The organisation's zone; read when a recycled lead asks for it, and then once."""
        return ZoneInfo(Organisation.current().zone)


def follow(judged: Sequence[Judged], setting: Setting) -> Followed:
    """Move stages, hand off or queue, and end waits whose gate closed; in sets, with events.

    Costs no statement when nothing follows.
    """
    ready = _may_enter([one for one in judged if one.handoff_gate], setting)
    at_once = [(one, cause) for one, cause in ready if is_live(one, setting)]
    later = [one for one, _ in ready if not is_live(one, setting)]
    leaving = {one.lead_id for one, _ in at_once}
    followed = Followed(qualified=_qualify(judged, leaving, setting))
    followed.handoffs = _hand_off(at_once, setting)
    leaving -= {one.lead_id for one in followed.handoffs}
    if stayed := leaving.intersection(followed.qualified):  # sales has them by another handoff
        move_leads(stayed, to=Stage.MQL, by=None, at=setting.at, cause="lead.qualified")
    followed.queued = _queue(later, setting)
    # A lead waits for release only while its stored gates say so: both are written together.
    closed = [
        one.lead_id for one in judged if not one.handoff_gate and one.record.gates & HANDOFF_GATES
    ]
    if closed:
        close_releases(closed, end=Release.End.CLOSED, by=None, at=setting.at)
    return followed


def is_live(one: Judged, setting: Setting) -> bool:
    """Whether an activity, a fact or passing time caused this settling of the lead.

    What waited since before its version was in force was not what opened a gate: the
    activation was. A lead that a fact moved to another segment is live, too.
    """
    record, version, stale_since = one.record, one.applied.version, one.record.stale_since
    if stale_since is None:
        by_time = record.version_id == version.pk or _was_moved_by_time(record, setting.in_force)
        return by_time and not setting.is_rescore
    begun = version.in_force_since
    return record.stale_cause == StaleCause.LIVE and (begun is None or stale_since >= begun)


def _was_moved_by_time(record: Standing, in_force: InForce) -> bool:
    """Whether a fact that was dated later took a lead to another segment of the same order."""
    return (
        record.version_id in in_force.version_ids
        and record.scored_at is not None
        and record.scored_at > in_force.since
    )


def _qualify(judged: Sequence[Judged], leaving: set[int], setting: Setting) -> list[int]:
    """Make MQLs; those ``leaving`` for sales at this instant only pass through that stage."""
    moved = [one for one in judged if one.standing.mql and one.record.stage == Stage.KNOWN]
    if not moved:
        return []
    passing = [one.lead_id for one in moved if one.lead_id in leaving]
    pass_through(passing, stage=Stage.MQL, at=setting.at, cause="lead.qualified")
    staying = [one.lead_id for one in moved if one.lead_id not in leaving]
    move_locked(staying, to=Stage.MQL, by=None, at=setting.at, cause="lead.qualified")
    record_each(
        "lead.qualified",
        [(one.record.lead, {"version": one.applied.version.pk}) for one in moved],
        actor=None,
        at=setting.at,
    )
    return [one.lead_id for one in moved]


def _may_enter(ready: Sequence[Judged], setting: Setting) -> list[tuple[Judged, Cause]]:
    """Leads with an open handoff gate that may go to sales now, with the cause to store."""
    first = [one for one in ready if one.record.stage in FROM]
    mended = _unmended(first)
    entering = [
        (one, Cause.FAST_TRACK if one.handoff_gate == "fast_track" else Cause.SALES_READY)
        for one in first
        if one.lead_id not in mended
    ]
    recycled = [one for one in ready if one.record.stage == Stage.RECYCLED]
    return entering + [(one, Cause.RE_ENTRY) for one in _re_entering(recycled, setting)]


def _unmended(judged: Sequence[Judged]) -> set[int]:
    """Leads sent back to be mended of which no fact has changed since."""
    waiting = {
        one.lead_id: since for one in judged if (since := one.record.lead.mend_since) is not None
    }
    if not waiting:
        return set()
    changed = dict(
        FactSnapshot.objects.filter(lead__in=waiting)
        .values("lead_id")
        .annotate(last=Max("recorded_at"))
        .values_list("lead_id", "last")
    )
    return {pk for pk, since in waiting.items() if pk not in changed or changed[pk] <= since}


def _re_entering(recycled: Sequence[Judged], setting: Setting) -> list[Judged]:
    """Recycled leads whose date has come and who showed new high intent since the last no."""
    if not recycled:
        return []
    ids = [one.lead_id for one in recycled]
    rejected = dict(
        Disposition.objects.standing()
        .filter(handoff__lead__in=ids, outcome=Outcome.REJECTED, decided_at__isnull=False)
        .exclude(reason__effect=Effect.DUPLICATE)  # a merged lead's: no judgement on this one
        .values("handoff__lead_id")
        .annotate(last=Max("decided_at"))
        .values_list("handoff__lead_id", "last")
    )
    entering = []
    for one in recycled:
        day, since = one.record.lead.recycle_on, rejected.get(one.lead_id)
        if day is None or since is None or setting.at < opening_of(day, setting.zone):
            continue
        activities = one.history.activities
        if has_new_intent(one.applied.definition, activities, setting.at, since):
            entering.append(one)
    return entering


def opening_of(day: object, zone: ZoneInfo) -> datetime:
    """Return 00:00 of ``day`` in ``zone``, as an instant."""
    return datetime.combine(day, time.min, zone)  # type: ignore[arg-type]


def _hand_off(entering: Sequence[tuple[Judged, Cause]], setting: Setting) -> list[Handoff]:
    if not entering:
        return []
    made = make_handoffs(
        [
            NewHandoff(
                lead_id=one.lead_id,
                cause=cause,
                total=one.standing.total,
                grade=one.standing.grade,
                gate=one.handoff_gate,
                checklist=one.applied.definition.checklist,
            )
            for one, cause in entering
        ],
        by=None,
        at=setting.at,
        are_locked=True,
    )
    freeze_for(made, {one.lead_id: one for one, _ in entering}, setting)
    return made


def freeze_for(made: Sequence[Handoff], judged: dict[int, Judged], setting: Setting) -> None:
    """Freeze the evidence of handoffs made in this settling."""
    freeze([(handoff, judged[handoff.lead_id]) for handoff in made], at=setting.at)


def _queue(waiting: Sequence[Judged], setting: Setting) -> list[int]:
    """Put on the release list those whose handoff gate was not open before this settling."""
    if not waiting:
        return []
    return queue_releases(
        [
            NewRelease(
                lead_id=one.lead_id,
                cause=_why(one),
                gate=one.handoff_gate,
                total=one.standing.total,
            )
            for one in waiting
        ],
        at=setting.at,
    )


def _why(one: Judged) -> Release.Cause:
    if one.record.stale_since is not None and one.record.stale_cause == StaleCause.IMPORT:
        return Release.Cause.IMPORT
    if one.record.version_id != one.applied.version.pk:
        return Release.Cause.ACTIVATION
    return Release.Cause.RESCORE
