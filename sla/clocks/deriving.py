"""What one clock should say, worked out from current facts. Pure: no database, no own time.

The result depends on the facts alone, never on the order in which they became known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.calendar.hours import WorkingCalendar, add_working_time, working_time_between
from sla.clocks.models import Clock, Promise
from sla.clocks.touches import Happened
from sla.terms.text import PromiseTerms, Untouched

SECOND = timedelta(seconds=1)
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Facts:
    """What is known of a clock's handoff now.

    ``touch`` is the earliest one that counts, ``ended_at`` the standing disposition.
    ``owner_calendar`` is None unless the promise is counted in the owner's hours;
    ``first_calendar`` is the one in which the clock started.
    """

    touch: Happened | None
    ended_at: datetime | None
    routed_at: datetime | None = None
    owner_calendar: tuple[str, WorkingCalendar] | None = None
    first_calendar: WorkingCalendar | None = None


def new_clock(promise: PromiseTerms, *, handoff_id: int, version_id: int, since: datetime) -> Clock:
    """Return an unsaved clock that starts at ``since``; its due time is not worked out yet."""
    return Clock(
        handoff_id=handoff_id,
        kind=promise.kind.value,
        promise=promise.key,
        version_id=version_id,
        calendar=promise.first_calendar,
        amount=promise.amount,
        warn_amount=promise.warn_amount,
        started_at=since,
        moved_at=since,
        due_at=since,
        warn_at=since,
        touch_policy=promise.untouched.value,
    )


def bring_up_to_date(
    clock: Clock, facts: Facts, calendar: WorkingCalendar, pauses: Sequence[Stretch]
) -> None:
    """Set what follows from ``facts`` on an unsaved or locked row; saves nothing.

    A running clock's due time is worked out anew, so it follows calendars; a stopped one keeps
    the due time it stopped with, unless it stopped at another instant and so stood still for
    longer or shorter. ``pauses`` are the finished ones.
    """
    before = _stopped(clock)
    _stamp(clock, facts)
    after = _stopped(clock)
    is_new = clock._state.adding
    stood_still = clock.paused_at is not None or bool(pauses)
    if is_new or before is None or after is None or (after != before and stood_still):
        calendar = _move(clock, facts, calendar, pauses)
        work_out_due(clock, calendar, [*pauses, *_open_pause(clock, until=after)])
    if clock.stamped_at is None:
        clock.worked = None
    elif is_new or after != before or clock.worked is None:
        clock.worked = _worked(clock, clock.stamped_at, facts, calendar, pauses)


def _worked(
    clock: Clock,
    stamp: datetime,
    facts: Facts,
    calendar: WorkingCalendar,
    pauses: Sequence[Stretch],
) -> int:
    """Return the seconds of working time until the stamp.

    One that is told after the clock changed its calendar, and came before, used less than was
    used until then: that much of the calendar in which the clock started.
    """
    used = used_by(clock, stamp, calendar, pauses)
    if stamp >= clock.moved_at or facts.first_calendar is None:
        return used
    stops = [*pauses, *_open_pause(clock, until=stamp)]
    first = working_time_between(clock.started_at, stamp, facts.first_calendar, stops)
    return min(used, first // SECOND)


def used_by(
    clock: Clock, instant: datetime, calendar: WorkingCalendar, pauses: Iterable[Stretch]
) -> int:
    """Return the seconds of working time that ``clock`` has used by ``instant``.

    ``pauses`` are the finished ones; one still open stands until ``instant``.
    """
    stops = [*pauses, *_open_pause(clock, until=instant)]
    if instant < clock.moved_at:
        return clock.used
    return clock.used + working_time_between(clock.moved_at, instant, calendar, stops) // SECOND


def _stopped(clock: Clock) -> datetime | None:
    return clock.stamped_at or clock.ended_at


def _stamp(clock: Clock, facts: Facts) -> None:
    clock.ended_at = facts.ended_at
    if clock.kind == Promise.DISPOSITION:
        clock.stamped_at = facts.ended_at
    elif facts.touch is not None:
        clock.stamped_at, clock.stamp_activity = facts.touch.at, facts.touch.activity_id
    else:
        counts = clock.touch_policy == Untouched.MET
        clock.stamped_at, clock.stamp_activity = (facts.ended_at if counts else None), None


def _move(
    clock: Clock, facts: Facts, calendar: WorkingCalendar, pauses: Sequence[Stretch]
) -> WorkingCalendar:
    """Go on in the owner's calendar from the routing on; what was used stays used."""
    if facts.owner_calendar is None or facts.routed_at is None:
        return calendar
    slug, own = facts.owner_calendar
    stopped = _stopped(clock)
    too_late = stopped is not None and facts.routed_at >= stopped
    if slug == clock.calendar or facts.routed_at < clock.moved_at or too_late:
        return calendar
    used = used_by(clock, facts.routed_at, calendar, pauses)
    if used >= clock.amount:  # the time was up before it changed hands
        return calendar
    clock.used, clock.moved_at, clock.calendar = used, facts.routed_at, slug
    return own


def work_out_due(clock: Clock, calendar: WorkingCalendar, pauses: Sequence[Stretch]) -> None:
    """Set when an unsaved or locked clock is due, and when it warns, from what it has used."""
    left = timedelta(seconds=clock.amount - clock.used)
    until_warning = timedelta(seconds=max(clock.warn_amount - clock.used, 0))
    clock.due_at = add_working_time(clock.moved_at, left, calendar, pauses)
    clock.warn_at = add_working_time(clock.moved_at, until_warning, calendar, pauses)


def _open_pause(clock: Clock, *, until: datetime | None) -> list[Stretch]:
    if clock.paused_at is None or until is None or until <= clock.paused_at:
        return []
    return [(clock.paused_at, until)]
