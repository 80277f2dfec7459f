"""The definition in force, and the first one."""

from datetime import datetime

from django.db import transaction

from portal.accounts.models import User
from portal.agreements.models import Agreement, Version
from portal.agreements.queries import version_in_force
from portal.agreements.services import propose, sign, start_draft
from scoring.rules.defaults import default_clauses
from scoring.rules.definition import Definition
from scoring.rules.parse import parse_text

KIND = "definition"


def definition_in_force(at: datetime) -> tuple[Version, Definition] | None:
    """Return the version in force at ``at`` with its parsed text, or None before the first.

    The text is parsed once for each sha256 and process; who asks gets what was signed.
    """
    version = version_in_force(KIND, at=at)
    return None if version is None else (version, parsed(version))


def parsed(version: Version) -> Definition:
    """Return a frozen version as the evaluators read it."""
    return parse_text(version.signed_text, version.sha256)


@transaction.atomic
def seed_default(*, by_marketing: User, by_sales: User, at: datetime) -> Version:
    """Make the default definition, proposed by marketing and signed by both sides at ``at``."""
    agreement, _ = Agreement.objects.get_or_create(
        slug="definition",
        defaults={"kind": KIND, "name": "Qualified lead", "created_at": at},
    )
    draft = start_draft(agreement=agreement, by=by_marketing, at=at, clauses=default_clauses())
    version = propose(version=draft, by=by_marketing, at=at)
    for signer in (by_marketing, by_sales):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version
