"""API keys: made once, shown once, kept as a hash.

Accounts lie below events: who makes or revokes a key (the admin, the command) records it.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import ApiKey, User

SENDS = "leads:write"


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def create_api_key(
    *, name: str, owner: User, scopes: Sequence[str], expires_at: datetime | None, at: datetime
) -> tuple[ApiKey, str]:
    """Return the stored row and the key itself, which cannot be read again later.

    Raises ValidationError, by field, for a key that could never be used.
    """
    check_key(owner=owner, scopes=scopes, expires_at=expires_at, at=at)
    key = f"ap_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        name=name,
        owner=owner,
        prefix=key[:9],
        key_sha256=hash_key(key),
        scopes=list(scopes),
        created_at=at,
        expires_at=expires_at,
    )
    row.full_clean()
    row.save()
    return row, key


def check_key(
    *, owner: User, scopes: Sequence[str], expires_at: datetime | None, at: datetime
) -> None:
    """Raise ValidationError, by field, for a key that could never be used."""
    known = [scope for scope, _label in ApiKey.SCOPES]
    if not scopes or set(scopes) - set(known):
        sentence = _("Choose at least one scope: %(known)s.") % {"known": ", ".join(known)}
        raise ValidationError({"scopes": sentence})
    if not owner.is_active:
        raise ValidationError({"owner": _("This person is deactivated. Choose another owner.")})
    if SENDS in scopes and not owner.sees_everything:
        raise ValidationError({"owner": not_a_sender()})
    if expires_at is not None and expires_at <= at:
        raise ValidationError({"expires_at": _("Choose an instant to come.")})


def not_a_sender() -> str:
    """Say who may send: what is sent is matched with every lead, so one must see them all."""
    return _(
        "A key that sends leads belongs to somebody who sees all of them: "
        "marketing, leadership or an admin."
    )


def revoke_api_key(*, key: ApiKey, at: datetime) -> bool:
    """End a key at once; return whether it was not revoked before."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at))
