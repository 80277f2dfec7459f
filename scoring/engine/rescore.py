"""Rescoring everybody, in ranges of lead ids that any number of workers share.

A range is claimed with a lease. A worker that is killed leaves its range half written; once the
lease has passed, another one does it again: rows that are right already are not written twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils.translation import gettext as _

from leads.database.models import Lead
from leads.handoffs.models import Release
from portal.accounts.models import Role, User
from portal.agreements.models import Version
from portal.core.claims import claim
from portal.core.errors import Conflict, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record
from scoring.definitions.services import definitions_in_force
from scoring.engine.assembly import Texts
from scoring.engine.following import Setting
from scoring.engine.intake import Wanted
from scoring.engine.models import Rescore, RescoreRange
from scoring.engine.sets import OnWritten, score_set

LEADS_IN_RANGE = 16_384
LEASE = timedelta(minutes=5)
MAY_STEER = frozenset({Role.SALES_LEAD, Role.MARKETING_LEAD, Role.ADMIN})


@dataclass(frozen=True)
class Progress:
    """How far a rescore has come."""

    rescore: Rescore
    ranges: int
    done: int
    looked_at: int
    written: int

    @property
    def percent(self) -> int:
        return 100 if not self.ranges else 100 * self.done // self.ranges


@transaction.atomic
def begin_rescore(
    *, version: Version, by: User | None, at: datetime, leads_in_range: int = LEADS_IN_RANGE
) -> Rescore:
    """Cut all leads into ranges to be scored under ``version`` as of ``at``.

    Where there are segments each lead is scored by the one that applies to it, and ``version``
    is the one that came last. A rescore under another version, or one begun before segments were
    ordered anew, is overtaken. Raises Conflict while one of this
    version runs, NotAllowed for a person who may not start one. Locks the running one.
    """
    _check(by)
    at = whole_second(at)
    running = Rescore.objects.select_for_update().filter(state=Rescore.State.RUNNING).first()
    if running is not None:
        ordered_at = version.agreement.ordered_at
        is_old = ordered_at is not None and running.started_at < ordered_at
        if running.version_id == version.pk and not is_old:
            raise Conflict(_("A rescore is running already. Wait for it, or cancel it."))
        _close(running, Rescore.State.OVERTAKEN, at=at, by=by)
    rescore = Rescore.objects.create(version=version, started_at=at, started_by=by)
    ends = Lead.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is not None:
        RescoreRange.objects.bulk_create(
            RescoreRange(rescore=rescore, first=first, last=first + leads_in_range - 1)
            for first in range(ends["first"], ends["last"] + 1, leads_in_range)
        )
    record("rescore.started", subject=version, actor=by, at=at, payload={"rescore": rescore.pk})
    return rescore


def carry_on(
    *, at: datetime, texts: Texts | None = None, on_written: OnWritten = lambda _count: None
) -> int | None:
    """Score the next range that nobody holds; return how many leads were looked at.

    None when there is no range to take. The last range finishes the rescore. ``texts`` is what
    the caller keeps of the dictionary from range to range. ``on_written`` is called in the
    transaction of each batch, with the number of its rows.
    """
    at = whole_second(at)
    free = Q(leased_until=None) | Q(leased_until__lt=at)
    open_ranges = RescoreRange.objects.filter(
        free, rescore__state=Rescore.State.RUNNING, done_at=None
    )
    ids = claim(open_ranges.order_by("first"), limit=1, leased_until=at + LEASE)
    if not ids:
        return None
    mine = RescoreRange.objects.select_related("rescore__version").get(pk=ids[0])
    # As of the rescore's own instant: whoever does a range, and whenever, finds the same.
    began = mine.rescore.started_at
    in_force = definitions_in_force(began)
    assert in_force is not None  # noqa: S101 - a rescore is begun under a version in force
    setting = Setting(in_force, began, is_rescore=True)
    row = RescoreRange.objects.filter(pk=mine.pk)

    def note(count: int) -> None:
        row.update(written=F("written") + count)
        on_written(count)

    try:
        result = score_set(
            Wanted(first=mine.first, last=mine.last),
            setting,
            texts=texts,
            on_written=note,
        )
    except KeyboardInterrupt:
        row.update(leased_until=None)  # nobody has to wait for a lease that ends by itself
        raise
    row.update(done_at=at, leased_until=None, looked_at=result.looked_at)
    finish_rescore(at=at)
    return result.looked_at


@transaction.atomic
def finish_rescore(*, at: datetime) -> bool:
    """Close the running rescore when its last range is done, and say so with whom it queued.

    Leads that were busy or changed meanwhile are the sweep's: they are due as they are. Locks
    the rescore.
    """
    running = Rescore.objects.select_for_update().filter(state=Rescore.State.RUNNING).first()
    if running is None or running.ranges.filter(done_at=None).exists():
        return False
    _close(running, Rescore.State.DONE, at=at, by=None)
    return True


@transaction.atomic
def cancel_rescore(*, by: User | None, at: datetime) -> Rescore:
    """Stop the running rescore: what is written stays, the rest keeps its score.

    Those leads are scored by the version in force when something happens to them. Raises
    Conflict when none runs, NotAllowed for a person who may not. Locks the rescore.
    """
    _check(by)
    running = Rescore.objects.select_for_update().filter(state=Rescore.State.RUNNING).first()
    if running is None:
        raise Conflict(_("No rescore is running. It may have come to its end meanwhile."))
    _close(running, Rescore.State.CANCELLED, at=at, by=by)
    return running


def _check(by: User | None) -> None:
    if by is not None and by.role not in MAY_STEER:
        raise NotAllowed(_("A sales lead or a marketing lead does this. Ask one of them."))


def _close(rescore: Rescore, state: Rescore.State, *, at: datetime, by: User | None) -> None:
    rescore.state, rescore.finished_at = state, whole_second(at)
    rescore.save(update_fields=["state", "finished_at"])
    if state == Rescore.State.OVERTAKEN:
        return
    kind = "rescore.finished" if state == Rescore.State.DONE else "rescore.cancelled"
    queued = Release.objects.filter(
        opened_at=rescore.started_at,
        cause__in=[Release.Cause.RESCORE, Release.Cause.ACTIVATION],
    )
    leads = list(queued.values_list("lead_id", flat=True))
    progress = progress_of(rescore)
    record(
        kind,
        subject=rescore.version,
        actor=by,
        at=at,
        payload={
            "rescore": rescore.pk,
            "looked_at": progress.looked_at,
            "written": progress.written,
            "waiting": Release.objects.waiting().count(),
        },
        leads=leads,
    )


def progress_of(rescore: Rescore) -> Progress:
    """Return how far it is; one query."""
    sums = rescore.ranges.aggregate(
        ranges=Count("pk"),
        done=Count("done_at"),
        looked_at=Sum("looked_at", default=0),
        written=Sum("written", default=0),
    )
    return Progress(rescore, **sums)


def running_rescore() -> Progress | None:
    """Return the rescore that runs now, with its progress; two queries at most."""
    running = Rescore.objects.filter(state=Rescore.State.RUNNING).select_related("version")
    found = running.first()
    return None if found is None else progress_of(found)
