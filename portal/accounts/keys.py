"""API keys: made once, shown once, kept as a hash."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from portal.accounts.models import ApiKey, User


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def create_api_key(
    *, name: str, owner: User, scopes: Sequence[str], expires_at: datetime | None, at: datetime
) -> tuple[ApiKey, str]:
    """Return the stored row and the key itself, which cannot be read again later."""
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
