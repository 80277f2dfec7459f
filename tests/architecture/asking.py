"""Asking addresses as somebody, and reading from the answer whether they were let in."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Role
from tests.architecture.world import ANONYMOUS

ROLES = [ANONYMOUS, *map(str, Role)]
OTHER_METHODS = ("put", "patch", "delete")
TURNED_AWAY = {
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
}  # fmt: skip


def ask(client: Client, method: str, address: str, **more: Any) -> HttpResponseBase:
    """Send one request and take back whatever it wrote, so that the next one finds the same."""
    with transaction.atomic():
        response: HttpResponseBase = getattr(client, method)(address, **more)
        transaction.set_rollback(True)
    assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, f"{method} {address}"
    return response


def is_let_in(response: HttpResponseBase) -> bool:
    """Tell whether the request reached the page: not turned away, not sent to sign in."""
    to = urlsplit(response.headers.get("Location", ""))
    sign_in = {str(settings.LOGIN_URL), reverse("admin:login")}
    sent_to_sign_in = to.path in sign_in and "next=" in to.query
    return not sent_to_sign_in and response.status_code not in TURNED_AWAY
