"""Small typed helpers around a request."""

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from portal.accounts.models import User


def user_of(request: HttpRequest) -> "User":
    """Return the signed-in user; only for views behind ``login_required``."""
    return cast("User", request.user)


def address_of(request: HttpRequest) -> str:
    """Return the caller's network address; what a proxy says counts only where one stands.

    The proxy next to us appends the address it saw, so the last entry is the one to believe:
    those before it are the caller's own words.
    """
    if settings.BEHIND_PROXY:
        said = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if said:
            return str(said)[:45]
    return str(request.META.get("REMOTE_ADDR", ""))


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether only a part of the page is wanted."""
    wants_page = request.headers.get("HX-Boosted") or request.headers.get(
        "HX-History-Restore-Request"
    )
    return request.headers.get("HX-Request") == "true" and not wants_page


def next_url(request: HttpRequest, fallback: str) -> str:
    """Return the ``next`` parameter when it stays on this site, else ``fallback``."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else fallback
