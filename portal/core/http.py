"""Small typed helpers around a request."""

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from portal.accounts.models import User


def user_of(request: HttpRequest) -> "User":
    """Return the signed-in user; only for views behind ``login_required``."""
    return cast("User", request.user)


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether only a part of the page is wanted."""
    return request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted")


def next_url(request: HttpRequest, fallback: str) -> str:
    """Return the ``next`` parameter when it stays on this site, else ``fallback``."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else fallback
