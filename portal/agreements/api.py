"""Reading versions of agreements over the API: what was signed, by whom, over which hash."""

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.generics import get_object_or_404

from portal.agreements.models import Signature, Version, VersionQuerySet
from portal.agreements.proof import verify
from portal.core.api import ChangesOfFew, Instant, read_query

READ = "leads:read"


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    """One side's name under one text."""

    signer = serializers.CharField(source="signer.name")
    at = Instant()
    voided_at = Instant(allow_null=True)

    class Meta:
        model = Signature
        fields = read_only_fields = ["side", "signer", "role", "sha256", "at", "voided_at"]


class VersionSerializer(serializers.ModelSerializer[Version]):
    """One version as lists show it."""

    agreement = serializers.CharField(source="agreement.slug")
    kind = serializers.CharField(source="agreement.kind")
    name = serializers.CharField(source="agreement.name")
    state = serializers.ChoiceField(choices=["draft", "proposed", "signed", "withdrawn"])
    is_in_force = serializers.SerializerMethodField()
    proposed_at = Instant(allow_null=True)
    effective_from = Instant(allow_null=True)

    class Meta:
        model = Version
        fields = read_only_fields = [
            "agreement", "kind", "name", "number", "state", "is_in_force", "note", "sha256",
            "proposed_at", "effective_from",
        ]  # fmt: skip

    def get_is_in_force(self, version: Version) -> bool:
        return version.pk == getattr(version, "in_force", None)


class VersionDetailSerializer(VersionSerializer):
    """A version with its signed text (canonical JSON), signatures, and whether they still hold."""

    signatures = SignatureSerializer(many=True)
    problems = serializers.SerializerMethodField(help_text="Empty when text, hash and names agree.")

    class Meta(VersionSerializer.Meta):
        fields = read_only_fields = [
            *VersionSerializer.Meta.fields, "signed_text", "signatures", "problems",
        ]  # fmt: skip

    def get_problems(self, version: Version) -> list[str]:
        return verify(version)


class VersionQuery(ChangesOfFew):
    """What the list of versions may be narrowed by."""

    agreement = serializers.SlugField(required=False, max_length=60)
    is_signed = serializers.BooleanField(required=False)


def versions() -> VersionQuerySet:
    """Versions with the id of the one that is in force of the same agreement now."""
    newest = Version.objects.effective(timezone.now()).filter(agreement=OuterRef("agreement"))
    in_force = Subquery(newest.values("pk")[:1])
    return Version.objects.select_related("agreement").annotate(in_force=in_force)


def _touched(since: datetime, at: datetime) -> Q:
    """Edited, proposed, signed, voided, withdrawn or come into force at or after ``since``."""
    own = Q(changed_at__gte=since) | Q(proposed_at__gte=since) | Q(withdrawn_at__gte=since)
    signed = Signature.objects.filter(Q(at__gte=since) | Q(voided_at__gte=since))
    came = Q(effective_from__gte=since, effective_from__lte=at)
    return own | came | Q(pk__in=signed.values("version"))


class VersionList(generics.ListAPIView[Version]):
    """Versions of definitions and terms, newest first."""

    scopes = {"GET": READ}
    serializer_class = VersionSerializer
    order = ("-pk",)

    def get_queryset(self) -> VersionQuerySet:
        asked = read_query(self.request, VersionQuery)
        rows = versions()
        if "agreement" in asked:
            rows = rows.filter(agreement__slug=asked["agreement"])
        if "is_signed" in asked:
            rows = rows.filter(effective_from__isnull=not asked["is_signed"])
        if "updated_since" in asked:
            rows = rows.filter(_touched(asked["updated_since"], timezone.now()))
        return rows

    @extend_schema(operation_id="versions_list", summary="List versions", parameters=[VersionQuery])
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)


class VersionDetail(generics.RetrieveAPIView[Version]):
    """One version, word for word as it was signed."""

    scopes = {"GET": READ}
    serializer_class = VersionDetailSerializer

    def get_object(self) -> Version:
        rows = versions().prefetch_related("signatures__signer")
        named = {"agreement__slug": self.kwargs["agreement"], "number": self.kwargs["number"]}
        return get_object_or_404(rows, **named)

    @extend_schema(operation_id="versions_read", summary="Read a version")
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)
