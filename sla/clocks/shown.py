"""Clocks as pages show them: what is left, in words, and the arithmetic behind it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.core.durations import duration_words
from sla.calendar.arithmetic import Span, explain
from sla.calendar.book import CalendarBook
from sla.calendar.hours import WorkingCalendar, add_working_time, working_time_between
from sla.calendar.opening import open_until
from sla.clocks.deriving import Stretch, used_by
from sla.clocks.models import Clock, Promise
from sla.clocks.services import finished_pauses
from sla.clocks.states import State, state_of
from sla.terms.queries import SignedTerms

TITLES = {
    Promise.FIRST_TOUCH.value: gettext_lazy("First touch"),
    Promise.DISPOSITION.value: gettext_lazy("Disposition"),
}
AMOUNTS = {
    State.MET_LATE: gettext_lazy("met %(amount)s late"),
    State.PAUSED: gettext_lazy("paused, %(amount)s left"),
    State.BREACHED: gettext_lazy("%(amount)s over"),
}
LEFT = gettext_lazy("%(amount)s left")
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class ClockView:
    """What ``components/_clock.html`` takes, all of it at ``now``.

    ``left`` is working time in seconds, negative when over; ``share`` is what is left of the
    amount, 0 to 1; ``open_until`` is when the calendar closes, None when it never does. A clock
    that stopped says how long it took in ``words``.
    """

    clock: Clock
    state: State
    now: datetime
    left: int
    open_until: datetime | None
    calendar_name: str
    calendar: WorkingCalendar
    pauses: tuple[Stretch, ...]

    @cached_property
    def words(self) -> str:
        return _words(self.clock, self.state, self.left)

    @cached_property
    def detail(self) -> str:
        return _detail(self.clock, self.state, self.left)

    @property
    def excuse(self) -> str:
        """Why the breach is excused; empty for any other clock."""
        return _excuse(self.clock) if self.state == State.EXCUSED else ""

    @property
    def title(self) -> str:
        return str(TITLES[self.clock.kind])

    @cached_property
    def due(self) -> datetime:
        """When it is due; of a clock that stands still, if it ran on now."""
        if self.state != State.PAUSED:
            return self.clock.due_at
        left = timedelta(seconds=self.clock.amount - self.clock.used)
        return add_working_time(self.clock.moved_at, left, self.calendar, self.pauses)

    @property
    def warn_at(self) -> datetime:
        return self.clock.warn_at

    @property
    def share(self) -> float:
        return min(max(self.left / self.clock.amount, 0.0), 1.0) if self.clock.amount else 0.0

    @property
    def is_running(self) -> bool:
        return self.clock.stamped_at is None and self.clock.ended_at is None

    def arithmetic(self) -> list[Span]:
        """Return the hours that counted, and those that did not with the reason, up to due.

        Counted from when the clock last changed its calendar; ``clock.used`` says what was used
        before. Costs a line for each day.
        """
        return explain(self.clock.moved_at, self.due, self.calendar, self.pauses)


def clocks_for(
    handoff_ids: Iterable[int], *, at: datetime, nearest_of: Iterable[int] = ()
) -> dict[int, list[ClockView]]:
    """Return the clocks of these handoffs as shown at ``at``, the nearest due first.

    Of ``nearest_of``, further handoffs, only the running clock that is due first. Six statements
    for any number of handoffs. Handoffs without clocks have no entry.
    """
    rest = set(nearest_of)
    wanted = Q(handoff__in=list(handoff_ids))
    if rest:
        wanted |= Q(handoff__in=rest, stamped_at=None, ended_at=None, paused_at=None)
    rows = Clock.objects.filter(wanted).order_by("due_at", "pk")
    found: dict[int, list[ClockView]] = defaultdict(list)
    for view in show_clocks(_one_each(rows.prefetch_related("pauses"), rest), at=at):
        found[view.clock.handoff_id].append(view)
    return dict(found)


def _one_each(clocks: Iterable[Clock], handoff_ids: set[int]) -> Iterator[Clock]:
    """Leave out all but the first clock of these handoffs."""
    seen: set[int] = set()
    for clock in clocks:
        if clock.handoff_id not in seen:
            yield clock
        if clock.handoff_id in handoff_ids:
            seen.add(clock.handoff_id)


def show_clocks(clocks: Iterable[Clock], *, at: datetime) -> list[ClockView]:
    """Return these clocks as shown at ``at``; their pauses are best prefetched."""
    signed, book = SignedTerms.read(), CalendarBook.read()
    views = []
    rows = list(clocks)
    prefetch_related_objects([clock for clock in rows if clock.is_excused], "excuses")
    for clock in rows:
        calendars = signed.of_version(clock.version_id).calendars
        calendar = book.find(clock.calendar, calendars)
        if calendar is None:
            raise LookupError(f"clock {clock.pk} runs in a calendar nobody knows: {clock.calendar}")
        views.append(show(clock, calendar, book.name_of(clock.calendar, calendars), at=at))
    return views


def show(clock: Clock, calendar: WorkingCalendar, name: str, *, at: datetime) -> ClockView:
    """Return one clock as shown at ``at``."""
    state, pauses = state_of(clock, at), finished_pauses(clock)
    stopped = clock.stamped_at or clock.ended_at or clock.paused_at
    reached = stopped or at
    left = _left(clock, reached, calendar, pauses)
    return ClockView(
        clock=clock,
        state=state,
        now=at,
        left=left,
        open_until=at if stopped else open_until(calendar, at),
        calendar_name=name,
        calendar=calendar,
        pauses=(*pauses, *_standing(clock, at=at)),
    )


def _standing(clock: Clock, *, at: datetime) -> list[Stretch]:
    """Return the pause that is not over, up to ``at``: it ends by itself at its limit."""
    if clock.paused_at is None:
        return []
    limits = [each.limit_at for each in clock.pauses.all() if each.until is None]
    ends = [at, clock.stamped_at, clock.ended_at, *limits]
    return [(clock.paused_at, max(clock.paused_at, min(end for end in ends if end)))]


def _left(clock: Clock, reached: datetime, calendar: WorkingCalendar, pauses: list[Stretch]) -> int:
    """Return the working seconds left; past due the negative of those since, at least one."""
    if reached <= clock.due_at:
        return max(clock.amount - used_by(clock, reached, calendar, pauses), 0)
    over = working_time_between(clock.due_at, reached, calendar, pauses) // SECOND
    return -max(over, 1)


def _excuse(clock: Clock) -> str:
    standing = [each.reason for each in clock.excuses.all() if each.withdrawn_at is None]
    return standing[0] if standing else ""


def _words(clock: Clock, state: State, left: int) -> str:
    amount = {"amount": duration_words(abs(left))}
    if state == State.MET:
        took = {"took": duration_words(clock.worked or 0), "whole": duration_words(clock.amount)}
        in_time = _("met in %(took)s of %(whole)s") % took
        return in_time if clock.worked else _("met before its hours began")
    if state == State.EXCUSED:
        reason = _excuse(clock)
        return _("excused: %(reason)s") % {"reason": reason} if reason else _("excused")
    if state == State.ENDED:
        return _("ended without a touch")
    return str(AMOUNTS.get(state, LEFT)) % amount


def _detail(clock: Clock, state: State, left: int) -> str:
    if state == State.ENDED:
        return _("decided with %(amount)s left") % {"amount": duration_words(max(left, 0))}
    if state == State.PAUSED:
        standing = [each.reason for each in clock.pauses.all() if each.until is None]
        return standing[0] if standing else ""
    if state == State.MET_LATE:
        return _("took %(took)s of %(whole)s") % {
            "took": duration_words(clock.worked or 0),
            "whole": duration_words(clock.amount),
        }
    return ""
