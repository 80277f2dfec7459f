"""Reading leads over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers

from leads.database.facts import current_facts
from leads.database.models import Gate, Lead, LeadQuerySet, Stage, Standing
from portal.accounts.api import owner_of
from portal.accounts.models import User
from portal.core.api import Instant, QuerySerializer, read_query
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

    class Meta:
        model = Lead
        fields = read_only_fields = [
            "id", "name", "email", "phone", "company", "external_source", "external_id", "source",
            "campaign", "stage", "owner", "standing", "created_at", "recycle_on",
            "do_not_email", "do_not_call",
        ]  # fmt: skip


class LeadDetailSerializer(LeadSerializer):
    """One lead with what is known of it now, by name of the fact."""

    facts = serializers.SerializerMethodField()

    class Meta(LeadSerializer.Meta):
        fields = read_only_fields = [*LeadSerializer.Meta.fields, "facts"]

    @extend_schema_field(serializers.DictField(child=serializers.JSONField()))
    def get_facts(self, lead: Lead) -> dict[str, str | int]:
        return current_facts([lead.pk], at=timezone.now())[lead.pk]


class LeadQuery(QuerySerializer):
    """What the list of leads may be narrowed by."""

    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    email = serializers.CharField(required=False, max_length=254)
    external_source = serializers.CharField(required=False, max_length=40)
    external_id = serializers.CharField(required=False, max_length=64)
    owner = serializers.EmailField(required=False, help_text="The owner's e-mail.")


class LeadList(generics.ListAPIView[Lead]):
    """Leads that the key's owner may see, newest first."""

    scopes = {"GET": READ}
    serializer_class = LeadSerializer
    order = ("-pk",)

    def get_queryset(self) -> LeadQuerySet:
        rows = visible_leads(owner_of(self.request))
        return narrowed(rows, read_query(self.request, LeadQuery))

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

    @extend_schema(operation_id="leads_read", summary="Read a lead")
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)


def visible_leads(user: User) -> LeadQuerySet:
    related = ("company", "source", "campaign", "owner", "standing__version")
    return Lead.objects.visible_to(user).listed().select_related(*related)


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
