"""Who calls the API, and what the key allows."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.accounts.keys import SENDS, hash_key, not_a_sender
from portal.accounts.models import ApiKey, User
from portal.core.errors import NotAllowed
from portal.core.prepared import Prepared
from portal.core.throttle import count_knock

if TYPE_CHECKING:  # views import this module while they are being made
    from rest_framework.views import APIView

_usable = Prepared(
    lambda at, sha256: ApiKey.objects.usable(at).select_related("owner").filter(key_sha256=sha256),
    datetime,
    str,
)
SEEN_EVERY = timedelta(minutes=1)  # last_used_at is a hint, not worth a write a request


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <key>``; the key acts as its owner."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        word, _, given = get_authorization_header(request).decode("latin-1").partition(" ")
        if word.lower() != "bearer" or not given:
            return None
        at = timezone.now()
        found: list[ApiKey] = _usable(at, hash_key(given.strip()))
        if not found:
            raise exceptions.AuthenticationFailed
        (key,) = found
        count = count_knock(f"api:{key.pk}", at=at)
        if count > settings.API_REQUESTS_PER_MINUTE:
            raise exceptions.Throttled(wait=60 - at.second)
        if key.last_used_at is None or at - key.last_used_at > SEEN_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The view names the scope that each method needs: ``scopes = {"GET": "leads:read"}``."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiKey):
            raise exceptions.NotAuthenticated
        scopes: dict[str, str] = getattr(view, "scopes", {})
        needed = scopes.get(request.method or "")
        if needed is None:
            return True  # answered by 405, or by the description of OPTIONS
        if needed == SENDS and not request.auth.owner.sees_everything:
            raise NotAllowed(not_a_sender())
        return needed in request.auth.scopes


def key_of(request: Request) -> ApiKey:
    """Return the key that asks; only behind ``HasScope``."""
    return cast("ApiKey", request.auth)


def owner_of(request: Request) -> User:
    """Return the person whom the key acts for; only behind ``HasScope``."""
    return key_of(request).owner
