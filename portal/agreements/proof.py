"""Proving that what was signed is what stands."""

import json

from portal.accounts.models import Side
from portal.agreements.canonical import canonical_json, sha256_of
from portal.agreements.models import Version
from portal.agreements.queries import document_of


def verify(version: Version) -> list[str]:
    """Return what is wrong with a proposed or signed version; empty when all of it holds.

    The text must hash to ``sha256``, be canonical, and say what the clauses say; each standing
    signature must be over this hash, and a version in force needs one of each side.
    """
    if version.proposed_at is None and version.effective_from is None:
        return []
    wrong = []
    if sha256_of(version.signed_text) != version.sha256:
        wrong.append("The text does not match its hash.")
    if not _says_what_the_clauses_say(version):
        wrong.append("The text does not say what the clauses say.")
    signatures = list(version.signatures.filter(voided_at=None))
    wrong += [
        f"The signature of {one.side} is over another hash."
        for one in signatures
        if one.sha256 != version.sha256
    ]
    if version.effective_from is not None:
        missing = set(Side.values) - {one.side for one in signatures}
        wrong += [f"It is in force without a signature of {side}." for side in sorted(missing)]
        if any(one.at > version.effective_from for one in signatures):
            wrong.append("It came into force before it was signed.")
    return wrong


def _says_what_the_clauses_say(version: Version) -> bool:
    try:
        text = canonical_json(json.loads(version.signed_text))
        return text == version.signed_text == canonical_json(document_of(version))
    except (ValueError, TypeError):
        return False
