"""What leads say anew after an admin changed the table of derived facts.

It is worked out in batches that any worker takes up: each is one delivery, harmless when run
twice. What follows from a title is known since the title is, as if the table had always said so:
like tags, the table is read as it is now.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from leads.database.derive import Own, derive, email_kind_of
from leads.database.derived_rows import Fact, concerned, own_table
from leads.database.facts import FactChange, KnownFacts, known_facts, write_facts
from leads.database.models import DerivedRow, Lead, StaleCause
from leads.database.registry import SetBy
from portal.events.models import Event
from portal.events.services import record

BATCH = 1_000  # leads in one delivery
CHANGED, CONTINUED = "derived_table.changed", "derived_table.continued"
SOURCE = {Fact.SENIORITY: "title", Fact.DEPARTMENT: "title", Fact.SIZE_BAND: "company_size"}


def restate(events: Sequence[Event], at: datetime) -> None:
    """``derived_table.changed``: write the next leads' facts anew, and leave the rest for later."""
    for event in events:
        fact, said = event.payload["fact"], event.payload["said"]
        after = event.payload.get("after", 0)
        last = restate_batch(fact, said, after=after, at=at)
        if last is not None:
            payload = {"fact": fact, "said": said, "after": last}
            row = DerivedRow(pk=event.subject_id)
            record(CONTINUED, subject=row, actor=None, at=at, payload=payload, leads=[])


def restate_batch(
    fact: str, said: Sequence[str], *, after: int = 0, at: datetime, limit: int = BATCH
) -> int | None:
    """Write ``fact`` anew for the next leads that what is ``said`` concerns, above an id.

    Only where it changes, with the authority "derived": what anybody said themselves stays.
    Returns the last id looked at when there may be more, else None. Marks those leads stale.
    """
    rows = concerned(fact, said).filter(pk__gt=after).order_by("pk")
    leads = list(rows.only("pk", "email_key", "created_at", "recorded_at")[:limit])
    own, known = own_table(), known_facts([lead.pk for lead in leads])
    changes = []
    for lead in leads:
        newest = known.get(lead.pk, [None])[-1]
        change = _change(lead, fact, newest, own)
        if change is not None:
            changes.append(change)
    # An import's cause: what opens a gate by it waits for release, like any other news of many.
    write_facts(changes, set_by=SetBy.DERIVED, by=None, at=at, cause=StaleCause.IMPORT)
    return leads[-1].pk if len(leads) == limit else None


def _change(lead: Lead, fact: str, newest: KnownFacts | None, own: Own) -> FactChange | None:
    """Return what the table says of a lead now, where that is something else than before."""
    values = newest.values if newest else {}
    set_by, since = (newest.origins if newest else {}).get(fact, (SetBy.DERIVED, None))
    if set_by != SetBy.DERIVED:
        return None
    if fact == Fact.EMAIL_KIND:
        told = email_kind_of(lead.email_key, own)
        begun = lead.created_at or lead.recorded_at
    else:
        source = SOURCE[Fact(fact)]
        if newest is None or source not in newest.origins:
            return None
        told = derive({source: values.get(source)}, own)[fact]
        begun = datetime.fromtimestamp(newest.origins[source][1], UTC)
    if told == values.get(fact):
        return None
    known_from = begun if since is None else max(begun, datetime.fromtimestamp(since, UTC))
    return FactChange(lead.pk, known_from, {fact: told})
