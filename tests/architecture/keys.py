"""API keys for the guards, each with the scopes that a test is about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_urlsafe

from portal.accounts.models import ApiKey, Role
from tests.architecture.world import World


def scopes() -> list[str]:
    return [scope for scope, _ in ApiKey.SCOPES]


def key_headers(world: World, granted: Sequence[str], role: str = Role.ADMIN) -> dict[str, str]:
    """Return the headers of a fresh key of this role's person."""
    secret = token_urlsafe(24)
    ApiKey.objects.create(
        name="Guard",
        owner=world.people[str(role)],
        prefix=secret[:8],
        key_sha256=sha256(secret.encode()).hexdigest(),
        scopes=list(granted),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return {"Authorization": f"Bearer {secret}"}
