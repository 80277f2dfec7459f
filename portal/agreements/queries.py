"""Which version holds when, and who lacks a signature."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal.accounts.models import Side
from portal.agreements.models import Agreement, Clause, Signature, Version


def agreement_for(kind: str) -> Agreement | None:
    """Return the first agreement of a kind (the default one), or None before the first draft."""
    return Agreement.objects.filter(kind=kind).order_by("position", "pk").first()


def version_in_force(
    agreement: Agreement | str, *, at: datetime, with_text: bool = True
) -> Version | None:
    """Return the signed version with the greatest ``effective_from <= at``; one query.

    Without its text it costs little: who has read that text before knows it by its sha256.
    """
    versions = Version.objects.effective(at).select_related("agreement")
    if not with_text:
        versions = versions.defer("signed_text", "note")
    if isinstance(agreement, str):
        versions = versions.filter(agreement__kind=agreement)
        return versions.order_by("agreement__position", "-effective_from").first()
    return versions.filter(agreement=agreement).first()


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
        "segment": version.agreement.segment,
        "clauses": clause_texts(version) if clauses is None else list(clauses),
    }
