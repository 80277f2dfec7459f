"""A signed definition, a team that takes handoffs, and a client with a key."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from portal.accounts.keys import create_api_key
from portal.accounts.models import ApiKey, Role, User
from scoring.definitions.services import seed_default
from tests.factories import make_team, make_user

SIGNED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ALL = [scope for scope, _ in ApiKey.SCOPES]


class Caller:
    """Speaks JSON with one key."""

    def __init__(self, key: str) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {key}"}

    def get(self, address: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{address}", headers=self.headers | headers)

    def post(self, address: str, data: Any, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1/{address}",
            data,
            content_type="application/json",
            headers=self.headers
            | {name.replace("_", "-"): value for name, value in headers.items()},
        )


def key_for(owner: User, scopes: list[str] | None = None) -> Caller:
    """Return a caller with a fresh key; its scopes are what the owner can have."""
    can = ALL if owner.sees_everything else [scope for scope in ALL if scope != "leads:write"]
    _, key = create_api_key(
        name="Test", owner=owner, scopes=scopes or can, expires_at=None, at=datetime.now(UTC)
    )
    return Caller(key)


@pytest.fixture
def caller(db: None) -> Caller:
    return key_for(make_user(role=Role.ADMIN))


@pytest.fixture
def ready(db: None) -> User:
    """Sign the default definition and make a team with one SDR, who is returned."""
    seed_default(
        by_marketing=make_user(role=Role.MARKETING_LEAD),
        by_sales=make_user(role=Role.SALES_LEAD),
        at=SIGNED,
    )
    return make_user(role=Role.SDR, team=make_team(is_default=True))
