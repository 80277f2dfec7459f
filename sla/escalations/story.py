"""What happened around one clock, and what may be done with it: for its page."""

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import User
from sla.breaches.models import Excuse
from sla.clocks.models import Clock, Pause
from sla.clocks.pausing import leads_sales_of, may_pause
from sla.clocks.states import State, state_of
from sla.escalations.models import Escalation, Outcome
from sla.terms.ladder import Act, Step
from sla.terms.queries import SignedTerms
from sla.terms.step_words import act_words, promise_words


@dataclass(frozen=True)
class StepLine:
    """One step as it stands: what is done, when it was or will be."""

    words: str
    taken_at: datetime | None
    not_before: datetime
    outcome: str
    is_done: bool


@dataclass(frozen=True)
class ClockStory:
    """``ahead`` says which steps would follow, while none has been written down."""

    steps: list[StepLine]
    pauses: list[Pause]
    excuses: list[Excuse]
    ahead: str
    may_pause: bool
    may_resume: bool
    may_excuse: bool
    may_take_back: bool


def story_of(clock: Clock, *, user: User, at: datetime) -> ClockStory:
    """Return the story of one clock as ``user`` reads it at ``at``; a handful of statements."""
    rows = list(Escalation.objects.filter(clock=clock).select_related("breach"))
    runs = clock.stamped_at is None and clock.ended_at is None
    state, pauses, leads = state_of(clock, at), may_pause(clock.handoff, user), False
    if state in {State.BREACHED, State.EXCUSED}:
        leads = leads_sales_of(clock.handoff, user)
    for row in rows:
        row.clock = clock  # as it is shown
        if row.taken_at is None and row.is_over(at):
            row.outcome = Outcome.OVER
    steps = [_line(row) for row in rows]
    return ClockStory(
        steps=steps,
        pauses=list(clock.pauses.all()),
        excuses=list(clock.excuses.select_related("by").order_by("pk")),
        ahead=_ahead(clock) if runs and not any(row.breach_id for row in rows) else "",
        may_pause=pauses and runs and clock.paused_at is None and at <= clock.due_at,
        may_resume=pauses and runs and clock.paused_at is not None,
        may_excuse=leads and state == State.BREACHED,
        may_take_back=leads and clock.is_excused,
    )


def _line(row: Escalation) -> StepLine:
    step = Step(Act(row.act), is_quiet=row.is_quiet)
    outcome = str(Outcome(row.outcome).label).lower() if row.outcome else ""
    is_done = row.outcome == Outcome.DONE
    return StepLine(act_words(step), row.taken_at, row.not_before, outcome, is_done)


def _ahead(clock: Clock) -> str:
    promise = SignedTerms.read().of_version(clock.version_id).promise(clock.promise)
    return promise_words(promise) if promise else ""
