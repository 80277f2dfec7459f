"""Scoring many leads of the database at once: read as columns, evaluate, write what changed.

Nothing is locked while leads are read and evaluated. Rows are then written in small batches, and
only where they are still as they were read: whoever works with a lead is never waited for and
never overwritten, and a lead that changed meanwhile is still due. Leads for which more follows
than a new score (a stage, the release list, a handoff) go through ``follow`` like any other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from django.db import transaction

from leads.database.models import Lead, Stage, StaleCause, Standing
from leads.database.standing import set_standing
from leads.database.standing_sets import (
    AT_ONCE,
    GRADES,
    NULL,
    STAGES,
    StandingColumns,
    code_of,
    commit_later,
    micros,
    next_size,
    store_scores,
)
from leads.dispositions.touches import with_other_talk
from leads.handoffs.models import Release
from leads.handoffs.services import set_scores
from portal.events.services import plan_anew
from scoring.engine.assembly import Texts, read_batch
from scoring.engine.columns import Array
from scoring.engine.following import HANDOFF_GATES, Setting, follow, opening_of
from scoring.engine.freshness import valid_until_all
from scoring.engine.intake import Wanted, read_numbers
from scoring.engine.judging import Judged, is_written, standing_row
from scoring.engine.kernel import Scores, evaluate_all
from scoring.engine.reading import LeadHistory
from scoring.engine.services import BATCH, lock_standings, settle
from scoring.rules.evaluate import Standing as Found
from scoring.rules.instants import LATEST, instant, seconds

KNOWN, MQL, WITH_SALES, RECYCLED = map(
    STAGES.index, (Stage.KNOWN, Stage.MQL, Stage.WITH_SALES, Stage.RECYCLED)
)
MANY_FOLLOWED = 500  # leads: so many events may have multiplied those that there were
FEW = 25  # leads of which a set takes care, locked together at first
OnWritten = Callable[[int], None]


@dataclass
class SetResult:
    """What became of a set: leads looked at, rows written, leads for which more followed."""

    looked_at: int = 0
    written: int = 0
    followed: int = 0


def score_set(
    wanted: Wanted,
    setting: Setting,
    *,
    texts: Texts | None = None,
    on_written: OnWritten = lambda _count: None,
) -> SetResult:
    """Score the leads wanted as of ``setting.at`` and do what follows.

    In a rescore those that are stale or whose time is up are left to the sweep, which knows
    that something happened to them. ``on_written`` is called in the transaction of each batch.
    Safe to repeat and to run twice at once.
    """
    rows, before = _read_standings(wanted, setting)
    if not len(rows):
        return SetResult()
    scores, fresh = _scored(rows, wanted, setting, texts or Texts())
    is_live = _is_live(rows, before, scores, setting)
    changed = np.zeros(len(rows), bool)
    for name in ("version", "fit", "engagement", "total", "grade", "gates", "fired", "valid_until"):
        changed |= getattr(rows, name) != getattr(fresh, name)
    full, light = _what_follows(rows, fresh, scores, is_live)
    plain = (changed | (rows.stale_since != NULL)) & ~full & ~light
    result = SetResult(looked_at=len(rows), followed=int(full.sum() + light.sum()))
    for count in store_scores(fresh.where(plain), at=setting.at):
        on_written(count)
        result.written += count
    places, done, size = np.flatnonzero(light), 0, min(FEW, BATCH)
    while done < len(places):
        some, began = places[done : done + size], perf_counter()
        with transaction.atomic():
            commit_later()
            count = _follow(fresh.where(some), scores, some, setting)
            on_written(count)
        result.written += count
        done, size = done + size, next_size(size, perf_counter() - began, FEW, BATCH)
    ids = rows.lead[full].tolist()
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            some_ids = ids[start : start + BATCH]
            settled = settle(some_ids, at=setting.at, skip_busy=True, is_rescore=setting.is_rescore)
            on_written(settled.written)
        result.written += settled.written
    if result.followed >= MANY_FOLLOWED:
        plan_anew()
    return result


@dataclass(frozen=True)
class _Before:
    """When each lead was scored last, in seconds, and whether what made it stale happened live."""

    scored_at: Array
    by_life: Array


def _read_standings(wanted: Wanted, setting: Setting) -> tuple[StandingColumns, _Before]:
    """Return the score rows of the leads wanted, lowest id first, before anything else is read."""
    columns = {
        name: name for name in ("fit", "engagement", "total", "gates", "fired", "valid_until")
    }
    columns |= {"lead": "lead_id", "version": "version_id", "cause": "stale_cause"}
    columns |= {"grade": code_of("grade", GRADES), "stage": code_of("stage", STAGES)}
    columns |= {"scored_at": "scored_at", "stale_since": "stale_since", "marks": "stale_marks"}
    at = int(setting.at.timestamp())
    where = f"{wanted.sql()} AND is_listed"
    if setting.is_rescore:
        where += " AND stale_since IS NULL"
    found = read_numbers(
        Standing._meta.db_table,
        columns,
        where,
        instants={"valid_until", "scored_at"},
        exact={"stale_since"},
    )
    scored_at = found.pop("scored_at")
    keep = scored_at <= at
    if setting.is_rescore:
        due = (found["valid_until"] != NULL) & (found["valid_until"] <= at)
        keep &= ~(due & np.isin(found["version"], setting.in_force.version_ids))
    by_life = (found.pop("cause") == StaleCause.LIVE) & (found["stale_since"] != NULL)
    order = np.argsort(found["lead"])
    order = order[keep[order]]
    return StandingColumns(**found).where(order), _Before(scored_at[order], by_life[order])


def _is_live(rows: StandingColumns, before: _Before, scores: Scores, setting: Setting) -> Array:
    """Return for which leads what opened a gate happened to them: see ``following.is_live``."""
    in_force, is_stale = setting.in_force, rows.stale_since != NULL
    begun = np.array([micros(one.version.in_force_since) for one in in_force.members])
    after = before.by_life & (rows.stale_since >= begun[_applied(rows, scores)])
    if setting.is_rescore:
        return np.zeros(len(rows), bool)
    same = rows.version == _versions(rows, scores, setting)
    moved = np.isin(rows.version, in_force.version_ids)
    moved &= before.scored_at > int(in_force.since.timestamp())
    return np.where(is_stale, after, same | moved)


def _applied(rows: StandingColumns, scores: Scores) -> Array:
    """Return for each lead the place of the definition that applies to it."""
    return np.zeros(len(rows), np.int64) if scores.applied is None else scores.applied


def _versions(rows: StandingColumns, scores: Scores, setting: Setting) -> Array:
    found: Array = np.array(setting.in_force.version_ids)[_applied(rows, scores)]
    return found


def _scored(
    rows: StandingColumns, wanted: Wanted, setting: Setting, texts: Texts
) -> tuple[Scores, StandingColumns]:
    definition, at = setting.in_force.definitions, seconds(setting.at)
    batch = read_batch(definition, rows.lead, wanted, texts, at=at)
    scores = evaluate_all(definition, batch, at)
    until = _look_again(rows, valid_until_all(definition, batch, at), setting)
    fresh = StandingColumns(
        lead=rows.lead,
        version=_versions(rows, scores, setting),
        fit=scores.fit,
        engagement=scores.engagement,
        total=scores.total,
        grade=scores.graded.astype(np.int64),  # both number the grades alike
        gates=scores.gates,
        fired=scores.fired,
        valid_until=until,
        stage=rows.stage,
        stale_since=rows.stale_since,
        marks=rows.marks,
    )
    return scores, fresh


def _look_again(rows: StandingColumns, until: Array, setting: Setting) -> Array:
    """Return when the sweep looks again, NULL for never; at recycled leads when their day comes."""
    recycled = rows.lead[rows.stage == RECYCLED].tolist()
    for start in range(0, len(recycled), AT_ONCE):
        some = recycled[start : start + AT_ONCE]
        days = Lead.objects.filter(pk__in=some, recycle_on__isnull=False)
        for pk, day in days.values_list("pk", "recycle_on"):
            opening, place = opening_of(day, setting.zone), np.searchsorted(rows.lead, pk)
            if opening > setting.at:
                until[place] = min(until[place], seconds(opening))
    never = until > LATEST
    return np.where(never, NULL, until)


def _what_follows(
    rows: StandingColumns, fresh: StandingColumns, scores: Scores, live: Array
) -> tuple[Array, Array]:
    """Return two masks: leads to settle one by one, and leads of which a set can take care.

    A handoff at once freezes evidence, and a re-entry looks at activities: both want the whole
    history; a touch that came late is stamped. An MQL, the release list and the copies on an open
    handoff want nothing of the kind.
    """
    is_stale = rows.stale_since != NULL
    passing = (fresh.gates & HANDOFF_GATES) != 0
    first, recycled = np.isin(rows.stage, (KNOWN, MQL)), rows.stage == RECYCLED
    entering = passing & (first | recycled)
    waiting = _waiting(rows.lead[entering & ~live], rows)
    with_sales = rows.stage == WITH_SALES
    full = entering & (live | (recycled & ~waiting)) | (with_sales & is_stale)
    had = is_stale & ~with_sales & (rows.stage != KNOWN)
    full |= had & _talked(rows.lead[had], rows)
    differs = (rows.total != fresh.total) | (rows.grade != fresh.grade)
    light = scores.mql & (rows.stage == KNOWN) | (entering & first & ~live & ~waiting)
    light |= ~passing & ((rows.gates & HANDOFF_GATES) != 0) | (with_sales & differs)
    return full, light & ~full


def _waiting(lead_ids: Array, rows: StandingColumns) -> Array:
    """Return which rows are leads that wait on the release list already."""
    waiting: list[int] = []
    for start in range(0, len(lead_ids), AT_ONCE):
        some = Release.objects.waiting().filter(lead__in=lead_ids[start : start + AT_ONCE].tolist())
        waiting += some.values_list("lead_id", flat=True)
    return np.isin(rows.lead, np.array(waiting, np.int64))


def _talked(lead_ids: Array, rows: StandingColumns) -> Array:
    """Return which rows are leads of whose handoffs more is known than they have stored."""
    talked: list[int] = []
    for start in range(0, len(lead_ids), AT_ONCE):
        some = with_other_talk(lead_ids[start : start + AT_ONCE].tolist())
        talked += some.values_list("lead_id", flat=True)
    return np.isin(rows.lead, np.array(talked, np.int64))


def _follow(fresh: StandingColumns, scores: Scores, places: Array, setting: Setting) -> int:
    """Store these scores and do what follows, with the leads locked; return how many were new."""
    by_lead = dict(zip(fresh.lead.tolist(), range(len(fresh)), strict=True))
    judged = []
    for record in lock_standings(list(by_lead), skip_busy=True):
        n = by_lead[record.lead_id]
        same = STAGES.index(record.stage) == fresh.stage[n]
        same &= record.stale_marks == fresh.marks[n]
        if same and (record.scored_at is None or record.scored_at <= setting.at):
            until = None if fresh.valid_until[n] == NULL else instant(int(fresh.valid_until[n]))
            place = int(places[n])
            applied = setting.in_force.members[
                0 if scores.applied is None else int(scores.applied[place])
            ]
            standing = _standing(scores, place)
            judged.append(Judged(record, applied, LeadHistory(), {}, standing, until))
    written = [standing_row(one, one.valid_until) for one in judged]
    if setting.is_rescore:
        written = [
            row for one, row in zip(judged, written, strict=True) if not is_written(one.record, row)
        ]
    set_standing(
        written,
        at=setting.at,
        seen_marks={one.lead_id: one.record.stale_marks for one in judged},
    )
    open_ones = [one for one in judged if one.record.stage == Stage.WITH_SALES]
    set_scores([(one.lead_id, one.standing.total, one.standing.grade) for one in open_ones])
    follow(judged, setting)
    return len(written)


def _standing(scores: Scores, place: int) -> Found:
    """Return one lead's standing without the factors behind it."""
    return Found(
        fit=int(scores.fit[place]),
        engagement=int(scores.engagement[place]),
        total=int(scores.total[place]),
        grade=str(scores.grade[place]),
        mql=bool(scores.mql[place]),
        sales_ready=bool(scores.sales_ready[place]),
        fast_track=bool(scores.fast_track[place]),
        icp=bool(scores.icp[place]),
        disqualified=bool(scores.disqualified[place]),
        fired=int(scores.fired[place]),
        limited_total=0,
        groups=(),
    )
