"""What a version would make of everybody, for machines: the numbers of the page beside a draft."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.agreements.api import READ
from portal.core.api import Instant, StrictSerializer, problem
from portal.core.errors import DomainError
from scoring.engine.warming import ColumnsCold
from scoring.rules.definition import GATES, Definition
from scoring.rules.lint import lint
from scoring.workshop.drafts import Beside, beside, segments
from scoring.workshop.preview import FACT_SPLITS, MEASURES, Preview, Split, preview

SPLITS = ("source", "segment", *FACT_SPLITS)
AGAIN = 5  # seconds, while a worker builds the columns


class PreviewQuery(StrictSerializer):
    """By what leads are told apart."""

    by = serializers.ChoiceField(choices=SPLITS, required=False, default="source")


class PreviewSerializer(serializers.Serializer[Any]):
    """Counts of leads. Where nothing is in force yet, `before` and its counts are null."""

    version = serializers.IntegerField()
    before = serializers.IntegerField(allow_null=True, help_text="What it stands beside.")
    as_of = Instant()
    leads = serializers.IntegerField(help_text="To whom one of the two versions applies.")
    gates = serializers.DictField(help_text="By gate: before, draft, enters, leaves.")
    grades = serializers.DictField(help_text="By grade, A1 to C3: before, draft.")
    spread = serializers.DictField(
        help_text="Of total, fit and engagement: leads with each whole number of points, from"
        " lowest on, under this version."
    )
    by = serializers.CharField(help_text="As asked for.")
    parts = serializers.ListField(child=serializers.DictField(), help_text="The largest first.")
    checks = serializers.ListField(
        child=serializers.DictField(), help_text="What the lint says: code, level, sentence."
    )


class PreviewDetail(APIView):
    """What a version makes of everybody now, beside the version in force. Exact, never stored."""

    scopes = {"GET": READ}

    @extend_schema(
        operation_id="preview_read",
        summary="Preview a version",
        parameters=[PreviewQuery],
        responses={200: PreviewSerializer},
    )
    def get(self, request: Request, number: int) -> Response:
        at, asked = timezone.now(), PreviewQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        by = asked.validated_data["by"]
        shown = beside(number, at=at)
        if shown.draft is None:
            raise DomainError(" ".join(str(sentence) for sentence in shown.problems))
        split = Split(by, segments(at)) if by == "segment" else Split(by)
        try:
            found = preview(shown.draft, shown.before, among=shown.among, at=at, split=split)
        except ColumnsCold:
            sentence = _("The columns of all leads are being built. Ask again in some seconds.")
            answer = problem(503, sentence, code="columns_cold")
            answer["Retry-After"] = str(AGAIN)
            return answer
        return Response(PreviewSerializer(answer_of(shown, shown.draft, found, by)).data)


def answer_of(shown: Beside, draft: Definition, found: Preview, by: str) -> dict[str, Any]:
    """Return the numbers of a preview by name."""
    base = shown.before_version or (shown.instead and shown.instead.version)
    old, new = found.before, found.draft
    gates = _both(old.gates if old else None, new.gates)
    for name in GATES:
        gates[name] |= {
            "enters": found.enters[name] if old else None,
            "leaves": found.leaves[name] if old else None,
        }
    return {
        "version": shown.version.number,
        "before": base.number if base and old else None,
        "as_of": found.as_of,
        "leads": found.leads,
        "gates": gates,
        "grades": _both(old.grades if old else None, new.grades),
        "spread": {
            name: {"lowest": new.spread[name].lowest, "counts": new.spread[name].counts.tolist()}
            for name in MEASURES
        },
        "by": by,
        "parts": [
            {
                "label": part.label,
                "leads": part.leads,
                "gates": _both(part.before if old else None, part.draft),
            }
            for part in found.parts
        ],
        "checks": [
            {"code": one.code, "level": one.level, "sentence": str(one.sentence)}
            for one in lint(draft)
        ],
    }


def _both(
    before: Mapping[str, int] | None, draft: Mapping[str, int]
) -> dict[str, dict[str, int | None]]:
    return {
        name: {"before": before[name] if before else None, "draft": count}
        for name, count in draft.items()
    }
