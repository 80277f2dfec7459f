"""The sweep's work: settling what waits. Its cost follows what changed, not how many leads are."""

from datetime import datetime
from itertools import pairwise

from django.db import transaction
from django.db.models import Q, QuerySet

from leads.database.models import StaleLead, Standing
from leads.handoffs.models import Release
from portal.agreements.models import Version
from portal.core.instants import whole_second
from portal.events.models import Event
from portal.events.services import record
from scoring.definitions.services import InForce, definitions_in_force
from scoring.engine.assembly import Texts
from scoring.engine.following import Setting
from scoring.engine.intake import Wanted
from scoring.engine.models import Rescore
from scoring.engine.rescore import begin_rescore, carry_on
from scoring.engine.services import BATCH, settle
from scoring.engine.sets import score_set


def settle_due(*, at: datetime, limit: int = BATCH, texts: Texts | None = None) -> int:
    """Settle up to ``limit`` leads whose score may have changed; return how many were looked at.

    Stale ones first, then those whose time is up, then those scored by another version: few of
    them here, more of them by a rescore in ranges that all workers share. ``texts`` is what the
    caller keeps of the dictionary from call to call.
    """
    at = whole_second(at)
    found = definitions_in_force(at)
    if found is None:
        return 0
    ids = list(_stale().values_list("pk", flat=True)[:limit])
    if len(ids) < limit:
        ids += _timed_out(at).values_list("pk", flat=True)[: limit - len(ids)]
    if len(ids) > BATCH:
        return score_set(Wanted(ids=sorted(ids)), Setting(found, at), texts=texts).written
    if ids:
        return settle(ids, at=at, skip_busy=True).scored
    return _settle_others(found, at, texts)


def _stale() -> QuerySet[StaleLead]:
    return StaleLead.objects.filter(lead__is_listed=True).order_by("since")


def _timed_out(at: datetime) -> QuerySet[Standing]:
    """Those whose time is up and that are not stale besides."""
    rows = Standing.objects.filter(is_listed=True, stale_since=None, valid_until__lte=at)
    return rows.order_by("valid_until")


def _settle_others(in_force: InForce, at: datetime, texts: Texts | None) -> int:
    """Take care of leads scored by another version, unless a person cancelled just that.

    Where there are segments, everybody is looked at once after each change of them: who is in
    another one now is scored by a version that is in force still.
    """
    looked_at = carry_on(at=at, texts=texts)
    if looked_at is not None:
        return max(looked_at, 1)  # a range without a lead is progress too
    version = in_force.newest.version
    newest = Rescore.objects.filter(version=version).order_by("-pk").first()
    if len(in_force.members) > 1 and (newest is None or newest.started_at < in_force.since):
        begin_rescore(version=version, by=None, at=at)
        return 1
    if _was_said(version) if newest is None else newest.leaves_nothing:
        return 0
    # All rows are read, in few sweeps only: until this has once found nobody.
    rows = Standing.objects.filter(_scored_by_others(in_force), is_listed=True).order_by("lead_id")
    ids = list(rows.values_list("lead_id", flat=True)[: BATCH + 1])
    if len(ids) > BATCH:
        begin_rescore(version=version, by=None, at=at)
        return 1
    if ids:
        return settle(ids, at=at, skip_busy=True).scored
    _say_finished(version, newest, at)
    return 0


def _scored_by_others(in_force: InForce) -> Q:
    """Rows of every version but those in force, in ranges that an index serves."""
    ids = sorted(in_force.version_ids)
    other = Q(version=None) | Q(version__lt=ids[0]) | Q(version__gt=ids[-1])
    for one, next_one in pairwise(ids):
        other |= Q(version__gt=one, version__lt=next_one)
    return other


@transaction.atomic
def _say_finished(version: Version, newest: Rescore | None, at: datetime) -> None:
    """Say once that every lead is scored by the version in force, and look no more.

    Nobody writes another version's score from here on: who began under one finds these newer.
    """
    if newest is not None:
        Rescore.objects.filter(pk=newest.pk).update(left_nobody=True)
    Version.objects.select_for_update().get(pk=version.pk)
    if not _was_said(version):
        waiting = Release.objects.waiting().count()
        record("rescore.finished", subject=version, actor=None, at=at, payload={"waiting": waiting})


def _was_said(version: Version) -> bool:
    said = Event.objects.filter(kind="rescore.finished", subject_type=version._meta.label_lower)
    return said.filter(subject_id=version.pk).exists()
