"""The definition in force, and the first one."""

from datetime import datetime
from functools import lru_cache

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

    One query that leaves the text in the database: it is read and parsed once for each sha256
    and process; who asks gets what was signed.
    """
    version = version_in_force(KIND, at=at, with_text=False)
    return None if version is None else (version, _read_once(version.sha256, version.pk))


@lru_cache(maxsize=16)
def _read_once(sha256: str, version_id: int) -> Definition:
    return parsed(Version.objects.only("signed_text", "sha256").get(pk=version_id, sha256=sha256))


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
