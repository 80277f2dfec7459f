"""Evidence of imported handoffs, worked out afterwards: as of their own instant, under the version
in force when they were imported. Marked as reconstructed and never mixed with frozen evidence.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from leads.handoffs.models import Handoff, Origin
from portal.events.models import Event, EventLead
from portal.events.services import record
from scoring.definitions.services import InForce, definitions_in_force
from scoring.engine.evidence import evidence_of
from scoring.engine.models import Evidence
from scoring.engine.reading import LeadHistory, read_histories
from scoring.rules.evaluate import evaluate, facts_at

BATCH = 500  # handoffs in one transaction
CONTINUED = "evidence.continued"  # the rest of an import: each batch is a delivery of its own


def reconstruct(events: Sequence[Event], at: datetime) -> None:
    """Handler of ``import.finished``, ``import.cancelled`` and ``evidence.continued``.

    Takes the next handoffs of each import that have no evidence yet, and records an event for
    those that are left: the deliveries' sweep carries them on, also after a kill. Handoffs
    without an instant, or imported before any version was in force, have no evidence.
    """
    for event in events:
        import_event = event.payload.get("import_event", event.pk)
        after = event.payload.get("after", 0)
        last = reconstruct_batch(import_event, after=after, limit=BATCH)
        if last is not None:
            record(
                CONTINUED,
                subject=Event(pk=import_event),
                actor=None,
                at=at,
                payload={"import_event": import_event, "after": last},
                leads=[],
            )


@transaction.atomic
def reconstruct_batch(import_event: int, *, after: int = 0, limit: int = BATCH) -> int | None:
    """Store the evidence of the next ``limit`` handoffs with an id above ``after``.

    Returns the last id looked at when there may be more, else None. Harmless when run twice.
    """
    event = Event.objects.get(pk=import_event)
    found = definitions_in_force(event.at)
    if found is None:
        return None
    leads = EventLead.objects.filter(event=event).values("lead_id")
    imported = Handoff.objects.filter(
        lead__in=leads, origin=Origin.IMPORTED, made_at__isnull=False, pk__gt=after
    )
    wanted = list(imported.filter(evidence=None).order_by("pk")[:limit])
    histories = read_histories(sorted({one.lead_id for one in wanted}), found.definitions)
    Evidence.objects.bulk_create(
        [_evidence(one, histories[one.lead_id], found) for one in wanted],
        ignore_conflicts=True,
    )
    return wanted[-1].pk if len(wanted) == limit else None


def _evidence(handoff: Handoff, history: LeadHistory, in_force: InForce) -> Evidence:
    as_of = handoff.made_at
    assert as_of is not None  # noqa: S101 - filtered above
    facts = facts_at(history.snapshots, as_of)
    applied = in_force.of(facts)
    standing = evaluate(applied.definition, facts, history.activities, as_of)
    kind = Evidence.Kind.RECONSTRUCTED
    return evidence_of(handoff, applied, standing, facts, history.activities, at=as_of, kind=kind)
