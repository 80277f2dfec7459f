"""The first terms of a new portal."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.agreements.models import Agreement, Version
from portal.agreements.services import propose, sign, start_draft
from portal.core.instants import whole_second
from sla.calendar.services import seed_calendars
from sla.terms.defaults import default_clauses
from sla.terms.queries import KIND


@transaction.atomic
def seed_default_terms(*, by_marketing: User, by_sales: User, at: datetime) -> Version:
    """Return version 1 of the SLA terms, proposed and signed by both at ``at``, with its calendars.

    What stands already is returned as it is. Raises what drafting and signing raise, for one
    NotAllowed when a person does not sign for their side.
    """
    at = whole_second(at)
    agreement, is_new = Agreement.objects.get_or_create(
        slug=KIND, defaults={"kind": KIND, "name": _("SLA terms"), "created_at": at}
    )
    first = agreement.versions.order_by("number").first()
    if not is_new and first is not None:
        return first
    seed_calendars(by=by_marketing, at=at)
    clauses = default_clauses(Organisation.current().zone)
    version = start_draft(agreement=agreement, by=by_marketing, at=at, clauses=clauses)
    version = propose(version=version, by=by_marketing, at=at)
    for signer in (by_marketing, by_sales):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version
