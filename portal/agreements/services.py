"""Writing agreements together: drafts, clauses, proposing, signing.

Every write locks the version row first, so that of two editors the second is told, not merged.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.agreements.canonical import canonical_json, sha256_of
from portal.agreements.models import Agreement, Clause, Signature, Version
from portal.agreements.queries import clause_texts, document_of, missing_sides
from portal.agreements.registry import Problem, kind_named
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record

EDITORS = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.SALES_LEAD})
RATIONALE_LIMIT = 5000


class InvalidClause(DomainError):
    """A body that cannot be used; ``problems`` say where and what to do."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(str(problem.sentence) for problem in problems))
        self.problems = list(problems)


class StaleClause(Conflict):
    """Somebody changed the clause since it was opened; ``current`` is what stands now."""

    code = "stale_clause"

    def __init__(self, current: Clause | None) -> None:
        who = current.changed_by.name if current and current.changed_by else _("Somebody")
        super().__init__(
            _("%s has changed this clause since you opened it. Both texts are below.") % who
            if current
            else _("This clause has been removed since you opened it.")
        )
        self.current = current


def require_editor(by: User) -> None:
    """Raise NotAllowed unless this person co-edits agreements."""
    if by.role not in EDITORS:
        raise NotAllowed(
            _("Marketing, the marketing lead and sales leads write agreements. Ask one of them.")
        )


def open_agreement(*, kind: str, name: str, at: datetime) -> Agreement:
    """Return the first agreement of a kind; made when nobody has written one yet."""
    agreement, _is_new = Agreement.objects.get_or_create(
        slug=kind, defaults={"kind": kind, "name": name, "created_at": whole_second(at)}
    )
    return agreement


@transaction.atomic
def start_draft(
    *,
    agreement: Agreement,
    by: User,
    at: datetime,
    based_on: Version | None = None,
    clauses: Sequence[Mapping[str, Any]] | None = None,
    note: str = "",
) -> Version:
    """Return a draft with the clauses of ``based_on`` or those given. Locks the agreement."""
    require_editor(by)
    at = whole_second(at)
    Agreement.objects.select_for_update().get(pk=agreement.pk)
    last = agreement.versions.aggregate(last=Max("number"))["last"] or 0
    version = Version.objects.create(
        agreement=agreement,
        number=last + 1,
        based_on=based_on,
        note=note,
        created_by=by,
        created_at=at,
        changed_at=at,
    )
    texts = clauses if clauses is not None else clause_texts(based_on) if based_on else ()
    Clause.objects.bulk_create(
        Clause(version=version, changed_by=by, changed_at=at, **text) for text in texts
    )
    record("agreement.drafted", subject=version, actor=by, at=at, payload={"number": last + 1})
    return version


@transaction.atomic
def save_clause(
    *,
    version: Version,
    key: str,
    kind: str,
    body: Mapping[str, Any],
    by: User,
    at: datetime,
    revision: int | None,
    rationale: str = "",
    position: int | None = None,
) -> Clause:
    """Store one clause; ``revision`` is the one it was opened with, None for a new clause.

    Voids signatures and unfreezes a proposed draft. Raises StaleClause when the clause has moved
    on, InvalidClause for a body that cannot be used, Conflict when the version is signed.
    """
    require_editor(by)
    at = whole_second(at)
    version = lock_draft(version)
    current = version.clauses.select_related("changed_by").filter(key=key).first()
    if (current.revision if current else None) != revision:
        if current is not None and revision is None:
            raise DomainError(_("A clause of this name exists already. Choose another name."))
        raise StaleClause(current)
    if len(rationale) > RATIONALE_LIMIT:
        raise DomainError(_("The rationale is too long. Keep it under 5,000 characters."))
    kind = current.kind if current else kind  # a clause keeps the kind it was written as
    problems = kind_named(version.agreement.kind).check_clause(kind, key, body)
    if problems:
        raise InvalidClause(problems)
    if current is not None and _says_the_same(current, body, rationale, position):
        return current
    if current is None:
        last = version.clauses.aggregate(last=Max("position"))["last"] or 0
        current = Clause(version=version, key=key, kind=kind, position=position or last + 1)
        current.revision = 0
    before = {"body": current.body, "position": current.position}
    current.body, current.rationale = dict(body), rationale
    current.position = position or current.position
    current.revision += 1
    current.changed_by, current.changed_at = by, at
    current.save()
    _touch(version, by=by, at=at, change={"clause": key, "was": before["body"], "is": current.body})
    return current


def _says_the_same(
    current: Clause, body: Mapping[str, Any], rationale: str, position: int | None
) -> bool:
    """Tell whether saving would change nothing; then nothing is voided either."""
    is_in_place = position is None or position == current.position
    return is_in_place and current.rationale == rationale and current.body == dict(body)


@transaction.atomic
def remove_clause(*, version: Version, key: str, revision: int, by: User, at: datetime) -> None:
    """Take a clause out of a draft. Raises StaleClause when it has moved on."""
    require_editor(by)
    version = lock_draft(version)
    current = version.clauses.select_related("changed_by").filter(key=key).first()
    if current is None or current.revision != revision:
        raise StaleClause(current)
    body = current.body
    current.delete()
    change = {"clause": key, "was": body, "is": None}
    _touch(version, by=by, at=whole_second(at), change=change)


def lock_draft(version: Version) -> Version:
    """Return the version's current row, locked. Raises Conflict unless it may still change."""
    locked = Version.objects.select_for_update(of=("self",)).select_related("agreement")
    row = locked.get(pk=version.pk)
    if row.effective_from is not None:
        raise Conflict(_("This version is signed and is never edited. Start a draft from it."))
    if row.withdrawn_at is not None:
        raise Conflict(_("This draft was given up. Start a new one."))
    return row


def _touch(version: Version, *, by: User, at: datetime, change: Mapping[str, Any]) -> None:
    """Raise the revision; unfreeze a proposed draft and void what was signed of it."""
    was_proposed = version.proposed_at is not None
    if was_proposed:
        _unfreeze(version, at=at)
    Version.objects.filter(pk=version.pk).update(revision=F("revision") + 1, changed_at=at)
    record("agreement.changed", subject=version, actor=by, at=at, payload=dict(change))
    if was_proposed:
        record("agreement.voided", subject=version, actor=by, at=at)


def _unfreeze(version: Version, *, at: datetime) -> None:
    version.signatures.filter(voided_at=None).update(
        voided_at=at, voided_by_revision=version.revision + 1
    )
    Version.objects.filter(pk=version.pk).update(
        proposed_at=None, proposed_by=None, signed_text="", sha256="", starts_at=None
    )


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
    problems = kind_named(version.agreement.kind).check_version(texts)
    if problems:
        raise InvalidClause(problems)
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


@transaction.atomic
def withdraw_proposal(*, version: Version, by: User, at: datetime) -> None:
    """Take a proposal back to a draft; signatures so far are voided."""
    require_editor(by)
    version = lock_draft(version)
    if version.proposed_at is None:
        raise Conflict(_("This draft is not proposed."))
    _unfreeze(version, at=whole_second(at))
    record("agreement.withdrawn", subject=version, actor=by, at=at)


@transaction.atomic
def give_up_draft(*, version: Version, by: User, at: datetime) -> None:
    """Close a draft that will not be signed; it stays readable."""
    require_editor(by)
    at = whole_second(at)
    version = lock_draft(version)
    if version.proposed_at is not None:
        _unfreeze(version, at=at)
    Version.objects.filter(pk=version.pk).update(withdrawn_at=at)
    record("agreement.given_up", subject=version, actor=by, at=at)


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
    version = lock_draft(version)
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
