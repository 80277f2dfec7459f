"""Reading a version in over the API, as a draft that nobody has signed.

Nobody proposes, signs or withdraws by a key: that is a person's act, at a page, with a password.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.api import key_of
from portal.agreements.api import VersionList, VersionSerializer, versions
from portal.agreements.drafts import InvalidClause
from portal.agreements.exchange import DEEPEST, import_version, sentences_of
from portal.agreements.registry import is_kind
from portal.core.api import LimitedJSONParser, StrictSerializer, problem
from portal.core.idempotency import answer_once, begin

WRITE = "agreements:write"
KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A key of your own: a request repeated within 24 hours makes no second draft.",
)


class VersionFile(StrictSerializer):
    """A version as a file, the same as its page writes and reads."""

    format = serializers.CharField(help_text="Always alignment-agreement.")
    edition = serializers.IntegerField(help_text="1.")
    kind = serializers.CharField(help_text="definition or terms.")
    name = serializers.CharField(required=False, help_text="Of a segment: which, or a new one.")
    number = serializers.IntegerField(required=False, allow_null=True, help_text="Not read.")
    sha256 = serializers.CharField(required=False, allow_blank=True, help_text="Not read.")
    note = serializers.CharField(required=False, allow_blank=True, help_text="Why this version.")
    clauses = serializers.ListField(
        child=serializers.DictField(), help_text="1 to 200: key, kind, position, body, rationale."
    )


class VersionFileParser(LimitedJSONParser):
    """Conditions may stand in conditions: a file is nested more deeply than other requests."""

    deepest = DEEPEST + 2  # the clauses stand two levels down


class Versions(VersionList):
    """Versions: the list, and the way in for a draft."""

    scopes = {**VersionList.scopes, "POST": WRITE}
    parser_classes = [VersionFileParser]

    @extend_schema(
        operation_id="versions_import",
        summary="Read a version in as a draft",
        request=VersionFile,
        parameters=[KEY_HEADER],
        responses={201: VersionSerializer},
    )
    def post(self, request: Request) -> Response:
        at, key = timezone.now(), key_of(request)
        header = request.headers.get("Idempotency-Key", "")
        content = json.dumps(request.data).encode()
        kind = request.data.get("kind") if isinstance(request.data, Mapping) else None
        if not is_kind(kind):
            return _wrong([_("Say of which kind the version is: “kind” is definition or terms.")])

        def read_in() -> tuple[int, Any]:
            made = import_version(content, kind=str(kind), by=key.owner, at=at)
            return 201, VersionSerializer(versions().get(pk=made.pk)).data

        once = begin(caller=f"key:{key.pk}", key=header, request=request.data, at=at)
        try:
            status, body = answer_once(once, read_in)
        except InvalidClause as refusal:
            return _wrong(sentences_of(refusal))
        replayed = {} if once.is_first else {"Idempotent-Replay": "true"}
        return Response(body, status=status, headers=replayed)


def _wrong(sentences: list[str]) -> Response:
    """Refuse a file: a sentence for each thing to mend, nothing kept."""
    return problem(422, " ".join(sentences), code="invalid", errors={"clauses": sentences})
