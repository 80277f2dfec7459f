"""One handoff with the evidence that froze with it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers

from leads.database.models import Gate
from leads.handoffs.api import READ, HandoffSerializer, visible_handoffs
from leads.handoffs.models import Handoff, HandoffQuerySet
from portal.core.api import Instant
from scoring.engine.models import Evidence


class EvidenceSerializer(serializers.ModelSerializer[Evidence]):
    """Why the handoff was made, as it stood then; it never changes."""

    version = serializers.IntegerField(source="version.number")
    agreement = serializers.CharField(source="version.agreement.slug")
    as_of = Instant()
    fit = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    engagement = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    gates = serializers.SerializerMethodField(help_text="Open ones: mql, sales_ready, fast_track.")
    document = serializers.DictField(
        help_text="Lines of the explanation, keys of the fired rules, facts and activities."
    )

    class Meta:
        model = Evidence
        fields = read_only_fields = [
            "kind", "agreement", "version", "as_of", "total", "grade", "fit", "engagement",
            "gates", "document",
        ]  # fmt: skip

    def get_fit(self, evidence: Evidence) -> float:
        return evidence.fit / 100

    def get_engagement(self, evidence: Evidence) -> float:
        return evidence.engagement / 100

    def get_gates(self, evidence: Evidence) -> list[str]:
        return [gate.name.lower() for gate in Gate if evidence.gates & gate]


class HandoffDetailSerializer(HandoffSerializer):
    """A handoff with its evidence; an imported one may have none."""

    evidence = EvidenceSerializer(allow_null=True, default=None)

    class Meta(HandoffSerializer.Meta):
        fields = read_only_fields = [*HandoffSerializer.Meta.fields, "evidence"]


class HandoffDetail(generics.RetrieveAPIView[Handoff]):
    """One handoff that the key's owner may see, with its frozen evidence."""

    scopes = {"GET": READ}
    serializer_class = HandoffDetailSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> HandoffQuerySet:
        return visible_handoffs(self.request).select_related("evidence__version__agreement")

    @extend_schema(operation_id="handoffs_read", summary="Read a handoff")
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)
