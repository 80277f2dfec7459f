"""What may be written in a draft, by whom; its lock, and what an edit does to a proposal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.agreements.models import Clause, Version
from portal.agreements.registry import Problem
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.services import record

EDITORS = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.SALES_LEAD})
RATIONALE_LIMIT = 5000
HIGHEST_POSITION = 32_767  # as far as the column goes


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


def lock_draft(version: Version) -> Version:
    """Return the version's current row, locked. Raises Conflict unless its text may change."""
    row = lock_open(version)
    if row.overrides.exists():
        raise Conflict(
            _(
                "This text was put in force for a while and stays as it was. "
                "Sign it as it stands, or start a draft from it."
            )
        )
    return row


def lock_open(version: Version) -> Version:
    """Return the version's current row, locked. Raises Conflict when it is signed or given up."""
    locked = Version.objects.select_for_update(of=("self",)).select_related("agreement")
    row = locked.get(pk=version.pk)
    if row.effective_from is not None:
        raise Conflict(_("This version is signed and is never edited. Start a draft from it."))
    if row.withdrawn_at is not None:
        raise Conflict(_("This draft was given up. Start a new one."))
    return row


def make_room(version: Version, key: str, before: str) -> int:
    """Number a locked draft's clauses anew, and return the place in front of ``before``.

    Empty: behind all. That place is free, or ``key`` has it. Raises DomainError when there is no
    such clause.
    """
    others = [row for row in version.clauses.order_by("position", "key") if row.key != key]
    keys = [row.key for row in others]
    if before and before not in keys:
        raise DomainError(
            _("The sentence before which it was to stand has been taken out. Choose again.")
        )
    place = keys.index(before) if before else len(keys)
    for number, row in enumerate(others):
        row.position = number if number < place else number + 1
    Clause.objects.bulk_update(others, ["position"])
    return place


def touch(version: Version, *, by: User, at: datetime, change: Mapping[str, Any]) -> None:
    """Raise the revision; unfreeze a proposed draft and void what was signed of it."""
    was_proposed = version.proposed_at is not None
    if was_proposed:
        unfreeze(version, at=at)
    Version.objects.filter(pk=version.pk).update(revision=F("revision") + 1, changed_at=at)
    record("agreement.changed", subject=version, actor=by, at=at, payload=dict(change))
    if was_proposed:
        record("agreement.voided", subject=version, actor=by, at=at)


def unfreeze(version: Version, *, at: datetime) -> None:
    version.signatures.filter(voided_at=None).update(
        voided_at=at, voided_by_revision=version.revision + 1
    )
    Version.objects.filter(pk=version.pk).update(
        proposed_at=None, proposed_by=None, signed_text="", sha256="", starts_at=None
    )
