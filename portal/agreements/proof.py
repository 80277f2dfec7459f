"""Proving that what was signed is what stands."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.accounts.models import Side
from portal.agreements.canonical import canonical_json, sha256_of
from portal.agreements.models import Signature, Version
from portal.agreements.queries import clause_texts
from portal.events.models import Event


def verify(version: Version) -> list[str]:
    """Return what is wrong with a proposed or signed version; empty when all of it holds.

    The text must hash to ``sha256``, be canonical, and say what the clauses say; each standing
    signature must be over this hash and agree with its event, which is never edited either; a
    version in force needs one signature of each side, and the instant its last one set.
    """
    if version.proposed_at is None and version.effective_from is None:
        return []
    wrong = []
    if sha256_of(version.signed_text) != version.sha256:
        wrong.append("The text does not match its hash.")
    if not _says_what_the_clauses_say(version):
        wrong.append("The text does not say what the clauses say.")
    signatures = list(version.signatures.filter(voided_at=None))
    events = _signed_events(version)
    wrong += [
        sentence for one in signatures for sentence in _wrong_with(one, version.sha256, events)
    ]
    if version.effective_from is not None:
        wrong += _wrong_with_force(version, version.effective_from, signatures, events)
    return wrong


def _signed_events(version: Version) -> list[Event]:
    return list(
        Event.objects.filter(
            kind="agreement.signed",
            subject_type=Version._meta.label_lower,
            subject_id=version.pk,
        )
    )


def _wrong_with(signature: Signature, sha256: str, events: Iterable[Event]) -> list[str]:
    wrong = []
    if signature.sha256 != sha256:
        wrong.append(f"The signature of {signature.side} is over another hash.")
    said = {"side": signature.side, "role": signature.role, "sha256": signature.sha256}
    if not any(
        event.actor_id == signature.signer_id
        and event.at == signature.at
        and said.items() <= event.payload.items()
        for event in events
    ):
        wrong.append(f"The signature of {signature.side} is not what was recorded when it was put.")
    return wrong


def _wrong_with_force(
    version: Version,
    effective_from: datetime,
    signatures: Iterable[Signature],
    events: Iterable[Event],
) -> list[str]:
    missing = set(Side.values) - {one.side for one in signatures}
    wrong = [f"It is in force without a signature of {side}." for side in sorted(missing)]
    if any(one.at > effective_from for one in signatures):
        wrong.append("It came into force before it was signed.")
    begun = {event.payload.get("effective_from") for event in events}
    if effective_from.isoformat() not in begun:
        wrong.append("It is in force from another instant than its last signature set.")
    return wrong


def _says_what_the_clauses_say(version: Version) -> bool:
    """Compare with the rows; the name belongs to the agreement and may move on."""
    try:
        document: Any = json.loads(version.signed_text)
        return bool(
            canonical_json(document) == version.signed_text
            and document["agreement"] == version.agreement.kind
            and document["version"] == version.number
            and canonical_json(document["clauses"]) == canonical_json(clause_texts(version))
        )
    except (ValueError, TypeError, KeyError):
        return False
