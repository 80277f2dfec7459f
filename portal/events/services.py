"""Recording what happened. The one way to write an event."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.accounts.models import User
from portal.core.bulk import insert_objects, insert_rows
from portal.core.instants import whole_second
from portal.events.bells import is_held
from portal.events.gathering import gathering
from portal.events.models import Delivery, Event, EventLead
from portal.events.table import Table, handler_name


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
    """Write one event for each (kind, subject, payload), in order; three statements in all."""
    if not connection.in_atomic_block:
        kinds = sorted({kind for kind, _, _ in acts})
        raise transaction.TransactionManagementError(f"record({kinds}) outside a transaction")
    if not acts:
        return []
    at = whole_second(at or timezone.now())
    events = [
        Event(
            kind=kind,
            at=whole_second(stamp),
            actor=actor,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            payload=payload,
        )
        for (kind, subject, payload), stamp in zip(acts, dated or [at] * len(acts), strict=True)
    ]
    insert_objects(events)
    given = leads or [None] * len(acts)
    insert_rows(
        EventLead,
        [
            {"event_id": event.pk, "lead_id": lead_id}
            for event, (_, subject, _), ids in zip(events, acts, given, strict=True)
            for lead_id in sorted(set(_leads_of(subject) if ids is None else ids))
        ],
    )
    _owe(events, at)
    return events


def _leads_of(subject: models.Model) -> list[int]:
    if subject._meta.label_lower == "leads.lead":
        return [subject.pk]
    lead_id = getattr(subject, "lead_id", None)
    return [] if lead_id is None else [lead_id]


def _owe(events: Sequence[Event], at: datetime) -> None:
    table = lifecycle()
    due = [
        (handler, Delivery(event=event, handler=handler_name(handler), step=step,
                           not_before=at + handler.after))
        for event in events
        for step, handler in enumerate(table.get(event.kind, ()))
    ]  # fmt: skip
    if not due:
        return
    insert_objects([row for _, row in due])
    owed = gathering()
    if owed is not None:
        owed += due
    elif not is_held():
        from portal.events.delivery import ring  # noqa: PLC0415 - it reads the table from here

        for kind, group in groupby(events, key=lambda event: event.kind):
            if table.get(kind):
                ids = [event.pk for event in group]
                transaction.on_commit(partial(ring, ids, kind), robust=True)


def lifecycle() -> Table:
    """Return the table of portal/lifecycle.py: event kind to handlers, in order."""
    table: Table = import_string(settings.LIFECYCLE_HANDLERS)
    return table
