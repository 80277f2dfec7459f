"""Keeping each day's stopped clocks and all its handoffs packed, so that a quarter is read fast.

What has stopped hardly changes, nor what a handoff carried, so it is read once, kept as bytes,
and read again only when a trigger marked its day (``portal.core.daymarks``). What still runs is
never packed.

A late activity of a lead and the handoff that it comes before may be written by two transactions
that do not see each other: then neither leaves a mark for the other. So a day that was packed
because of changes is packed once more when an hour has passed without any.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q

from leads.handoffs.models import Handoff
from portal.core.instants import whole_second
from sla.clocks.models import RUNNING, Clock
from sla.scoreboard.columns import CLOCKS, FORM, HANDOFFS, KNOWN, TRIES, pack
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.reading import read_clocks, read_handoffs

BATCH = 31  # days at a time: a worker that is stopped loses little
SETTLES = timedelta(hours=1)  # longer than any transaction lasts


def pack_days(*, at: datetime, limit: int = BATCH) -> int:
    """Pack up to ``limit`` days that changed since they were packed, newest first; return how many.

    Each in a transaction of its own. Safe to run twice and two at once: see ``pack_day``.
    """
    again = ~Q(form=FORM) | Q(is_settled=False, packed_at__lte=at - SETTLES)
    other = PackedDay.objects.filter(again).order_by("-day").values_list("day", flat=True)
    touched = TouchedDay.objects.order_by("-day").values_list("day", flat=True).distinct()
    days = sorted({*other[:limit], *touched[:limit]}, reverse=True)[:limit]
    for day in days:
        pack_day(day, at=at)
    return len(days)


@transaction.atomic
def pack_day(day: date, *, at: datetime) -> None:
    """Read the handoffs of this UTC day and the clocks that started on it and stopped: keep both.

    Locks the day's row first. Then the marks go that were seen: what commits later than this
    statement leaves its mark standing, and what committed earlier is in what is read below.
    """
    PackedDay.objects.get_or_create(day=day, defaults={"form": 0, "packed_at": whole_second(at)})
    row = PackedDay.objects.select_for_update(no_key=True).get(day=day)
    marks = TouchedDay.objects.filter(day=day)
    changed, _by_table = marks.filter(handoff__isnull=False).delete()
    marks.filter(handoff=None).delete()
    since, before = instants_of(day)
    stopped = Clock.objects.exclude(RUNNING).filter(started_at__gte=since, started_at__lt=before)
    handoffs, tries = read_handoffs(Handoff.objects.filter(made_at__gte=since, made_at__lt=before))
    row.form, row.packed_at, row.is_settled = FORM, whole_second(at), not changed
    row.clocks = pack(CLOCKS, read_clocks(stopped, at=at))
    row.handoffs, row.known = pack(HANDOFFS, handoffs), pack(KNOWN, handoffs)
    row.tries = pack(TRIES, tries)
    row.save()


def instants_of(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a UTC day and that of the next."""
    since = datetime.combine(day, time(0), UTC)
    return since, since + timedelta(days=1)
