"""Breaches: each once, stamped with the deadline and not with the moment of noticing."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from portal.core.claims import claim
from portal.core.instants import whole_second
from portal.events.services import record_each
from sla.breaches.models import Breach
from sla.clocks.models import Clock, ClockQuerySet
from sla.clocks.services import sync_clocks
from sla.clocks.states import BROKEN, late, state_of

BATCH = 500


@transaction.atomic
def find_breaches(*, at: datetime, limit: int = BATCH) -> int:
    """Open a breach for up to ``limit`` running clocks past due at ``at``; return how many.

    Safe to run twice and two at once: rows that another worker claims are skipped, and a claimed
    clock is not overdue any more. What has been decided is left to ``follow_handoffs``, which
    knows when its clocks ended. Records ``clock.breached`` for each.
    """
    waiting = Clock.objects.overdue(at).filter(handoff__is_decided=False)
    return _open(waiting.order_by("due_at"), at=at, limit=limit)


@transaction.atomic(savepoint=False)
def follow_handoffs(handoff_ids: Iterable[int], *, at: datetime) -> None:
    """Bring clocks and breaches of these handoffs to what current rows say.

    A clock that stopped late before the sweep came by gets its breach here; a breach whose
    deadline moved, or whose promise turns out to have been kept in time, is withdrawn and kept.
    Locks the handoffs, lowest first.
    """
    clocks = sync_clocks(handoff_ids, at=at)
    if breached := [clock.pk for clock in clocks if clock.is_breached]:
        _withdraw(breached, at=at)
    # Their rows are locked through their handoffs: what is not late here is not late there.
    if missing := [clock.pk for clock in clocks if state_of(clock, at) in BROKEN]:
        rows = Clock.objects.filter(late(at), pk__in=missing, is_breached=False)
        _open(rows, at=at, limit=len(missing))


def _open(wanted: ClockQuerySet, *, at: datetime, limit: int) -> int:
    ids = claim(wanted, limit=limit, is_breached=True)
    if not ids:
        return 0
    at = whole_second(at)
    clocks = list(Clock.objects.filter(pk__in=ids).select_related("handoff").order_by("pk"))
    Breach.objects.bulk_create(
        [Breach(clock=clock, at=deadline(clock), found_at=at) for clock in clocks],
        ignore_conflicts=True,
    )
    _announce("clock.breached", clocks, at=at, dated=[deadline(clock) for clock in clocks])
    return len(ids)


def _withdraw(clock_ids: Iterable[int], *, at: datetime) -> None:
    """Withdraw standing breaches that no longer hold: kept in time, or due at another instant."""
    standing = (
        Breach.objects.filter(clock__in=clock_ids, withdrawn_at=None)
        .select_related("clock__handoff")
        .select_for_update(of=("self",), no_key=True)
    )
    still_late = set(Clock.objects.filter(late(at), pk__in=clock_ids).values_list("pk", flat=True))
    gone = [
        breach
        for breach in standing
        if (breach.clock.stamped_at is not None or not breach.clock.is_excused)
        and (breach.clock_id not in still_late or breach.at != deadline(breach.clock))
    ]
    if not gone:
        return
    at = whole_second(at)
    Breach.objects.filter(pk__in=[breach.pk for breach in gone]).update(withdrawn_at=at)
    Clock.objects.filter(pk__in=[breach.clock_id for breach in gone]).update(is_breached=False)
    _announce("breach.withdrawn", [breach.clock for breach in gone], at=at)


def deadline(clock: Clock) -> datetime:
    """Return the instant a breach of ``clock`` is stamped with: due, or an earlier end without
    the touch that the terms asked for."""
    if clock.stamped_at is None and clock.ended_at is not None:
        return min(clock.due_at, clock.ended_at)
    return clock.due_at


def _announce(
    kind: str,
    clocks: Iterable[Clock],
    *,
    at: datetime,
    dated: Sequence[datetime] | None = None,
) -> None:
    record_each(
        kind,
        [
            (
                clock.handoff,
                {"clock": clock.pk, "promise": clock.promise, "due": clock.due_at.isoformat()},
            )
            for clock in clocks
        ],
        actor=None,
        at=at,
        dated=dated,
    )
