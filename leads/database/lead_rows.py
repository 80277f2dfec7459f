"""Writing lead rows and what is kept beside them, in sets."""

from collections.abc import Sequence
from datetime import datetime

from leads.database.bulk import update_rows
from leads.database.derive import email_kind_of
from leads.database.facts import FactChange, write_facts
from leads.database.models import Lead, StaleCause, Standing
from leads.database.registry import SetBy
from leads.database.words import store_words

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


def store_words_of(lead_ids: Sequence[int], *, anew: bool) -> None:
    """Write the words by which leads and their companies are searched."""
    rows = Lead.objects.filter(pk__in=lead_ids).values_list("pk", "name", "company__name")
    store_words({pk: (name, company or "") for pk, name, company in rows}, anew=anew)


def write_email_kinds(
    lead_ids: Sequence[int],
    *,
    at: datetime,
    cause: StaleCause,
    known_from: datetime | None = None,
) -> None:
    """Write what kind of address each lead has; known from its beginning, or ``known_from``."""
    rows = Lead.objects.filter(pk__in=lead_ids)
    write_facts(
        [
            FactChange(pk, known_from or created_at or at, {"email_kind": email_kind_of(address)})
            for pk, address, created_at in rows.values_list("pk", "email_key", "created_at")
        ],
        set_by=SetBy.DERIVED,
        by=None,
        at=at,
        cause=cause,
    )
