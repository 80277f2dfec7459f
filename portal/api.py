"""Everything under /api/v1/: apps gather their rooms' addresses; the schema describes them all."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.agreements.api import VersionDetail
from portal.agreements.import_api import Versions
from portal.api_examples import EXAMPLES
from portal.core.api import SENTENCES
from portal.watches.api import AlertList


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes our keys."""

    target_class = "portal.accounts.api.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key made by an admin: Authorization: Bearer ap_…",
        }


@extend_schema(exclude=True)
class Nothing(APIView):
    """Every other address below /api/v1/, answered in JSON like the rest."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound


def add_examples(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Schema hook: what one sends and is answered, for each operation."""
    for ways in result["paths"].values():
        for operation in ways.values():
            example = EXAMPLES[operation["operationId"]]
            if example.sent is not None:
                content = operation["requestBody"]["content"]["application/json"]
                content["examples"] = {"usual": {"value": example.sent}}
            for status in ("200", "201"):
                if status in operation["responses"]:
                    content = operation["responses"][status]["content"]["application/json"]
                    content["examples"] = {"usual": {"value": example.answered}}
    return result


def describe_refusals(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Schema hook: every operation also answers problem details, with our own sentences."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for ways in result["paths"].values():
        for way, operation in ways.items():
            always = [401, 403, 404, 405, 406, 422, 429]
            sends = [400, 409, 413, 415] if way == "post" else []
            for status in sorted(always + sends):
                operation["responses"][str(status)] = _refusal(status)
    return result


PROBLEM = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457), in a whole sentence.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do next."},
        "errors": {"type": "object", "description": "Sentences by field."},
        "disposition": {"type": "object", "description": "The decision that counts already."},
    },
}


def _refusal(status: int) -> dict[str, Any]:
    detail = str(SENTENCES.get(status, "Somebody was faster. See detail."))
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": detail, "content": {"application/problem+json": content}}


OPEN = {"authentication_classes": [], "permission_classes": [AllowAny]}
schema = login_required(SpectacularJSONAPIView.as_view(**OPEN))
script = SpectacularSwaggerSplitView.as_view(url_name="api-schema", **OPEN)


@login_required
@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """The page on which one reads and tries every operation; its script comes from here too."""
    if "script" in request.GET:
        return script(request)
    return render(request, "portal/api/docs.html")


urlpatterns = [
    path("", include("leads.api")),
    path("", include("scoring.api")),
    path("alerts/", AlertList.as_view(), name="api-alerts"),
    path("versions/", Versions.as_view(), name="api-versions"),
    path("versions/<slug:agreement>/<int:number>/", VersionDetail.as_view(), name="api-version"),
    path("schema/", schema, name="api-schema"),
    path("docs/", docs, name="api-docs"),
    re_path(r"^", Nothing.as_view(), name="api-nothing"),
]
