"""What becomes of a written draft: proposed, withdrawn, declined, signed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.agreements.canonical import canonical_json, sha256_of
from portal.agreements.drafts import (
    InvalidClause,
    lock_draft,
    lock_open,
    require_editor,
    unfreeze,
)
from portal.agreements.models import Agreement, Comment, Signature, Version
from portal.agreements.queries import clause_texts, document_of, missing_sides, version_in_force
from portal.agreements.registry import kind_named
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record


@transaction.atomic
def propose(
    *,
    version: Version,
    by: User,
    at: datetime,
    starts_at: datetime | None = None,
    note: str | None = None,
) -> Version:
    """Freeze the canonical text for signature. Raises InvalidClause for what cannot run.

    ``note`` says why there is this version; it is read by who signs, and not part of the text.
    """
    require_editor(by)
    at = whole_second(at)
    version = lock_draft(version)
    if version.proposed_at is not None:
        raise Conflict(_("This draft is proposed already. Sign it, or withdraw the proposal."))
    if starts_at is not None and starts_at < at:
        raise DomainError(_("A version cannot start in the past. Choose a later day, or none."))
    texts = clause_texts(version)
    kind = kind_named(version.agreement.kind)
    problems = kind.check_version(texts) or kind.check_beside(version, texts)
    if problems:
        raise InvalidClause(problems)
    _refuse_the_same(version, texts, at=at)
    text = canonical_json(document_of(version, texts))
    version.signed_text, version.sha256 = text, sha256_of(text)
    version.proposed_at, version.proposed_by = at, by
    version.starts_at = whole_second(starts_at) if starts_at else None
    version.note = version.note if note is None else note
    version.save()
    record(
        "agreement.proposed", subject=version, actor=by, at=at, payload={"sha256": version.sha256}
    )
    return version


def _refuse_the_same(version: Version, texts: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Raise DomainError for a draft that says word for word what is in force already."""
    standing = version_in_force(version.agreement, at=at)
    if standing is not None and canonical_json(clause_texts(standing)) == canonical_json(texts):
        raise DomainError(
            _(
                "This draft says what version %d, which is in force, says already. "
                "Change a sentence, or give the draft up."
            )
            % standing.number
        )


@transaction.atomic
def withdraw_proposal(*, version: Version, by: User, at: datetime) -> None:
    """Take a proposal back to a draft; signatures so far are voided."""
    require_editor(by)
    version = lock_draft(version)
    if version.proposed_at is None:
        raise Conflict(_("This draft is not proposed."))
    unfreeze(version, at=whole_second(at))
    record("agreement.withdrawn", subject=version, actor=by, at=at)


@transaction.atomic
def decline(*, version: Version, words: str, by: User, at: datetime) -> Comment:
    """Send a proposal back with words; it is a draft again, and the words stay open on it.

    Raises NotAllowed unless ``by`` signs for a side, DomainError without words, Conflict when
    nothing is proposed.
    """
    side = by.signs_for
    if side is None:
        raise NotAllowed(_("Who may sign may decline: the marketing lead and sales leads."))
    if not words.strip():
        raise DomainError(_("Say what would have to change. The other side reads it."))
    at = whole_second(at)
    version = lock_draft(version)
    if version.proposed_at is None:
        raise Conflict(_("This draft is not proposed."))
    proposer = version.proposed_by
    unfreeze(version, at=at)
    said = Comment.objects.create(version=version, author=by, text=words.strip(), at=at)
    record(
        "agreement.declined",
        subject=version,
        actor=by,
        at=at,
        payload={"side": side, "comment": said.pk, "proposed_by": proposer and proposer.pk},
    )
    return said


@transaction.atomic
def sign(*, version: Version, sha256: str, by: User, at: datetime) -> Signature:
    """Sign for one's side over the text that was read; the second side brings it into force.

    Raises NotAllowed unless ``by`` signs for a side, Conflict when the text has moved on or the
    side has signed. ``effective_from`` is set once, not before this second signature.
    """
    side = by.signs_for
    if side is None:
        raise NotAllowed(_("The marketing lead and a sales lead sign. You may read and comment."))
    at = whole_second(at)
    version = lock_open(version)
    if version.proposed_at is None or version.sha256 != sha256:
        raise Conflict(_("The text has moved on since you opened it. Read it again, then sign."))
    if side not in missing_sides(version):
        raise Conflict(_("Your side has signed this version already."))
    signature = Signature.objects.create(
        version=version, side=side, signer=by, role=by.role, sha256=sha256, at=at
    )
    if not missing_sides(version):
        version.effective_from = _free_instant(version, max(at, version.starts_at or at))
        version.save(update_fields=["effective_from"])
    payload = {"side": side, "role": by.role, "sha256": sha256}
    if version.effective_from is not None:
        payload["effective_from"] = version.effective_from.isoformat()
    record("agreement.signed", subject=version, actor=by, at=at, payload=payload)
    return signature


def _free_instant(version: Version, wanted: datetime) -> datetime:
    """Return the first second from ``wanted`` on at which no other version begins.

    Locks the agreement: two drafts that get their last signature at once take turns.
    """
    Agreement.objects.select_for_update().get(pk=version.agreement_id)
    taken = set(
        Version.objects.filter(agreement=version.agreement, effective_from__gte=wanted).values_list(
            "effective_from", flat=True
        )
    )
    while wanted in taken:
        wanted += timedelta(seconds=1)
    return wanted
