"""Writing lead rows and what is kept beside them, in sets."""

from collections.abc import Sequence
from datetime import datetime

from leads.database.derive import email_kind_of
from leads.database.derived_rows import own_table
from leads.database.fact_rows import intern
from leads.database.facts import FactChange, write_facts
from leads.database.models import Lead, StaleCause, Standing
from leads.database.registry import SetBy
from leads.database.timeline import FactRow, FactWrite, write_fact
from leads.database.words import store_words
from portal.core.bulk import update_rows

CHANGING = (
    "name", "name_key", "email", "email_key", "email_domain", "phone", "company_id",
    "external_source", "external_id", "source_id", "campaign_id", "content", "term",
    "landing_page", "owner_id", "created_at", "do_not_email", "do_not_call", "extra", "revision",
)  # fmt: skip


def store_changes(leads: Sequence[Lead]) -> None:
    """Write changed leads and the copies in their standings: two statements for any number."""
    update_rows(
        Lead,
        [{"id": lead.pk} | {name: getattr(lead, name) for name in CHANGING} for lead in leads],
        key="id",
    )
    update_rows(
        Standing,
        [
            {"lead_id": lead.pk, "owner_id": lead.owner_id, "source_id": lead.source_id}
            for lead in leads
        ],
        key="lead_id",
    )


def store_words_of(lead_ids: Sequence[int]) -> None:
    """Write the words anew by which leads and their companies are searched."""
    rows = Lead.objects.filter(pk__in=lead_ids).values_list("pk", "name", "company__name")
    store_words({pk: (name, company or "") for pk, name, company in rows}, anew=True)


def first_facts(leads: Sequence[Lead], *, at: datetime) -> dict[int, list[FactRow]]:
    """Return the first that is known of new leads, still to be stored: what kind of address."""
    own = own_table(any(lead.email_key for lead in leads))
    kinds = {lead.pk: kind for lead in leads if (kind := email_kind_of(lead.email_key, own))}
    codes = intern(kinds.values())
    timelines: dict[int, list[FactRow]] = {lead.pk: [] for lead in leads}
    for lead in leads:
        if lead.pk in kinds:
            start = int((lead.created_at or at).timestamp())
            first = FactWrite(start, "email_kind", codes[kinds[lead.pk]], SetBy.DERIVED)
            write_fact(timelines[lead.pk], first)
    return timelines


def write_email_kinds(lead_ids: Sequence[int], *, at: datetime, cause: StaleCause) -> None:
    """Write what kind of address leads have since it changed."""
    rows, own = Lead.objects.filter(pk__in=lead_ids).values_list("pk", "email_key"), own_table()
    write_facts(
        [FactChange(pk, at, {"email_kind": email_kind_of(address, own)}) for pk, address in rows],
        set_by=SetBy.DERIVED,
        by=None,
        at=at,
        cause=cause,
    )
