"""The API's refusals: problem details (RFC 9457) in whole sentences."""

import math
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from portal.core.errors import DomainError

SENTENCES = {
    400: _("The request could not be read. Send valid JSON."),
    401: _("Send a valid API key: Authorization: Bearer <key>."),
    403: _("This key may not do that. Ask an admin for a key with the scope it needs."),
    404: _("There is nothing here that this key may see."),
    405: _("This address does not take this method."),
    406: _("The API answers JSON only."),
    415: _("Send JSON with Content-Type: application/json."),
    422: _("Some values cannot be used. See errors, mend them and send again."),
    429: _("Too many requests. Wait for the seconds in Retry-After, then go on."),
}


def problem(status: int, detail: str, *, code: str = "", **more: Any) -> Response:
    """Return one problem-details answer."""
    body = {
        "type": f"about:blank#{code}" if code else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return Response(body, status=status, content_type="application/problem+json")


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal becomes a sentence; bugs stay 500s."""
    if isinstance(error, DomainError):
        return problem(error.status, str(error), code=error.code)
    if isinstance(error, ValidationError | exceptions.ValidationError):
        errors = as_serializer_error(error)
        return problem(422, str(SENTENCES[422]), code="invalid", errors=errors)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    return _refusal(error) if isinstance(error, exceptions.APIException) else None


def _refusal(error: exceptions.APIException) -> Response:
    sentence = SENTENCES.get(error.status_code, error.detail)
    answer = problem(error.status_code, str(sentence), code=error.default_code)
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(math.ceil(wait))
    return answer
