"""Which version holds when, and who lacks a signature."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from portal.accounts.models import Side
from portal.agreements.models import Agreement, Clause, Signature, Version
from portal.core.prepared import Prepared


def agreement_for(kind: str) -> Agreement | None:
    """Return the agreement of a kind for everybody, or None before the first draft."""
    return Agreement.objects.filter(kind=kind).order_by("position", "pk").first()


def version_in_force(
    agreement: Agreement | str, *, at: datetime, with_text: bool = True
) -> Version | None:
    """Return the version that applies at ``at``; one query.

    That is the signed one with the greatest ``effective_from <= at``, or what leadership put in
    its place for a while. Without its text it costs little: who has read that text before knows
    it by its sha256.
    """
    versions = Version.objects.in_force(at).select_related("agreement")
    if not with_text:
        versions = versions.defer("signed_text", "note")
    if isinstance(agreement, str):
        versions = versions.filter(agreement__kind=agreement)
        return versions.order_by("agreement__position", *versions.query.order_by).first()
    return versions.filter(agreement=agreement).first()


def versions_in_force(kind: str, *, at: datetime) -> list[Version]:
    """Return what applies at ``at`` of each agreement of a kind, the one for everybody first.

    One query, without the texts; see ``version_in_force``.
    """
    return _of_kind(kind, at)


def _versions_of_kind(kind: str, at: datetime) -> QuerySet[Version]:
    own = Version.objects.in_force(at).filter(agreement=OuterRef("pk")).values("pk")[:1]
    found = Agreement.objects.filter(kind=kind).annotate(found=Subquery(own)).values("found")
    versions = Version.objects.in_force(at).filter(pk__in=found).select_related("agreement")
    return versions.defer("signed_text", "note").order_by("agreement__position", "agreement")


_of_kind = Prepared(_versions_of_kind, str, datetime)


def newest_signed(kind: str) -> list[Version]:
    """Return what was signed last of each agreement of a kind, also when it starts later.

    In the order in which their segments are tried, the one for everybody first. One query.
    """
    own = Version.objects.signed().filter(agreement=OuterRef("pk")).order_by("-effective_from")
    found = Agreement.objects.filter(kind=kind).annotate(found=Subquery(own.values("pk")[:1]))
    versions = Version.objects.filter(pk__in=found.values("found")).select_related("agreement")
    return list(versions.order_by("agreement__position", "agreement"))


def version_before(version: Version, *, at: datetime) -> Version | None:
    """Return what a version is compared with: the one in force, or the one it took over from."""
    if version.withdrawn_at is not None:
        return version.based_on
    begun = version.effective_from
    others = Version.objects.filter(agreement=version.agreement_id).exclude(pk=version.pk)
    if begun is not None:
        others = others.filter(effective_from__lt=begun).order_by("-effective_from")
        return others.select_related("agreement").first()
    return others.effective(at).select_related("agreement").first()


def standing_signatures(version: Version) -> dict[str, Signature]:
    """Return the signatures that count, by side."""
    rows = version.signatures.filter(voided_at=None).select_related("signer")
    return {row.side: row for row in rows}


def missing_sides(version: Version) -> list[Side]:
    """Return the sides that have not signed yet."""
    signed = standing_signatures(version)
    return [side for side in Side if side not in signed]


def clause_texts(version: Version) -> list[dict[str, Any]]:
    """Return the clauses as they are frozen, in order."""
    return [clause_text(clause) for clause in version.clauses.order_by("position", "key")]


def clause_text(clause: Clause) -> dict[str, Any]:
    """Return one clause as it is frozen."""
    return {
        "key": clause.key,
        "kind": clause.kind,
        "position": clause.position,
        "body": clause.body,
        "rationale": clause.rationale,
    }


def document_of(
    version: Version, clauses: Sequence[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return the whole content of a version, as it is hashed and parsed."""
    return {
        "agreement": version.agreement.kind,
        "name": version.agreement.name,
        "version": version.number,
        "clauses": clause_texts(version) if clauses is None else list(clauses),
    }
