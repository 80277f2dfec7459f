"""From histories to standings: what each lead scores at one instant, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from leads.database.models import Gate
from leads.database.models import Standing as StandingRecord
from leads.database.standing import StandingRow
from scoring.definitions.services import Applied, InForce
from scoring.engine.reading import LeadHistory
from scoring.rules.evaluate import Facts, Standing, evaluate, facts_at
from scoring.rules.freshness import valid_until


@dataclass(frozen=True)
class Judged:
    """One lead's stored row as it was found, and what it scores now by what applies to it."""

    record: StandingRecord
    applied: Applied
    history: LeadHistory
    facts: Facts
    standing: Standing
    valid_until: datetime | None

    @property
    def lead_id(self) -> int:
        return self.record.lead_id

    @property
    def gates(self) -> int:
        return gate_bits(self.standing)

    @property
    def handoff_gate(self) -> str:
        """The gate that asks for a handoff: fast track before sales-ready; "" for none."""
        if self.standing.fast_track:
            return "fast_track"
        return "sales_ready" if self.standing.sales_ready else ""


def gate_bits(standing: Standing) -> int:
    """Return the open gates as ``leads.database.models.Gate`` bits."""
    return (
        Gate.MQL * standing.mql
        | Gate.SALES_READY * standing.sales_ready
        | Gate.FAST_TRACK * standing.fast_track
    )


def judge(
    records: list[StandingRecord],
    histories: Mapping[int, LeadHistory],
    in_force: InForce,
    *,
    at: datetime,
) -> list[Judged]:
    """Return each record with its standing at ``at``, in the order given."""
    judged = []
    for record in records:
        history = histories[record.lead_id]
        facts = facts_at(history.snapshots, at)
        applied = in_force.of(facts)
        definition = applied.definition
        judged.append(
            Judged(
                record=record,
                applied=applied,
                history=history,
                facts=facts,
                standing=evaluate(definition, facts, history.activities, at),
                valid_until=valid_until(definition, history.snapshots, history.activities, at),
            )
        )
    return judged


def standing_row(one: Judged, until: datetime | None) -> StandingRow:
    """Return what ``set_standing`` stores of a judged lead."""
    return StandingRow(
        lead_id=one.lead_id,
        version_id=one.applied.version.pk,
        fit=one.standing.fit,
        engagement=one.standing.engagement,
        total=one.standing.total,
        grade=one.standing.grade,
        gates=one.gates,
        fired=one.standing.fired,
        valid_until=until,
    )


def is_written(record: StandingRecord, row: StandingRow) -> bool:
    """Whether a score is stored just so, and nothing marks it stale."""
    is_same = all(getattr(record, one.name) == getattr(row, one.name) for one in fields(row))
    return is_same and record.stale_since is None
