"""Carrying out what follows from events. The rows are the truth; the broker is a doorbell.

What a person waits for runs right after the commit, with all that it leads to, in one
transaction. A worker claims, runs and marks a batch of deliveries of one handler in one
transaction. When it fails, its deliveries are tried one by one, so that one bad row does not hold
up its neighbours; what fails is tried again after 1, 5 and 30 minutes and 2 hours, then it waits
for an admin.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.core.claims import claim
from portal.core.prepared import Prepared, PreparedUpdate
from portal.events.gathering import Owed, gathered
from portal.events.models import Delivery, Event
from portal.events.services import lifecycle
from portal.events.table import Handler, handler_name

logger = logging.getLogger(__name__)
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120))
BATCH = 200
LEASE = timedelta(minutes=2)  # longer than anybody may take who waits for another machine


def ring(event_ids: Sequence[int], kind: str) -> None:
    """After the commit: do at once what a person waits for, and ring for the rest."""
    handlers = lifecycle().get(kind, ())
    urgent = {handler_name(h): h for h in handlers if h.is_urgent}
    is_more = len(urgent) < len(handlers)
    if urgent:
        is_more |= _run_at_once(event_ids, urgent, at=timezone.now())
    if is_more:
        from portal.events.tasks import deliver_due  # noqa: PLC0415 - tasks import this module

        try:
            deliver_due.delay()
        except Exception:  # the sweep comes by every fifteen seconds anyway
            logger.warning("the broker did not answer; the sweep will deliver", exc_info=True)


def _run_at_once(event_ids: Sequence[int], urgent: Mapping[str, Handler], *, at: datetime) -> bool:
    """Do what is urgent about these events, and about those it leads to, in one transaction.

    Deliveries of one handler run as one set, whatever event owes them. Returns whether there is
    more for a worker. When anything fails, nothing of it stands: each is tried alone.
    """
    mine = Delivery.objects.filter(
        event__in=event_ids, handler__in=urgent, state=Delivery.State.PENDING
    )
    try:
        with transaction.atomic(), gathered() as owed:
            todo = [(urgent[one.handler], one) for one in _locked(list(event_ids), list(urgent))]
            done, later = _run_in_turn(todo, owed, at=at)
            _mark_done(done, at=at)
    except Exception:  # tried again, each alone: that says which one it is
        logger.warning("urgent deliveries of events %s failed together", event_ids, exc_info=True)
        run_deliveries(list(mine.values_list("pk", flat=True)), at=at)
        return False
    return later


_locked = Prepared(
    lambda event_ids, handlers: (
        Delivery.objects.filter(
            event__among=event_ids, handler__among=handlers, state=Delivery.State.PENDING
        )
        .select_for_update(no_key=True, of=("self",))
        .select_related("event")
        .order_by("step", "event_id")
    ),
    list[int],
    list[str],
)


def _run_in_turn(todo: Owed, owed: Owed, *, at: datetime) -> tuple[list[int], bool]:
    """Run ``todo`` and what it adds to ``owed``; return the ids done, and whether more is owed."""
    done, later = [], False
    while todo:
        handler, first = todo[0]
        now = [one for _, one in todo if one.handler == first.handler]
        todo = [pair for pair in todo if pair[1].handler != first.handler]
        events = sorted((one.event for one in now), key=lambda event: (event.at, event.pk))
        handler.work(events, at)
        done += [one.pk for one in now]
        todo += [pair for pair in owed if pair[0].is_urgent]
        later |= any(not handler.is_urgent for handler, _ in owed)
        owed.clear()
    return done, later


def deliver_pending(*, at: datetime, limit: int = BATCH) -> int:
    """Carry out up to ``limit`` deliveries that are due, oldest first; return how many were due.

    Safe to run twice and two at once: a claim pushes ``not_before`` a minute away, and each batch
    is locked while it runs.
    """
    with transaction.atomic():
        due = Delivery.objects.filter(state=Delivery.State.PENDING, not_before__lte=at)
        ids = claim(
            due.order_by("not_before", "pk"), limit=limit, not_before=at + timedelta(minutes=1)
        )
    run_deliveries(ids, at=at)
    return len(ids)


def run_deliveries(ids: Sequence[int], *, at: datetime) -> None:
    """Run these deliveries in sets of one handler; what fails is tried singly and put off."""
    rows = (
        Delivery.objects.filter(pk__in=ids)
        .values_list("step", "handler", "pk")
        .order_by("step", "handler", "event_id")
    )
    for (_, name), group in groupby(rows, key=lambda row: row[:2]):
        batch = [row[2] for row in group]
        handler = _find(name)
        if handler is None:
            _put_off(batch, "This handler is no longer in the lifecycle table.", at=at)
        elif handler.outside:
            for single in batch:
                _try_outside(handler, single, at=at)
        elif not _try(handler, batch, at=at):
            for single in batch:
                _try(handler, [single], at=at, last=True)


def _try(handler: Handler, ids: Sequence[int], *, at: datetime, last: bool = False) -> bool:
    try:
        with transaction.atomic():
            locked = list(
                Delivery.objects.select_for_update()
                .filter(pk__in=ids, state=Delivery.State.PENDING)
                .values_list("pk", "event_id")
            )
            events = list(
                Event.objects.filter(pk__in=[event for _, event in locked]).order_by("at", "pk")
            )
            if events:
                handler.work(events, at)
            _mark_done([pk for pk, _ in locked], at=at)
    except Exception as failure:
        if last or len(ids) == 1:
            logger.exception("handler %s failed for deliveries %s", handler_name(handler), ids)
            _put_off(ids, f"{type(failure).__name__}: {failure}", at=at)
            return True
        return False
    return True


def _try_outside(handler: Handler, pk: int, *, at: datetime) -> None:
    """Run one delivery outside any transaction, under a lease of its own.

    The lease is counted from now, not from the beginning of a batch that may have waited for slow
    receivers: another worker takes it again only once this one must be dead.
    """
    mine = Delivery.objects.filter(pk=pk, state=Delivery.State.PENDING)
    tries = mine.values_list("attempts", flat=True).first()
    lease = max(at, timezone.now()) + LEASE
    if tries is None:
        return
    mine = mine.filter(attempts=tries)
    if not claim(mine, limit=1, attempts=tries + 1, not_before=lease):
        return  # another worker has it
    try:
        handler.work([Event.objects.get(deliveries=pk)], at)
    except Exception as failure:
        logger.warning(
            "handler %s failed for delivery %s", handler_name(handler), pk, exc_info=True
        )
        Delivery.objects.filter(pk=pk).update(attempts=tries)
        _put_off([pk], f"{type(failure).__name__}: {failure}", at=at)
        return
    Delivery.objects.filter(pk=pk).update(state=Delivery.State.DONE, done_at=at, error="")


def _mark_done(ids: Sequence[int], *, at: datetime) -> None:
    _done(list(ids), at)


_done = PreparedUpdate(
    lambda ids, at: (
        Delivery.objects.filter(pk__among=ids),
        {"state": Delivery.State.DONE, "done_at": at, "attempts": F("attempts") + 1, "error": ""},
    ),
    list[int],
    datetime,
)


def _put_off(ids: Sequence[int], error: str, *, at: datetime) -> None:
    for delivery in Delivery.objects.filter(pk__in=ids, state=Delivery.State.PENDING):
        tries = delivery.attempts
        given_up = tries >= len(RETRY_AFTER)
        Delivery.objects.filter(pk=delivery.pk).update(
            attempts=tries + 1,
            error=error[:2000],
            state=Delivery.State.FAILED if given_up else Delivery.State.PENDING,
            not_before=at if given_up else at + RETRY_AFTER[tries],
        )


def _find(name: str) -> Handler | None:
    return next(
        (h for handlers in lifecycle().values() for h in handlers if handler_name(h) == name), None
    )


def retry_failed(*, at: datetime, ids: Sequence[int] | None = None) -> int:
    """Give failed deliveries, all or those of ``ids``, a fresh start; return how many."""
    failed = Delivery.objects.filter(state=Delivery.State.FAILED)
    if ids is not None:
        failed = failed.filter(pk__in=ids)
    return failed.update(state=Delivery.State.PENDING, attempts=0, not_before=at)
