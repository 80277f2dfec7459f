"""Carrying an import out, batch by batch.

Each batch is one transaction: its rows, the rejected ones, the counters and ``next_row`` move
together, so that a killed worker leaves neither half a batch nor a batch twice. A worker holds a
lease for a minute and renews it with each batch; when it dies, the beat gives the import to
another one.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import F, Q
from django.utils.translation import gettext as _

from leads.imports.batch import BATCH, ImportRow, Setting, Stored
from leads.imports.checking import KINDS, reader_of, refused_of, usable_mapping
from leads.imports.mapping import BadMapping
from leads.imports.models import Import, RejectedRow
from leads.imports.reader import RowReader
from portal.accounts.models import User
from portal.core.bulk import insert_rows
from portal.core.claims import claim
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.events.models import Event, EventLead
from portal.events.services import record

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
Clock = Callable[[], datetime]
OnProgress = Callable[[Import], None]


@transaction.atomic
def begin_import(*, run: Import, by: User | None, at: datetime, here: bool = False) -> Import:
    """Start the import, or let one that stopped go on.

    A worker is rung for after the commit; ``here``: the caller carries it out and holds the lease.

    Raises Conflict when it runs already or is over, BadMapping when its mapping has gaps.
    """
    usable_mapping(run.kind, run.mapping)
    at = whole_second(at)
    startable = Q(state__in=[Import.State.UPLOADED, Import.State.CHECKED, Import.State.FAILED])
    begun = Import.objects.filter(startable, pk=run.pk).update(
        state=Import.State.RUNNING,
        started_at=at,
        finished_at=None,
        leased_until=at + LEASE if here else None,
        error="",
    )
    if not begun:
        raise Conflict(_("This import was started already. Reload to see how far it is."))
    run.refresh_from_db()
    if run.next_row == 1:
        record("import.started", subject=run, actor=by, at=at, payload={"kind": run.kind})
    if not here:
        transaction.on_commit(_ring, robust=True)
    return run


def _ring() -> None:
    from leads.imports.tasks import continue_imports  # noqa: PLC0415 - tasks import this module

    try:
        continue_imports.delay()
    except Exception:  # beat comes by every fifteen seconds anyway
        logger.warning("the broker did not answer; beat will start the import", exc_info=True)


@transaction.atomic
def cancel_import(*, run: Import, by: User | None, at: datetime) -> Import:
    """Stop an import: rows stored so far stay, no more are stored. Raises Conflict when over."""
    locked = Import.objects.select_for_update().get(pk=run.pk)
    if locked.state in {Import.State.DONE, Import.State.CANCELLED}:
        raise Conflict(_("This import is over already. There is nothing left to cancel."))
    _close(locked, Import.State.CANCELLED, by=by, at=at)
    return locked


def claim_import(run_id: int, *, at: datetime) -> bool:
    """Take the lease of a running import; False when another worker holds it, or it is over."""
    free = Q(leased_until=None) | Q(leased_until__lt=at)
    wanted = Import.objects.unfinished().filter(free, pk=run_id)
    return bool(claim(wanted, limit=1, leased_until=at + LEASE))


def run_import(
    *,
    run_id: int,
    clock: Clock,
    until: datetime | None = None,
    on_progress: OnProgress = lambda _run: None,
    batch: int | None = None,
) -> bool:
    """Carry a claimed import on from where it is; True when somebody has to go on.

    Stops at its end, when it is cancelled, when another worker has taken over, and after
    ``until``, giving the lease back.
    """
    run = Import.objects.select_related("started_by").get(pk=run_id)
    try:
        mapping = usable_mapping(run.kind, run.mapping)
        size = batch or settings.IMPORT_BATCH_ROWS
        with reader_of(run, mapping, next_row=run.next_row) as reader:
            if run.rows_in_file is None:
                count = sum(1 for _row in reader.table.rows())
                Import.objects.filter(pk=run_id).update(rows_in_file=count)
            while run_batch(run=run, reader=reader, at=clock(), size=size):
                on_progress(run)
                if until is not None and clock() >= until:
                    Import.objects.unfinished().filter(pk=run_id).update(leased_until=None)
                    return True
    except (BadMapping, DomainError) as refusal:
        _stop(run_id, str(refusal), at=clock())
    except OperationalError:  # the database was busy or away: the lease ends, another one goes on
        raise
    except Exception:
        logger.exception("import %s stopped", run_id)
        sentence = _("It stopped unexpectedly. Start it again: it goes on where it stopped.")
        _stop(run_id, sentence, at=clock())
    return False


def _stop(run_id: int, sentence: str, *, at: datetime) -> None:
    with transaction.atomic():
        run = Import.objects.select_for_update().get(pk=run_id)
        if run.state == Import.State.RUNNING:
            run.error = sentence[:300]
            _close(run, Import.State.FAILED, by=None, at=at)


def run_batch(*, run: Import, reader: RowReader, at: datetime, size: int = BATCH) -> bool:
    """Store the next rows in one transaction; False when there is nothing left to do here.

    Harmless when two workers have the same rows at hand: the second finds ``next_row`` moved on
    and stores nothing. Locks the import.
    """
    at = whole_second(at)
    start = reader.next_row
    rows = reader.take(size)
    setting = Setting(run.mapping["source_system"].strip(), run.started_by, at)
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=run.pk)
        if locked.state != Import.State.RUNNING or locked.next_row != start:
            return False
        if not rows:
            locked.next_row = start
            _close(locked, Import.State.DONE, by=run.started_by, at=at)
            return False
        refused = refused_of(rows, run.kind, setting)
        good = [row for row in rows if row.number not in refused]
        stored = _store(good, run.kind, setting, refused)
        _keep_rejected(run, rows, refused)
        _link_leads(run, stored.leads)
        Import.objects.filter(pk=run.pk).update(
            next_row=reader.next_row,
            leased_until=at + LEASE,
            created=F("created") + stored.created,
            updated=F("updated") + stored.updated,
            unchanged=F("unchanged") + stored.unchanged,
            rejected=F("rejected") + len(refused),
        )
    run.refresh_from_db()
    return True


def _store(
    rows: Sequence[ImportRow], kind: str, setting: Setting, refused: dict[int, list[str]]
) -> Stored:
    """Store rows; when the database refuses, halve until the row that it refuses stands alone."""
    if not rows:
        return Stored()
    try:
        with transaction.atomic():
            return KINDS[kind].store(rows, setting)
    except (ArithmeticError, DataError, IntegrityError, DomainError) as failure:
        if len(rows) == 1:
            refused[rows[0].number] = [_sentence(failure)]
            return Stored()
    middle = len(rows) // 2
    stored = Stored()
    for part in (rows[:middle], rows[middle:]):
        stored.add(_store(part, kind, setting, refused))
    return stored


COUNTS = ("created", "updated", "unchanged")


def _sentence(failure: Exception) -> str:
    if isinstance(failure, DomainError):
        return str(failure)
    return _("The database cannot keep this row: a number is too large or an id is taken.")


def _keep_rejected(run: Import, rows: Sequence[ImportRow], refused: dict[int, list[str]]) -> None:
    RejectedRow.objects.bulk_create(
        RejectedRow(
            run=run,
            number=row.number,
            cells=row.raw if row.cells is None else row.cells,
            reasons=refused[row.number],
            nth=row.nth,
        )
        for row in rows
        if row.number in refused
    )


def _started_event(run: Import) -> int:
    events = Event.objects.filter(
        kind="import.started", subject_type=run._meta.label_lower, subject_id=run.pk
    )
    return events.order_by("pk").values_list("pk", flat=True)[0]


def _link_leads(run: Import, lead_ids: set[int]) -> None:
    """Name the leads of this batch in the event that the import began with."""
    if lead_ids:
        event_id = _started_event(run)
        rows = [{"event_id": event_id, "lead_id": pk} for pk in sorted(lead_ids)]
        insert_rows(EventLead, rows, unless_known=("lead_id", "event_id"))


def _close(run: Import, state: Import.State, *, by: User | None, at: datetime) -> None:
    """End the import and say so of every lead it touched, in one statement for all of them."""
    at = whole_second(at)
    was_running = run.state == Import.State.RUNNING
    run.state, run.finished_at, run.leased_until = state, at, None
    run.save(update_fields=["state", "finished_at", "leased_until", "next_row", "error"])
    payload = {"kind": run.kind, **{name: getattr(run, name) for name in (*COUNTS, "rejected")}}
    kind = "import.finished" if state == Import.State.DONE else f"import.{state}"
    event = record(kind, subject=run, actor=by, at=at, payload=payload)
    if was_running:
        table = EventLead._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (event_id, lead_id) "  # noqa: S608 - our own names
                f"SELECT %s, lead_id FROM {table} WHERE event_id = %s ORDER BY lead_id",
                [event.pk, _started_event(run)],
            )
