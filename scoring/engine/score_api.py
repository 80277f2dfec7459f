"""One lead's score under any version at any instant, line by line, over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leads.database.api import READ, visible_leads
from portal.accounts.api import owner_of
from portal.agreements.models import Version
from portal.core.api import Instant, StrictSerializer
from portal.core.errors import DomainError
from scoring.definitions.services import KIND
from scoring.engine.retold import Counted, Retold, RetoldGate, RetoldLine, retell


class ScoreQuery(StrictSerializer):
    """Which version, and when. Without them: the one in force then, and now."""

    at = serializers.DateTimeField(required=False, help_text="An instant that has passed.")
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    agreement = serializers.SlugField(required=False, default="definition")

    def validate_at(self, at: Any) -> Any:
        if at > timezone.now():
            raise serializers.ValidationError(
                _("This instant is still to come. Choose one that has passed.")
            )
        return at


class CountedSerializer(serializers.Serializer[Counted]):
    """An activity that counts, with its points after decay and before caps."""

    id = serializers.IntegerField(source="activity.pk")
    kind = serializers.CharField(source="activity.registered.name")
    object = serializers.SerializerMethodField()
    occurred_at = Instant(source="activity.occurred_at")
    points = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    decay_steps = serializers.IntegerField(source="steps")

    def get_object(self, one: Counted) -> str | None:
        return None if one.activity.object is None else str(one.activity.object)

    def get_points(self, one: Counted) -> float:
        return one.points / 100


class ScoreLineSerializer(serializers.Serializer[RetoldLine]):
    """One line: those of the kinds factor, floor, cap and rounding add up to the others."""

    kind = serializers.CharField(source="line.kind")
    text = serializers.CharField(source="line.text")
    rule = serializers.CharField(source="line.rule")
    group = serializers.CharField(source="line.group")
    points = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    activities = CountedSerializer(many=True)
    facts = serializers.SerializerMethodField(help_text="Values that a condition met, by fact.")

    def get_points(self, one: RetoldLine) -> float:
        return one.line.points / 100

    def get_facts(self, one: RetoldLine) -> dict[str, Any]:
        return dict(one.facts)


class GateSerializer(serializers.Serializer[RetoldGate]):
    """A gate, what keeps it closed, in sentences, and what alone would open it."""

    key = serializers.CharField()
    is_open = serializers.BooleanField()
    missing = serializers.ListField(child=serializers.CharField())
    ways = serializers.SerializerMethodField(
        help_text="Keys of the rules of which one more count alone would open it."
    )

    def get_ways(self, one: RetoldGate) -> list[str]:
        return [rule.key for rule in one.ways]


class ScoreSerializer(serializers.Serializer[Retold]):
    """A score in lines that add up."""

    agreement = serializers.CharField(source="version.agreement.slug")
    version = serializers.IntegerField(source="version.number")
    as_of = Instant()
    total = serializers.IntegerField(source="standing.total")
    grade = serializers.CharField(source="standing.grade")
    fit = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    engagement = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    lines = ScoreLineSerializer(many=True)
    gates = GateSerializer(many=True)

    def get_fit(self, one: Retold) -> float:
        return one.standing.fit / 100

    def get_engagement(self, one: Retold) -> float:
        return one.standing.engagement / 100


class LeadScore(generics.GenericAPIView[Any]):
    """Why one lead that the key's owner may see scores what it does, at any instant."""

    scopes = {"GET": READ}
    serializer_class = ScoreSerializer

    @extend_schema(
        operation_id="leads_score",
        summary="Explain a lead’s score",
        parameters=[ScoreQuery],
        responses={200: ScoreSerializer},
    )
    def get(self, request: Request, public_id: Any) -> Response:
        lead = get_object_or_404(visible_leads(owner_of(request)), public_id=public_id)
        given = ScoreQuery(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        version = None
        if "version" in asked:
            signed = Version.objects.of_kind(KIND).signed().select_related("agreement")
            version = get_object_or_404(
                signed, agreement__slug=asked["agreement"], number=asked["version"]
            )
        found = retell(lead, at=asked.get("at", timezone.now()), version=version)
        if found is None:
            raise DomainError(_("No definition was in force then. Name a version."))
        return Response(ScoreSerializer(found).data)
