"""Reading leads over the API."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leads.database.facts import current_facts
from leads.database.models import Gate, Lead, LeadQuerySet, Stage, Standing
from portal.accounts.api import owner_of
from portal.accounts.models import User
from portal.core.api import Changes, Instant, problem, read_query
from portal.core.text import email_key

READ = "leads:read"


class StandingSerializer(serializers.ModelSerializer[Standing]):
    """The score as it stands; all null until the lead is scored for the first time."""

    fit = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    engagement = serializers.SerializerMethodField(help_text="Points, in hundredths exact.")
    gates = serializers.SerializerMethodField(help_text="Open ones: mql, sales_ready, fast_track.")
    version = serializers.IntegerField(source="version.number", allow_null=True)
    scored_at = Instant(allow_null=True)

    class Meta:
        model = Standing
        fields = read_only_fields = [
            "total", "grade", "fit", "engagement", "gates", "version", "scored_at",
        ]  # fmt: skip

    def get_fit(self, standing: Standing) -> float | None:
        return None if standing.fit is None else standing.fit / 100

    def get_engagement(self, standing: Standing) -> float | None:
        return None if standing.engagement is None else standing.engagement / 100

    def get_gates(self, standing: Standing) -> list[str]:
        return [gate.name.lower() for gate in Gate if standing.has_gate(gate)]


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """One lead as lists show it."""

    id = serializers.UUIDField(source="public_id")
    company = serializers.CharField(source="company.name", default=None, allow_null=True)
    source = serializers.CharField(  # type: ignore[assignment]  # DRF keeps an argument there
        source="source.name", default=None, allow_null=True
    )
    campaign = serializers.CharField(source="campaign.name", default=None, allow_null=True)
    owner = serializers.EmailField(source="owner.email", default=None, allow_null=True)
    standing = StandingSerializer()
    created_at = Instant(allow_null=True)
    updated_at = Instant(source="standing.changed_at", help_text="The lead’s or its score’s.")
    merged_into = serializers.SerializerMethodField(
        help_text="The lead that stays; only `updated_since` lists merged ones."
    )

    class Meta:
        model = Lead
        fields = read_only_fields = [
            "id", "name", "email", "phone", "company", "external_source", "external_id", "source",
            "campaign", "stage", "owner", "standing", "created_at", "recycle_on",
            "do_not_email", "do_not_call", "updated_at", "merged_into",
        ]  # fmt: skip

    def get_merged_into(self, lead: Lead) -> UUID | None:
        return lead.duplicate_of.public_id if lead.duplicate_of else None


class LeadDetailSerializer(LeadSerializer):
    """One lead with what is known of it now, by name of the fact."""

    facts = serializers.SerializerMethodField()

    class Meta(LeadSerializer.Meta):
        fields = read_only_fields = [*LeadSerializer.Meta.fields, "facts"]

    @extend_schema_field(serializers.DictField(child=serializers.JSONField()))
    def get_facts(self, lead: Lead) -> dict[str, str | int]:
        return current_facts([lead.pk], at=timezone.now())[lead.pk]


class LeadQuery(Changes):
    """What the list of leads may be narrowed by."""

    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    email = serializers.CharField(required=False, max_length=254)
    external_source = serializers.CharField(required=False, max_length=40)
    external_id = serializers.CharField(required=False, max_length=64)
    owner = serializers.EmailField(required=False, help_text="The owner's e-mail.")


class LeadList(generics.ListAPIView[Lead]):
    """Leads that the key's owner may see, newest first; with ``updated_since`` in the order in
    which they changed, merged and erased ones too.
    """

    scopes = {"GET": READ}
    serializer_class = LeadSerializer

    @property
    def order(self) -> tuple[str, ...]:
        is_following = "updated_since" in self.request.query_params
        return ("standing__changed_at", "pk") if is_following else ("-pk",)

    def get_queryset(self) -> LeadQuerySet:
        asked = read_query(self.request, LeadQuery)
        if (since := asked.get("updated_since")) is None:
            return narrowed(visible_leads(owner_of(self.request)), asked)
        rows = with_related(Lead.objects.visible_to(owner_of(self.request)))
        return narrowed(rows, asked).filter(standing__changed_at__gte=since)

    @extend_schema(operation_id="leads_list", summary="List leads", parameters=[LeadQuery])
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)


class LeadDetail(generics.RetrieveAPIView[Lead]):
    """One lead that the key's owner may see, with its standing and facts."""

    scopes = {"GET": READ}
    serializer_class = LeadDetailSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> LeadQuerySet:
        return visible_leads(owner_of(self.request))

    @extend_schema(
        operation_id="leads_read",
        summary="Read a lead",
        responses={
            200: LeadDetailSerializer,
            307: OpenApiResponse(
                description="It was merged: `Location` names the lead that stays."
            ),
        },
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            answer: Response = super().get(request, *args, **kwargs)
        except Http404:
            if (stays := self._stays()) is None:
                raise
            sentence = _("This lead was merged into another. Read that one instead.")
            answer = problem(307, sentence, code="merged", lead=str(stays))
            answer["Location"] = reverse("api-lead", args=[stays])
        return answer

    def _stays(self) -> UUID | None:
        """Return whom the asked lead became part of, if the key's owner may see that."""
        gone = Lead.objects.filter(public_id=self.kwargs["public_id"])
        kept = visible_leads(owner_of(self.request)).filter(pk__in=gone.values("duplicate_of"))
        return kept.values_list("public_id", flat=True).first()


def visible_leads(user: User) -> LeadQuerySet:
    return with_related(Lead.objects.visible_to(user).listed())


def with_related(rows: LeadQuerySet) -> LeadQuerySet:
    """Load what a lead shows besides its own columns."""
    related = ("company", "source", "campaign", "owner", "standing__version", "duplicate_of")
    return rows.select_related(*related)


def narrowed(rows: LeadQuerySet, asked: dict[str, Any]) -> LeadQuerySet:
    """Apply the filters; each is served by an index."""
    found: dict[str, Any] = {
        name: asked[name] for name in ("external_source", "external_id") if name in asked
    }
    if "stage" in asked:
        found["standing__stage"] = asked["stage"]
    if "email" in asked:
        found["email_key"] = email_key(asked["email"])
    if "owner" in asked:
        found["standing__owner__email"] = email_key(asked["owner"])
    return rows.filter(**found)
