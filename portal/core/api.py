"""What every address of the API shares: how it reads, refuses, names instants and pages."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, timedelta
from http import HTTPStatus
from typing import IO, Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db.models import Model
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, serializers
from rest_framework.pagination import BasePagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.utils.urls import replace_query_param

from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.paging import Page, is_cursor, keyset_page

LATE_COMMITS = timedelta(minutes=10)  # rows are stored out of the order of their instants
DEEPEST = 8  # levels of JSON; the deepest request of the API has four
SENTENCES = {
    400: gettext_lazy("The request could not be read. Send valid JSON in UTF-8."),
    401: gettext_lazy("Send a valid API key: Authorization: Bearer <key>."),
    403: gettext_lazy("This key may not do that. Ask an admin for a key with the scope it needs."),
    404: gettext_lazy("There is nothing here that this key may see."),
    405: gettext_lazy("This address does not take this method. Use one of those in Allow."),
    406: gettext_lazy("The API answers JSON only. Accept application/json."),
    413: gettext_lazy("The request is too large. Send fewer items at once."),
    415: gettext_lazy("Send JSON with Content-Type: application/json."),
    422: gettext_lazy("Some values cannot be used. See errors, mend them and send again."),
    429: gettext_lazy("Too many requests. Wait for the seconds in Retry-After, then go on."),
}


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class Unreadable(exceptions.ParseError):
    """JSON that is valid and still not taken; the sentence says why."""

    default_code = "unreadable"


def problem(status: int, detail: str, *, code: str = "", **more: Any) -> Response:
    """Return one problem-details answer (RFC 9457)."""
    body = {
        "type": f"about:blank#{code}" if code else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        **more,
    }
    return Response(body, status=int(status), content_type="application/problem+json")


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal becomes a sentence; bugs stay 500s."""
    if isinstance(error, DomainError):
        return _domain_problem(error)
    if isinstance(error, ValidationError | exceptions.ValidationError):
        errors = as_serializer_error(error)
        return problem(422, str(SENTENCES[422]), code="invalid", errors=errors)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge()
    return _refusal(error) if isinstance(error, exceptions.APIException) else None


def _domain_problem(error: DomainError) -> Response:
    field = getattr(error, "field", "")
    more = {"errors": {field: [str(error)]}} if field else {}
    return problem(error.status, str(error), code=error.code, **more)


def _refusal(error: exceptions.APIException) -> Response:
    own = isinstance(error, Unreadable)
    sentence = error.detail if own else SENTENCES.get(error.status_code, error.detail)
    answer = problem(error.status_code, str(sentence), code=error.default_code)
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(math.ceil(wait))
    return answer


class LimitedJSONParser(JSONParser):
    """JSON in UTF-8, no deeper than an honest request is; Django limits its size."""

    deepest = DEEPEST

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read()
        try:
            given = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        except RecursionError:
            raise Unreadable(_too_deep(self.deepest)) from None
        except ValueError as error:
            raise exceptions.ParseError from error
        if _depth(given) > self.deepest:
            raise Unreadable(_too_deep(self.deepest))
        if b"\\ud" in body.lower() and not _is_text(given):
            raise Unreadable(_("The JSON holds half a surrogate pair, which is no character."))
        return given


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _too_deep(levels: int) -> str:
    return _("The JSON has more than %(levels)d levels. Send it flatter.") % {"levels": levels}


def _is_text(given: Any) -> bool:
    """Whether all strings of ``given`` can be written down in UTF-8."""
    try:
        json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(given: Any) -> int:
    """Return how many levels of lists and objects ``given`` has, without recursion."""
    depth, level = 0, [given]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses names it does not know: a misspelt field would be lost without a word."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name)[:60] for name in data.keys() - self.fields.keys())
            if unknown:
                known = ", ".join(name for name, one in self.fields.items() if not one.read_only)
                sentence = _("There is no such field. Use some of: %(known)s.") % {"known": known}
                raise serializers.ValidationError({name: [sentence] for name in unknown[:20]})
        return super().to_internal_value(data)


class QuerySerializer(StrictSerializer):
    """Reads a list's filters from the query string; paging adds its own two."""

    cursor = serializers.CharField(
        required=False, help_text="From `next` or `previous` of another page."
    )
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=200, help_text="Rows of a page, 50 if not said."
    )


class Changes(QuerySerializer):
    """A list's filters, and from when on one wants to know what changed."""

    updated_since = serializers.DateTimeField(
        required=False,
        default_timezone=UTC,
        help_text="Only what changed at or after this instant, the longest unchanged first.",
    )


class ChangesOfFew(Changes):
    """The same for short lists, which stay in their own order."""

    updated_since = serializers.DateTimeField(
        required=False,
        default_timezone=UTC,
        help_text="Only what changed at or after this instant.",
    )


class Instant(serializers.DateTimeField):
    """An instant with its offset; without one it is UTC. Answered in UTC, in whole seconds."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("format", "%Y-%m-%dT%H:%M:%SZ")
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.fail("invalid", format="2026-03-02T09:00:00Z")
        return super().to_internal_value(value)


class KeysetPages(BasePagination):
    """Pages by keyset. The view says ``order``; a cursor that nobody made is refused."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        asked = request.query_params
        cursor, size = asked.get("cursor", ""), int(asked.get("page_size") or 50)
        if cursor and not is_cursor(cursor, queryset.model, view.order):
            sentence = _("This is no cursor of this list. Take it from next or previous.")
            raise serializers.ValidationError({"cursor": [sentence]})
        self.address = request.build_absolute_uri()
        self.is_following = "updated_since" in asked
        self.begun_at = timezone.now()
        self.page: Page[Model] = keyset_page(queryset, order=view.order, cursor=cursor, size=size)
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self._link(self.page.next), "previous": self._link(self.page.previous)}
        if self.is_following:
            # What is being written just now bears an instant that has passed once it is stored.
            again = whole_second(self.begun_at - LATE_COMMITS)
            links["next_updated_since"] = again.strftime("%Y-%m-%dT%H:%M:%SZ")
        return Response({**links, "results": data})

    def _link(self, cursor: str) -> str | None:
        return replace_query_param(self.address, "cursor", cursor) if cursor else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link,
                "previous": link,
                "next_updated_since": {
                    "type": "string",
                    "format": "date-time",
                    "description": "With `updated_since`: what to ask with the next time.",
                },
                "results": schema,
            },
        }


def read_query(request: Request, serializer: type[QuerySerializer]) -> dict[str, Any]:
    """Return the checked query parameters. Raises a 422 for unknown or unusable ones."""
    given = serializer(data=request.query_params.dict())
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
