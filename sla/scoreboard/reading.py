"""Reading rows into columns: clocks with their state, handoffs with what both sides promised.

What a handoff carried is what had happened by the instant it was made, whenever we came to know
of it: a late import counts, and a mark of the day says so (``portal.core.daymarks``). Name,
address, phone and company are those of the lead now; no promise keeps what has been erased.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from leads.database.models import FactSnapshot
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
    SECOND,
    STATES,
    TRIES,
    Table,
    grade_number,
    seconds,
    table,
)

UNRESPONSIVE = "unresponsive"
CHUNK = 5000  # rows fetched at a time
_FACTS = tuple(fact.name for fact in FACTS)
_BIT = {name: 1 << place for place, name in enumerate(CARRIED)}
_IS_FILLED = {
    name: ExpressionWrapper(~Q(**{f"lead__{name}": ""}), output_field=BooleanField())
    for name in ("name", "email", "phone")
}


def read_clocks(clocks: ClockQuerySet, *, at: datetime) -> Table:
    """Return clocks with their state at ``at``; one statement."""
    place = {state.value: number for number, state in enumerate(STATES)}
    rows = clocks.annotate(state=state_expression(at)).order_by("pk").values_list(
        "handoff_id", "kind", "promise", "version_id", "started_at", "state", "stamped_at",
        "stamp_activity", "worked", "ended_at", "due_at", "handoff__owner_id",
        "handoff__team_id", "handoff__source_id",
    )  # fmt: skip
    found = []
    for (handoff, kind, key, version, started, state, stamped, activity, worked, ended, due,
         owner, team, source) in rows.iterator(chunk_size=CHUNK):  # fmt: skip
        is_touched = kind == Promise.FIRST_TOUCH and activity is not None and worked is not None
        is_open = stamped is None and ended is None
        found.append((
            handoff, seconds(started), owner or 0, team or 0, source or 0, (kind, key, version),
            place[state], worked if is_touched else -1,
            (stamped - started) // SECOND if is_touched and stamped else -1,
            is_open, is_open and due < at,
        ))  # fmt: skip
    return table(CLOCKS, found)


def read_handoffs(handoffs: HandoffQuerySet) -> tuple[Table, Table]:
    """Return live handoffs (columns of HANDOFFS and KNOWN), and what was tried; four statements."""
    live = handoffs.live().order_by()
    newest = FactSnapshot.objects.filter(
        lead=OuterRef("lead"), known_from__lte=OuterRef("made_at")
    ).order_by("-known_from", "-pk").values("pk")[:1]  # fmt: skip
    facts = _facts(live.values(known=Subquery(newest)))
    did = _did(live)
    standing = FilteredRelation("dispositions", condition=Q(dispositions__withdrawn_at=None))
    rows = live.order_by("pk").annotate(said=standing, known=Subquery(newest)).values_list(
        "pk", "made_at", "owner_id", "team_id", "source_id", "grade", "cause", "said__outcome",
        "said__reason_id", "known", "campaign_id", "total", "lead__company_id",
        *_IS_FILLED.values(),
    )  # fmt: skip
    found, given_up = [], []
    nothing = (None,) * len(_FACTS)
    for (pk, made, owner, team, source, grade, cause, outcome, reason, known, campaign, total,
         company, *filled) in rows.iterator(chunk_size=CHUNK):  # fmt: skip
        values = dict(zip(_FACTS, facts.get(known, nothing), strict=True))
        done = did.get(pk, 0)
        if outcome == Outcome.REJECTED and reason == UNRESPONSIVE:
            given_up.append(pk)
        has: Iterable[str] = (
            *(name for name, is_filled in zip(_IS_FILLED, filled, strict=True) if is_filled),
            *(name for name, value in values.items() if value is not None),
            *_named(company=company, source=source, campaign=campaign, score=total),
            *(["activity"] if done else []),
        )
        found.append((
            pk, seconds(made), owner or 0, team or 0, source or 0, grade_number(grade),
            cause == Cause.BY_HAND, cause == Cause.FAST_TRACK, OUTCOMES.index(outcome or ""),
            (reason or "",), sum(_BIT[name] for name in has), done,
            *(values[name] or 0 for name in KNOWN),
        ))  # fmt: skip
    return table({**HANDOFFS, **KNOWN}, found), _tries(given_up)


def _named(**values: Any) -> list[str]:
    return [name for name, value in values.items() if value is not None]


def _facts(snapshots: QuerySet[Any, Any]) -> dict[int | None, tuple[int | None, ...]]:
    """Return what these snapshots say, by their ids."""
    rows = FactSnapshot.objects.filter(pk__in=snapshots).order_by()
    values = rows.values_list("pk", *_FACTS).iterator(chunk_size=CHUNK)
    return {pk: tuple(rest) for pk, *rest in values}


def _did(live: HandoffQuerySet) -> dict[int, int]:
    """Return the bits of the kinds that each lead had done when it was handed over."""
    done = live.filter(
        lead__activities__is_bot=False, lead__activities__occurred_at__lte=F("made_at")
    )
    found: dict[int, int] = {}
    kinds = done.values_list("pk", "lead__activities__kind").distinct()
    for pk, kind in kinds.iterator(chunk_size=CHUNK):
        found[pk] = found.get(pk, 0) | 1 << kind
    return found


def _tries(given_up: Collection[int]) -> Table:
    """Return how many activities of each kind came before these leads were called unresponsive."""
    activities = "handoff__lead__activities"
    said = Disposition.objects.standing().filter(handoff__in=given_up).filter(**{
        f"{activities}__is_bot": False,
        f"{activities}__occurred_at__gte": F("handoff__made_at"),
        f"{activities}__occurred_at__lte": F("decided_at"),
    })  # fmt: skip
    counts = said.values_list("handoff", f"{activities}__kind").annotate(n=Count(activities))
    return table(TRIES, list(counts.order_by("handoff")))
