"""Reading rows into columns: clocks with their state, handoffs with what both sides promised.

What a handoff carried is what had happened by the instant it was made, whenever we came to know
of it: a late import counts, and a mark of the day says so (``portal.core.daymarks``). Name,
address, phone and company are those of the lead now; no promise keeps what has been erased.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q

from leads.database.registry import FACTS
from leads.dispositions.models import Disposition, Outcome
from leads.handoffs.models import Cause, HandoffQuerySet
from sla.clocks.models import ClockQuerySet, Promise
from sla.clocks.states import state_expression
from sla.scoreboard.columns import (
    CARRIED,
    CLOCKS,
    HANDOFFS,
    KNOWN,
    OUTCOMES,
    STATES,
    TRIES,
    Table,
    grade_number,
    seconds,
    table,
)
from sla.scoreboard.statements import Seconds, with_handoff, with_what_they_carried

UNRESPONSIVE = "unresponsive"
_FACTS = tuple(fact.name for fact in FACTS)
_HAS_ENDED = ExpressionWrapper(Q(ended_at__isnull=False), output_field=BooleanField())
_BIT = {name: 1 << place for place, name in enumerate(CARRIED)}


def read_clocks(clocks: ClockQuerySet, *, at: datetime) -> Table:
    """Return clocks with their state at ``at``; one statement."""
    place = {state.value: number for number, state in enumerate(STATES)}
    rows = clocks.order_by("pk").values_list(
        "handoff_id", "kind", "promise", "version_id", Seconds("started_at"),
        state_expression(at), Seconds("stamped_at"), "stamp_activity", "worked",
        _HAS_ENDED, Seconds("due_at"),
    )  # fmt: skip
    now, found = seconds(at), []
    for (handoff, kind, key, version, started, state, stamped, activity, worked, has_ended, due,
         owner, team, source) in with_handoff(rows):  # fmt: skip
        is_touched = kind == Promise.FIRST_TOUCH and activity is not None and worked is not None
        is_open = stamped is None and not has_ended
        found.append((
            handoff, started, owner or 0, team or 0, source or 0, (kind, key, version),
            place[state], worked if is_touched else -1,
            stamped - started if is_touched and stamped else -1,
            is_open, is_open and due < now,
        ))  # fmt: skip
    return table(CLOCKS, found)


def read_handoffs(handoffs: HandoffQuerySet) -> tuple[Table, Table]:
    """Return live handoffs (columns of HANDOFFS and KNOWN), and what was tried; two statements."""
    rows = handoffs.live().order_by("pk").values_list(
        "pk", "made_at", "lead_id", Seconds("made_at"), "owner_id", "team_id", "source_id",
        "grade", "cause", "campaign_id", "total",
    )  # fmt: skip
    found, given_up = [], []
    for (pk, _made_at, _lead, made, owner, team, source, grade, cause, campaign, total, outcome,
         reason, name, email, phone, company, did, *facts
    ) in with_what_they_carried(rows):  # fmt: skip
        values = dict(zip(_FACTS, facts, strict=True))
        if outcome == Outcome.REJECTED and reason == UNRESPONSIVE:
            given_up.append(pk)
        carried = _bits(
            values, name=name or None, email=email or None, phone=phone or None, company=company,
            source=source, campaign=campaign, score=total, activity=did,
        )  # fmt: skip
        found.append((
            pk, made, owner or 0, team or 0, source or 0, grade_number(grade),
            cause == Cause.BY_HAND, cause == Cause.FAST_TRACK, OUTCOMES.index(outcome or ""),
            (reason or "",), carried, did or 0,
            *(values[name] or 0 for name in KNOWN),
        ))  # fmt: skip
    return table({**HANDOFFS, **KNOWN}, found), _tries(given_up)


def _bits(facts: Mapping[str, int | None], **values: Any) -> int:
    """Return the bits of what is there: of these, whatever is not None."""
    bits = sum(_BIT[name] for name, value in facts.items() if value is not None)
    return bits + sum(_BIT[name] for name, value in values.items() if value is not None)


def _tries(given_up: Collection[int]) -> Table:
    """Return how many activities of each kind came before these leads were called unresponsive."""
    activities = "handoff__lead__activities"
    if not given_up:
        return table(TRIES, [])
    said = Disposition.objects.standing().filter(handoff__in=given_up).filter(**{
        f"{activities}__is_bot": False,
        f"{activities}__occurred_at__gte": F("handoff__made_at"),
        f"{activities}__occurred_at__lte": F("decided_at"),
    })  # fmt: skip
    counts = said.values_list("handoff", f"{activities}__kind").annotate(n=Count(activities))
    return table(TRIES, list(counts.order_by("handoff")))
