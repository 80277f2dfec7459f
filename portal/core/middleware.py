"""What every request gets: an id for its log lines, the reader's zone, designed refusals."""

import logging
import zoneinfo
from collections.abc import Callable
from contextvars import ContextVar
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.core.errors import DomainError
from portal.core.http import is_htmx

Answer = Callable[[HttpRequest], HttpResponse]
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Put the id of the request at hand on each log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class RequestIdMiddleware:
    """Give each request an id, answered in ``X-Request-Id`` and shown on error pages."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id.set(uuid4().hex[:12])
        response = self.get_response(request)
        response["X-Request-Id"] = request_id.get()
        return response


class ReaderZoneMiddleware:
    """Show instants in the reader's own zone; without a reader, in UTC."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "zone", "")
        if zone:
            with timezone.override(zoneinfo.ZoneInfo(zone)):
                return self.get_response(request)
        return self.get_response(request)


class RefusalMiddleware:
    """Answer a refusal that no view turned into its own page with a designed one."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        part = "errors/_refusal.html" if is_htmx(request) else "errors/refusal.html"
        return render(request, part, {"error": error}, status=error.status)
