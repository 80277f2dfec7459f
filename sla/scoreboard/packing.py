"""Keeping each day's stopped clocks and decided handoffs packed, so that a quarter is read fast.

What has stopped hardly changes, so it is read once, kept as bytes, and read again only when a
trigger marked its day (``portal.core.daymarks``). What still runs is never packed.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from leads.handoffs.models import Handoff
from portal.core.instants import whole_second
from sla.clocks.models import RUNNING, Clock
from sla.scoreboard.columns import CLOCKS, FORM, HANDOFFS, pack, read_clocks, read_handoffs
from sla.scoreboard.models import PackedDay, TouchedDay

BATCH = 31  # days at a time: a worker that is stopped loses little


def pack_days(*, at: datetime, limit: int = BATCH) -> int:
    """Pack up to ``limit`` days that changed since they were packed, newest first; return how many.

    Each in a transaction of its own. Safe to run twice and two at once: see ``pack_day``.
    """
    other = PackedDay.objects.exclude(form=FORM).order_by("-day").values_list("day", flat=True)
    touched = TouchedDay.objects.order_by("-day").values_list("day", flat=True).distinct()
    days = sorted({*other[:limit], *touched[:limit]}, reverse=True)[:limit]
    for day in days:
        pack_day(day, at=at)
    return len(days)


@transaction.atomic
def pack_day(day: date, *, at: datetime) -> None:
    """Read what stopped on the clocks that started on this UTC day, and keep it packed.

    Locks the day's row first. Then the marks go that were seen: what commits later than this
    statement leaves its mark standing, and what committed earlier is in what is read below.
    """
    empty = {"form": 0, "clocks": b"", "handoffs": b"", "packed_at": whole_second(at)}
    PackedDay.objects.get_or_create(day=day, defaults=empty)
    row = PackedDay.objects.select_for_update(no_key=True).get(day=day)
    TouchedDay.objects.filter(day=day).delete()
    since, before = instants_of(day)
    stopped = Clock.objects.exclude(RUNNING).filter(started_at__gte=since, started_at__lt=before)
    decided = Handoff.objects.filter(is_decided=True, made_at__gte=since, made_at__lt=before)
    row.form, row.packed_at = FORM, whole_second(at)
    row.clocks = pack(CLOCKS, read_clocks(stopped, at=at))
    row.handoffs = pack(HANDOFFS, read_handoffs(decided))
    row.save()


def instants_of(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a UTC day and that of the next."""
    since = datetime.combine(day, time(0), UTC)
    return since, since + timedelta(days=1)
