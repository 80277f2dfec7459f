"""Writing agreements together: drafts begun and given up, and their clauses.

Every write locks the version row first, so that of two editors the second is told, not merged.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.agreements.drafts import (
    EDITORS,
    HIGHEST_POSITION,
    RATIONALE_LIMIT,
    InvalidClause,
    StaleClause,
    lock_draft,
    make_room,
    require_editor,
    touch,
    unfreeze,
)
from portal.agreements.models import Agreement, Clause, Version
from portal.agreements.proposals import decline, propose, sign, withdraw_proposal
from portal.agreements.queries import clause_texts
from portal.agreements.registry import kind_named
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.events.services import record

# Who writes agreements looks here, also for what a draft may refuse, and what becomes of it.
__all__ = [
    "EDITORS",
    "InvalidClause",
    "StaleClause",
    "decline",
    "give_up_draft",
    "lock_draft",
    "open_agreement",
    "open_segment",
    "propose",
    "remove_clause",
    "require_editor",
    "save_clause",
    "sign",
    "start_draft",
    "withdraw_proposal",
]

LONGEST_NAME = 60
MOST_SEGMENTS = 12


def open_agreement(*, kind: str, name: str, at: datetime) -> Agreement:
    """Return the agreement of a kind for everybody; made when nobody has written one yet."""
    agreement, _is_new = Agreement.objects.get_or_create(
        slug=kind, defaults={"kind": kind, "name": name, "created_at": whole_second(at)}
    )
    return agreement


@transaction.atomic
def open_segment(*, kind: str, name: str, by: User, at: datetime) -> Agreement:
    """Make one more agreement of a kind, for one segment; it is tried after those there are.

    Raises DomainError for no name or one that is taken, or before there is one for everybody.
    Locks the kind's first agreement.
    """
    require_editor(by)
    name = name.replace("\x00", "").strip()
    alike = Agreement.objects.filter(kind=kind).order_by("pk")
    if not kind_named(kind).has_segments or alike.select_for_update().first() is None:
        raise DomainError(_("Write the one for everybody first. Segments stand in front of it."))
    if not name or len(name) > LONGEST_NAME:
        raise DomainError(_("Give the segment a name of at most %d letters.") % LONGEST_NAME)
    if alike.filter(name__iexact=name).exists():
        raise DomainError(_("There is a “%s” already. Choose another name.") % name)
    if alike.count() > MOST_SEGMENTS:
        raise DomainError(
            _("There are %d segments already. Nobody would know more.") % MOST_SEGMENTS
        )
    last = alike.aggregate(last=Max("position"))["last"] or 0
    return Agreement.objects.create(
        kind=kind,
        slug=_free_slug(kind, name),
        name=name,
        position=last + 1,
        created_at=whole_second(at),
    )


def _free_slug(kind: str, name: str) -> str:
    start = f"{kind}-{slugify(name)}".strip("-")[:50]
    taken = set(Agreement.objects.filter(slug__startswith=start).values_list("slug", flat=True))
    tries = (start if n == 1 else f"{start}-{n}" for n in range(1, len(taken) + 2))
    return next(slug for slug in tries if slug not in taken)


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
    """Return a draft with the clauses of ``based_on`` or those given.

    Versions are counted through all agreements of a kind, so that a number names one text. Locks
    the kind's first agreement.
    """
    require_editor(by)
    at = whole_second(at)
    alike = Agreement.objects.filter(kind=agreement.kind).order_by("pk")
    alike.select_for_update().first()
    versions = Version.objects.of_kind(agreement.kind)
    last = versions.aggregate(last=Max("number"))["last"] or 0
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
    before: str | None = None,
) -> Clause:
    """Store one clause; ``revision`` is the one it was opened with, None for a new clause.

    It takes the ``position`` given, or stands in front of the clause of the key ``before`` (empty:
    behind all), and otherwise where it stood; a new one behind all.
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
    if before is not None:
        position = make_room(version, key, before)
    elif current is not None and _says_the_same(current, body, rationale, position):
        return current
    if current is None:
        last = version.clauses.aggregate(last=Max("position"))["last"] or 0
        place = last + 1 if last < HIGHEST_POSITION else make_room(version, key, "")
        current = Clause(version=version, key=key, kind=kind, position=place)
        current.revision = 0
    was = {"was": current.body, "was_why": current.rationale}
    current.body, current.rationale = dict(body), rationale
    current.position = current.position if position is None else position
    current.revision += 1
    current.changed_by, current.changed_at = by, at
    current.save()
    change = {"clause": key, "revision": current.revision, "is": current.body, **was}
    touch(version, by=by, at=at, change=change)
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
    change = {"clause": key, "revision": revision, "was": body, "is": None}
    touch(version, by=by, at=whole_second(at), change=change)


@transaction.atomic
def give_up_draft(*, version: Version, by: User, at: datetime) -> None:
    """Close a draft that will not be signed; it stays readable."""
    require_editor(by)
    at = whole_second(at)
    version = lock_draft(version)
    if version.proposed_at is not None:
        unfreeze(version, at=at)
    Version.objects.filter(pk=version.pk).update(withdrawn_at=at)
    record("agreement.given_up", subject=version, actor=by, at=at)
