"""Making keys: what is refused, and what is kept of one."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from portal.accounts.keys import create_api_key
from portal.accounts.models import ApiKey, Role
from tests.factories import make_user


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at"),
        ({"name": ""}, "name"),
        ({"role": Role.SDR}, "owner"),
    ],
)
def test_a_key_that_could_never_be_used_is_not_made(change, field) -> None:
    owner = make_user(role=change.pop("role", Role.ADMIN))
    usual = {"name": "CRM", "scopes": ["leads:write"], "expires_at": None}
    with pytest.raises(ValidationError) as refusal:
        create_api_key(**usual | change, owner=owner, at=datetime.now(UTC))
    assert field in refusal.value.message_dict


@pytest.mark.django_db
def test_a_key_is_long_and_kept_as_a_hash_only() -> None:
    at = datetime.now(UTC)
    row, key = create_api_key(
        name="CRM",
        owner=make_user(role=Role.ADMIN),
        scopes=["leads:read"],
        expires_at=at + timedelta(days=1),
        at=at,
    )
    assert len(key.removeprefix("ap_")) >= 43  # 256 bits
    kept = ApiKey.objects.filter(pk=row.pk).values().get()
    assert key not in str(kept)
    assert key.startswith(kept["prefix"])
