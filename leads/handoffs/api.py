"""Reading handoffs over the API. What froze with one, its evidence, is scoring's to add."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers

from leads.handoffs.models import Handoff, HandoffQuerySet, Origin
from portal.accounts.api import owner_of
from portal.core.api import Changes, Instant, read_query
from portal.core.text import email_key

READ = "leads:read"


class HandoffSerializer(serializers.ModelSerializer[Handoff]):
    """One handoff as lists show it."""

    id = serializers.UUIDField(source="public_id")
    lead = serializers.UUIDField(source="lead.public_id")
    source = serializers.CharField(  # type: ignore[assignment]  # DRF keeps an argument there
        source="source.name", default=None, allow_null=True
    )
    campaign = serializers.CharField(source="campaign.name", default=None, allow_null=True)
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    owner = serializers.EmailField(source="owner.email", default=None, allow_null=True)
    checklist = serializers.ListField(
        child=serializers.CharField(),
        help_text="Answers of the call sheet without which it is not accepted.",
    )
    made_at = Instant(allow_null=True)
    routed_at = Instant(allow_null=True)
    due_at = Instant(allow_null=True, help_text="The nearest running clock's.")
    first_touch_at = Instant(allow_null=True)
    decided_at = Instant(allow_null=True)
    updated_at = Instant(source="changed_at")

    class Meta:
        model = Handoff
        fields = read_only_fields = [
            "id", "lead", "origin", "cause", "words", "made_at", "source", "campaign", "team",
            "owner", "routed_at", "total", "grade", "checklist", "due_at", "first_touch_at",
            "is_decided", "outcome", "decided_at", "updated_at",
        ]  # fmt: skip


class HandoffQuery(Changes):
    """What the list of handoffs may be narrowed by."""

    origin = serializers.ChoiceField(choices=Origin.choices, required=False)
    is_decided = serializers.BooleanField(required=False)
    outcome = serializers.ChoiceField(choices=["accepted", "rejected"], required=False)
    lead = serializers.UUIDField(required=False)
    owner = serializers.EmailField(required=False, help_text="The owner's e-mail.")


class HandoffList(generics.ListAPIView[Handoff]):
    """Handoffs that the key's owner may see, newest first; with ``updated_since`` in the order in
    which they changed.
    """

    scopes = {"GET": READ}
    serializer_class = HandoffSerializer

    @property
    def order(self) -> tuple[str, ...]:
        is_following = "updated_since" in self.request.query_params
        return ("changed_at", "pk") if is_following else ("-pk",)

    def get_queryset(self) -> HandoffQuerySet:
        rows = visible_handoffs(self.request)
        asked = read_query(self.request, HandoffQuery)
        same = ("origin", "is_decided", "outcome")
        found: dict[str, Any] = {name: asked[name] for name in same if name in asked}
        if "lead" in asked:
            found["lead__public_id"] = asked["lead"]
        if "owner" in asked:
            found["owner__email"] = email_key(asked["owner"])
        if "updated_since" in asked:
            found["changed_at__gte"] = asked["updated_since"]
        return rows.filter(**found)

    @extend_schema(operation_id="handoffs_list", summary="List handoffs", parameters=[HandoffQuery])
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)


def visible_handoffs(request: Any) -> HandoffQuerySet:
    related = ("lead", "source", "campaign", "team", "owner")
    return Handoff.objects.visible_to(owner_of(request)).select_related(*related)
