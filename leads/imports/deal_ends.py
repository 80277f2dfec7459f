"""What sales said of imported handoffs, and what they came to."""

from collections.abc import Collection, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from leads.database.models import Opportunity
from leads.dispositions.models import Disposition, Outcome
from leads.handoffs.models import Handoff, Origin
from leads.imports.batch import ImportRow, People
from portal.core.bulk import insert_objects, update_rows

Deal = tuple[ImportRow, Handoff]
CENT = Decimal("0.01")


def store_dispositions(deals: Sequence[Deal], new: Collection[int], people: People) -> set[int]:
    """Store what the rows say was decided; return the handoffs whose disposition changed.

    A row without a disposition leaves the one there is. Nothing is withdrawn: an import says
    what happened elsewhere.
    """
    decided = [(row, one) for row, one in deals if row.text("disposition")]
    old = {one.pk for _, one in decided} - set(new)
    known = {one.handoff_id: one for one in Disposition.objects.standing().filter(handoff__in=old)}
    made, changed = [], []
    for row, handoff in decided:
        said = _disposition(row, people)
        disposition = known.get(handoff.pk)
        if disposition is None:
            made.append(Disposition(handoff=handoff, origin=Origin.IMPORTED, **said))
        elif values := _changes(disposition, said):
            changed.append({"id": disposition.pk, "handoff_id": handoff.pk, **values})
    insert_objects(made)
    update_rows(Disposition, changed, key="id")
    return {one.handoff_id for one in made} | {values["handoff_id"] for values in changed}


def _disposition(row: ImportRow, people: People) -> dict[str, Any]:
    decider = people.named(row.text("decided_by") or row.text("owner"))
    is_rejected = row.text("disposition") == Outcome.REJECTED
    return {
        "outcome": row.text("disposition"),
        "reason_id": row.text("reason") or None,
        "reason_text": row.text("reason_text") if is_rejected else "",
        "decided_by_id": decider.pk if decider else None,
        "decided_at": row.instant("decided_at"),
    }


def store_opportunities(deals: Sequence[Deal], new: Collection[int], people: People) -> set[int]:
    """Store what became of accepted and of won handoffs; return those whose end changed.

    The outcome of any other handoff stays in its ``extra``: what sales turned down was no
    opportunity that could be lost.
    """
    ended = [(row, one) for row, one in deals if _is_opportunity(row, one)]
    old = {one.pk for _, one in ended} - set(new)
    known = {one.handoff_id: one for one in Opportunity.objects.filter(handoff__in=old)}
    made, changed = [], []
    for row, handoff in ended:
        said = _opportunity(row, people)
        opportunity = known.get(handoff.pk)
        if opportunity is None:
            made.append(Opportunity(handoff_id=handoff.pk, lead_id=handoff.lead_id, **said))
        elif values := _changes(opportunity, said):
            changed.append({"id": opportunity.pk, "handoff_id": handoff.pk, **values})
    insert_objects(made)
    update_rows(Opportunity, changed, key="id")
    return {one.handoff_id for one in made} | {values["handoff_id"] for values in changed}


def _is_opportunity(row: ImportRow, handoff: Handoff) -> bool:
    outcome = row.text("outcome")
    return outcome == "won" or (bool(outcome) and handoff.outcome == Outcome.ACCEPTED)


def _opportunity(row: ImportRow, people: People) -> dict[str, Any]:
    executive = people.named(row.text("account_executive"))
    value = row.values.get("value")
    is_lost = row.text("outcome") == Opportunity.Outcome.LOST
    money = Decimal(str(value)).quantize(CENT, ROUND_HALF_UP) if value is not None else None
    return {
        "owner_id": executive.pk if executive else None,
        "outcome": row.text("outcome"),
        "closed_at": row.instant("outcome_at"),
        "value": money,
        "currency": row.text("currency").upper() if money is not None else "",
        "lost_reason": row.text("reason_text") if is_lost else "",
    }


def _changes(stored: Disposition | Opportunity, said: dict[str, Any]) -> dict[str, Any]:
    """Return all columns as they should be when the row says something else; an empty cell
    erases nothing, but a reason or an ending goes when the decision turns round."""
    turned = stored.outcome != said["outcome"]
    wanted = {
        name: value if turned or value not in (None, "") else getattr(stored, name)
        for name, value in said.items()
    }
    return wanted if any(getattr(stored, name) != wanted[name] for name in wanted) else {}
