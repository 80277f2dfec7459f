"""What really happened to leads: handoffs with what sales said, stages, from when they counted."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from leads.database.models import FactSnapshot, Lead, Opportunity, Stage, StageChange
from leads.database.standing_sets import STAGES, code_of
from leads.dispositions.models import Disposition, Effect, Outcome, Reason
from leads.handoffs.models import Cause, Handoff, Origin
from scoring.engine.columns import Array
from scoring.engine.following import opening_of
from scoring.engine.intake import NULL, Wanted, read_numbers
from scoring.rules.instants import seconds

OUTCOMES = (Outcome.ACCEPTED, Outcome.REJECTED)
EFFECTS = (Effect.RECYCLE, Effect.DISQUALIFY, Effect.DUPLICATE, Effect.MEND)
CAUSES = tuple(Cause)
ACCEPTED, REJECTED = 0, 1
RECYCLE, DISQUALIFY, DUPLICATE, MEND = range(4)
SPAN = 1 << 36  # more seconds than any instant has: one lead's key never reaches the next one's
OURS = np.array([STAGES.index(one) for one in (Stage.KNOWN, Stage.MQL, Stage.RECYCLED)])


@dataclass(frozen=True)
class HandoffRows:
    """Dated handoffs up to the end of the period, sorted by lead and instant; NULL for nothing.

    ``won`` is 1 where a deal was won; ``recycles`` the second at which a recycled lead may come
    back. Instants are in seconds; ``outcome``, ``effect`` and ``cause`` are places in OUTCOMES,
    EFFECTS and CAUSES.
    """

    id: Array
    lead: Array
    made: Array
    cause: Array
    imported: Array
    source: Array
    outcome: Array
    effect: Array
    decided: Array
    recycles: Array
    won: Array

    def __len__(self) -> int:
        return len(self.id)


def read_handoffs(wanted: Wanted, *, until: int, zone: ZoneInfo) -> HandoffRows:
    """Return these leads' handoffs made up to ``until``; those closed as duplicates are left out.

    A withdrawn disposition was never said; one without a date counts as undated (NULL).
    """
    handoff, disposition = Handoff._meta.db_table, Disposition._meta.db_table
    tables = (
        f"{handoff} h JOIN {Lead._meta.db_table} l ON l.id = h.lead_id"
        f" LEFT JOIN {disposition} d ON d.handoff_id = h.id AND d.withdrawn_at IS NULL"
        f" LEFT JOIN {Reason._meta.db_table} r ON r.code = d.reason_id"
        f" LEFT JOIN {Opportunity._meta.db_table} o ON o.handoff_id = h.id"
    )
    day = "d.recycle_on - DATE '1970-01-01'"
    if connection.vendor == "sqlite":
        day = "CAST(julianday(d.recycle_on) - 2440587.5 AS INTEGER)"
    found = read_numbers(
        tables,
        {
            "id": "h.id",
            "lead": "h.lead_id",
            "made": "h.made_at",
            "cause": code_of("h.cause", CAUSES),
            "imported": f"CASE WHEN h.origin = '{Origin.IMPORTED}' THEN 1 ELSE 0 END",
            "source": "h.source_id",
            "outcome": code_of("d.outcome", OUTCOMES),
            "effect": code_of("r.effect", EFFECTS),
            "decided": "d.decided_at",
            "recycles": day,
            "won": f"CASE WHEN o.outcome = '{Opportunity.Outcome.WON}' THEN 1 ELSE 0 END",
        },
        f"h.lead_id BETWEEN {int(wanted.first or 0)} AND {int(wanted.last)}"
        " AND h.made_at IS NOT NULL AND l.duplicate_of_id IS NULL",
        instants={"made", "decided"},
    )
    keep = (found["made"] <= until) & (found["effect"] != DUPLICATE)
    order = np.lexsort((found["id"], found["made"], found["lead"]))
    order = order[keep[order]]
    rows = {name: column[order] for name, column in found.items()}
    rows["recycles"] = _openings(rows["recycles"], zone)
    return HandoffRows(**rows)


def _openings(days: Array, zone: ZoneInfo) -> Array:
    """Return the second in which each day since 1970 begins in the organisation's zone."""
    distinct, codes = np.unique(days, return_inverse=True)
    begins = [
        NULL if day == NULL else seconds(opening_of(date(1970, 1, 1) + timedelta(days=day), zone))
        for day in distinct.tolist()
    ]
    found: Array = np.array(begins, np.int64)[codes]
    return found


@dataclass(frozen=True)
class StageRows:
    """Stays in stages, sorted by lead and entry; ``stage`` is a place in STAGES."""

    lead: Array
    stage: Array
    entered: Array

    def is_ours(self, lead: Array, at: Array) -> Array:
        """Whether each lead was marketing's then; before its first stage, that one counts."""
        place = np.searchsorted(_keys(self.lead, self.entered), _keys(lead, at), "right") - 1
        first = np.searchsorted(self.lead, lead)
        place = np.maximum(place, first)
        there = first < np.searchsorted(self.lead, lead, "right")
        stage = self.stage[np.minimum(place, len(self.stage) - 1)] if len(self.stage) else place
        found: Array = there & np.isin(stage, OURS)
        return found


def read_stages(wanted: Wanted, *, until: int) -> StageRows:
    """Return the stages of these leads up to ``until``, and the first of each."""
    columns = {"id": "id", "lead": "lead_id", "stage": code_of("stage", STAGES)}
    found = read_numbers(
        StageChange._meta.db_table,
        {**columns, "entered": "entered_at"},
        wanted.sql(),
        instants={"entered"},
    )
    order = np.lexsort((found["id"], found["entered"], found["lead"]))
    lead, stage, entered = (found[name][order] for name in ("lead", "stage", "entered"))
    first = np.ones(len(lead), bool)
    first[1:] = lead[1:] != lead[:-1]
    keep = first | (entered <= until)
    return StageRows(lead[keep], stage[keep], entered[keep])


def read_beginnings(wanted: Wanted) -> tuple[Array, Array, Array]:
    """Return ids, since when each lead is known (NULL: always), and its source (NULL: none)."""
    found = read_numbers(
        Lead._meta.db_table,
        {"id": "id", "created": "created_at", "source": "source_id"},
        f"id BETWEEN {int(wanted.first or 0)} AND {int(wanted.last)}",
        instants={"created"},
    )
    return found["id"], found["created"], found["source"]


def mended_at(leads: Array, since: Array) -> Array:
    """Return when a fact of each lead was first recorded after it was sent back to be mended.

    NULL for not yet. One query, whatever their number; a lead may be asked about twice.
    """
    if not len(leads):
        return np.zeros(0, np.int64)
    found = read_numbers(
        FactSnapshot._meta.db_table,
        {"lead": "lead_id", "recorded": "recorded_at"},
        Wanted(ids=np.unique(leads).tolist()).sql(),
        instants={"recorded"},
    )
    order = np.lexsort((found["recorded"], found["lead"]))
    lead, recorded = found["lead"][order], found["recorded"][order]
    place = np.searchsorted(_keys(lead, recorded), _keys(leads, since), "right")
    there = place < len(lead)
    place[~there] = 0
    there[there] = lead[place[there]] == leads[there]
    when = np.full(len(leads), NULL)
    when[there] = recorded[place[there]]
    return when


def _keys(lead: Array, at: Array) -> Array:
    """Return numbers that sort by lead and then by instant."""
    found: Array = lead.astype(np.int64) * SPAN + np.clip(at, 0, SPAN - 1)
    return found
