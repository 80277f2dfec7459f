"""Recording what happened. The one way to write an event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.accounts.models import User
from portal.core.bulk import Insert, insert_each, insert_objects, set_keys
from portal.core.instants import whole_second
from portal.events.bells import is_held
from portal.events.gathering import Owed, gathering
from portal.events.models import Delivery, Event, EventLead
from portal.events.table import Table, handler_name


@dataclass(frozen=True)
class _Act:
    """An event with the leads it is about; what follows from it is owed from ``at`` on."""

    event: Event
    lead_ids: Sequence[int]
    at: datetime


@dataclass
class _Waiting:
    """What a block of ``recorded_together`` has still to write."""

    savepoints: list[str]  # those that were open where it began
    acts: list[_Act] = field(default_factory=list)


_waiting: ContextVar[_Waiting | None] = ContextVar("events_waiting", default=None)


@contextmanager
def recorded_together(*, savepoint: bool = False) -> Iterator[None]:
    """A transaction whose events are written at its end: in order, in three statements in all.

    Their ids are known from then on. An error that leaves the block takes them back with what
    else it did; a block within a block hands its events on. Inside another savepoint events are
    written at once, as whoever opened it may go back to it. ``savepoint``: somebody catches what
    this block raises, inside a larger transaction.
    """
    outer, around = _waiting.get(), _savepoints()
    with transaction.atomic(savepoint=savepoint):
        mine = _Waiting(_savepoints())
        token = _waiting.set(mine)
        try:
            yield
        finally:
            _waiting.reset(token)
        heir = outer if outer is not None and outer.savepoints == around else None
        if heir is None:
            _write(mine.acts)
    if heir is not None:  # only now that nothing takes this block back alone
        heir.acts += mine.acts


def _savepoints() -> list[str]:
    return [name for name in connection.savepoint_ids if name]


def record(
    kind: str,
    *,
    subject: models.Model,
    actor: User | None,
    payload: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    leads: Iterable[int] | None = None,
) -> Event:
    """Write one event in the caller's transaction, with its links and its handlers' debts.

    ``leads`` are the ids of all leads it is about; by default those of the subject (a lead
    itself, or a row with ``lead_id``). Raises TransactionManagementError outside a transaction:
    an event without its write, or a write without its event, must not exist.
    """
    (event,) = record_each(
        kind, [(subject, dict(payload or {}))], actor=actor, at=at, leads=[leads]
    )
    return event


def record_each(
    kind: str,
    subjects: Sequence[tuple[models.Model, dict[str, Any]]],
    *,
    actor: User | None,
    at: datetime | None = None,
    leads: Sequence[Iterable[int] | None] | None = None,
    dated: Sequence[datetime] | None = None,
) -> list[Event]:
    """Write one event of ``kind`` for each (subject, payload), in three statements in all.

    ``dated`` gives each its own instant, where it happened before anybody noticed at ``at``.
    """
    acts = [(kind, subject, payload) for subject, payload in subjects]
    return record_together(acts, actor=actor, at=at, leads=leads, dated=dated)


def record_together(
    acts: Sequence[tuple[str, models.Model, dict[str, Any]]],
    *,
    actor: User | None,
    at: datetime | None = None,
    leads: Sequence[Iterable[int] | None] | None = None,
    dated: Sequence[datetime] | None = None,
) -> list[Event]:
    """Write one event for each (kind, subject, payload), in order; three statements in all.

    Inside ``recorded_together`` they are written where that ends, and have no id before.
    """
    if not connection.in_atomic_block:
        kinds = sorted({kind for kind, _, _ in acts})
        raise transaction.TransactionManagementError(f"record({kinds}) outside a transaction")
    if not acts:
        return []
    at = whole_second(at or timezone.now())
    given = leads or [None] * len(acts)
    stamps = dated or [at] * len(acts)
    noted = [
        _Act(
            Event(
                kind=kind,
                at=whole_second(stamp),
                actor=actor,
                subject_type=subject._meta.label_lower,
                subject_id=subject.pk,
                payload=payload,
            ),
            sorted(set(_leads_of(subject) if ids is None else ids)),
            at,
        )
        for (kind, subject, payload), stamp, ids in zip(acts, stamps, given, strict=True)
    ]
    waiting = _waiting.get()
    if waiting is not None and waiting.savepoints == _savepoints():
        waiting.acts += noted
    else:
        _write(noted)
    return [act.event for act in noted]


def _write(acts: Sequence[_Act]) -> None:
    insert_objects([act.event for act in acts])
    links = [{"event_id": act.event.pk, "lead_id": pk} for act in acts for pk in act.lead_ids]
    owed = _owed(acts)
    due = Insert.of([row for _, row in owed]) if owed else Insert(Delivery, [])
    _links, keys = insert_each(Insert(EventLead, links), due)
    if owed:
        set_keys([row for _, row in owed], keys)
        _see_to(owed, acts)


def plan_anew() -> None:
    """Have PostgreSQL count the events again, and with them plan its checks of keys anew.

    A session plans how to look an event up once: in a table that had next to nothing, by reading
    all of it, for each of the thousands of rows that come to point at events. Elsewhere nothing.
    Takes some 50 ms; keeps nobody from reading or writing.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {Event._meta.db_table}")


def _leads_of(subject: models.Model) -> list[int]:
    if subject._meta.label_lower == "leads.lead":
        return [subject.pk]
    lead_id = getattr(subject, "lead_id", None)
    return [] if lead_id is None else [lead_id]


def _owed(acts: Sequence[_Act]) -> Owed:
    table = lifecycle()
    return [
        (handler, Delivery(event=act.event, handler=handler_name(handler), step=step,
                           not_before=act.at + handler.after))
        for act in acts
        for step, handler in enumerate(table.get(act.event.kind, ()))
    ]  # fmt: skip


def _see_to(owed: Owed, acts: Sequence[_Act]) -> None:
    """Leave what is owed to whoever gathers it in this transaction, or ring after the commit."""
    gathered = gathering()
    if gathered is not None:
        gathered += owed
    elif not is_held():
        from portal.events.delivery import ring  # noqa: PLC0415 - it reads the table from here

        for kind, group in groupby(acts, key=lambda act: act.event.kind):
            if lifecycle().get(kind):
                ids = [act.event.pk for act in group]
                transaction.on_commit(partial(ring, ids, kind), robust=True)


def lifecycle() -> Table:
    """Return the table of portal/lifecycle.py: event kind to handlers, in order."""
    table: Table = import_string(settings.LIFECYCLE_HANDLERS)
    return table
