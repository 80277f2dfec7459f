"""Emergency override: leadership puts a frozen text in force for a while, and it ends by itself.

``effective_from`` stays what both sides set by signing; an override stands in front of it while it
runs. The text is kept for good from then on, because leads were scored by it.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.agreements.canonical import sha256_of
from portal.agreements.models import Agreement, Override, Version
from portal.agreements.queries import version_in_force
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record

LONGEST = timedelta(days=7)
SHORTEST_REASON = 10  # characters: a word is no reason


def require_leadership(by: User) -> None:
    """Raise NotAllowed unless this person may override."""
    if by.role != Role.LEADERSHIP:
        raise NotAllowed(_("Only leadership overrides what both sides signed. Ask them."))


@transaction.atomic
def override(
    *,
    version: Version,
    sha256: str,
    reason: str,
    lasts: timedelta,
    by: User,
    at: datetime,
) -> Override:
    """Put a proposed or signed text in force from ``at`` until it ends by itself.

    Locks the agreement, then the version. Raises NotAllowed unless ``by`` is leadership,
    DomainError for no reason or a time of none or more than seven days, Conflict when the text
    moved on, applies already, or another override runs.
    """
    require_leadership(by)
    at, reason = whole_second(at), reason.replace("\x00", "").strip()
    if len(reason) < SHORTEST_REASON:
        raise DomainError(_("Say in a sentence why this cannot wait for both signatures."))
    if not timedelta(minutes=1) <= lasts <= LONGEST:
        raise DomainError(_("An override lasts from a minute to seven days."))
    Agreement.objects.select_for_update().get(pk=version.agreement_id)
    row = (
        Version.objects.select_for_update(of=("self",))
        .select_related("agreement")
        .get(pk=version.pk)
    )
    require_overridable(row, at=at)
    if row.sha256 != sha256 or sha256_of(row.signed_text) != sha256:
        raise Conflict(_("The text has moved on since you opened it. Read it again, then decide."))
    made = Override.objects.create(
        version=row, by=by, sha256=sha256, reason=reason, at=at, ends_at=at + lasts
    )
    payload = {"override": made.pk, "sha256": sha256, "ends_at": made.ends_at.isoformat()}
    record("agreement.overridden", subject=row, actor=by, at=at, payload=payload)
    return made


def require_overridable(version: Version, *, at: datetime) -> None:
    """Raise Conflict for a text that is not frozen or applies already, or while another runs."""
    if version.withdrawn_at is not None or version.proposed_at is None:
        raise Conflict(
            _("Only a text that is frozen can be put in force. Let it be proposed first.")
        )
    standing = version_in_force(version.agreement, at=at)
    if standing is None:
        raise Conflict(_("Nothing is in force yet, so there is nothing to override."))
    if standing.pk == version.pk:
        raise Conflict(_("This version is in force already."))
    if Override.objects.filter(
        version__agreement=version.agreement_id, at__lte=at, ends_at__gt=at
    ).exists():
        raise Conflict(_("An override is running. End it first, or wait until it has ended."))


@transaction.atomic
def end_override(*, override: Override, by: User, at: datetime) -> None:
    """End an override now; what both sides signed is in force again. Twice is no harm."""
    require_leadership(by)
    at = whole_second(at)
    row = (
        Override.objects.select_for_update(of=("self",))
        .select_related("version")
        .get(pk=override.pk)
    )
    if row.ends_at <= at:
        return
    _close(row, by=by, at=at)


@transaction.atomic
def _close(row: Override, *, by: User | None, at: datetime) -> None:
    row.ends_at, row.closed_at = min(row.ends_at, max(at, row.at)), at
    row.save(update_fields=["ends_at", "closed_at"])
    payload = {"override": row.pk, "ends_at": row.ends_at.isoformat()}
    record("agreement.override_ended", subject=row.version, actor=by, at=at, payload=payload)


@transaction.atomic
def close_ended(*, at: datetime) -> int:
    """Record the end of each override that has ended by itself, once; return how many.

    Nothing waits for this: what is in force follows from the stored instants alone.
    """
    at = whole_second(at)
    due = Override.objects.filter(closed_at=None, ends_at__lte=at).select_related("version")
    rows = list(due.select_for_update(of=("self",)).order_by("pk"))
    for row in rows:
        _close(row, by=None, at=at)
    return len(rows)


def running(at: datetime) -> list[Override]:
    """Return the overrides that run now, over all agreements; one query."""
    rows = Override.objects.filter(at__lte=at, ends_at__gt=at)
    return list(rows.select_related("version__agreement", "by").order_by("ends_at", "pk")[:20])
