"""Keeping each day's stopped clocks and all its handoffs packed, so that a quarter is read fast.

What has stopped hardly changes, nor what a handoff carried, so it is read once, kept as bytes,
and read again only when a trigger marked its day (``portal.core.daymarks``). What still runs is
never packed.

A late activity of a lead and the handoff that it comes before may be written by two transactions
that do not see each other: then the activity leaves no mark. But the handoff does, and its mark
is taken away, with the day packed anew, only when everybody has ended who was writing when the
handoff could be seen, however long that takes; until then it is read live. So nothing is missed.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from leads.handoffs.models import Handoff
from portal.core.inflight import PATIENCE, seen_by_all
from portal.core.instants import whole_second
from sla.clocks.models import RUNNING, Clock
from sla.scoreboard.columns import CLOCKS, FORM, HANDOFFS, KNOWN, TRIES, pack
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.reading import read_clocks, read_handoffs

BATCH = 31  # days at a time: a worker that is stopped loses little
# What this transaction wrote itself, and what was restored from another server's dump, whose
# transactions had other numbers: a row that can be seen is of a smaller number than any to come.
_NOBODY_MISSED = (
    "written_by IS NULL OR written_by = pg_current_xact_id_if_assigned()::text::bigint"
    " OR written_by >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
)
_ALL_SAW = " OR pg_visible_in_snapshot(written_by::text::xid8, %s::pg_snapshot)"


def pack_days(*, at: datetime, limit: int = BATCH, patience: timedelta = PATIENCE) -> int:
    """Pack up to ``limit`` days that changed since they were packed, newest first; return how many.

    Each in a transaction of its own. Safe to run twice and two at once: see ``pack_day``. Waits up
    to ``patience`` for who is writing; marks that one of these might not have seen stay.
    """
    seen = seen_by_all(patience=patience)
    other = PackedDay.objects.exclude(form=FORM).order_by("-day").values_list("day", flat=True)
    marks = TouchedDay.objects.filter(_done_with(seen)).order_by("-day")
    touched = marks.values_list("day", flat=True).distinct()
    days = sorted({*other[:limit], *touched[:limit]}, reverse=True)[:limit]
    for day in days:
        pack_day(day, at=at, seen=seen)
    return len(days)


@transaction.atomic
def pack_day(day: date, *, at: datetime, seen: str | None) -> None:
    """Read the handoffs of this UTC day and the clocks that started on it and stopped: keep both.

    Locks the day's row first. Then the marks go that all who still write have seen (``seen``, from
    ``seen_by_all``): what commits later than this statement leaves its mark standing, and what
    committed earlier is in what is read below.
    """
    PackedDay.objects.get_or_create(day=day, defaults={"form": 0, "packed_at": whole_second(at)})
    row = PackedDay.objects.select_for_update(no_key=True).get(day=day)
    TouchedDay.objects.filter(_done_with(seen), day=day).delete()
    since, before = instants_of(day)
    stopped = Clock.objects.exclude(RUNNING).filter(started_at__gte=since, started_at__lt=before)
    handoffs, tries = read_handoffs(Handoff.objects.filter(made_at__gte=since, made_at__lt=before))
    row.form, row.packed_at = FORM, whole_second(at)
    row.clocks = pack(CLOCKS, read_clocks(stopped, at=at))
    row.handoffs, row.known = pack(HANDOFFS, handoffs), pack(KNOWN, handoffs)
    row.tries = pack(TRIES, tries)
    row.save()


def _done_with(seen: str | None) -> Q | RawSQL:
    """Return the condition for marks that may go: nobody is at work who has not seen their rows."""
    if connection.vendor != "postgresql":
        return Q()
    of_all = _ALL_SAW if seen else ""
    sql = f"(handoff IS NULL OR {_NOBODY_MISSED}{of_all})"
    return RawSQL(sql, [seen] if seen else [], output_field=BooleanField())  # noqa: S611 - our own


def instants_of(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a UTC day and that of the next."""
    since = datetime.combine(day, time(0), UTC)
    return since, since + timedelta(days=1)
