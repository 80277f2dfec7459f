"""Reading alerts over the API."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers

from portal.accounts.api import owner_of
from portal.core.api import ChangesOfFew, Instant, read_query
from portal.watches.models import Alert, AlertQuerySet, Snooze
from portal.watches.words import shown

READ = "leads:read"
STATES = ("open", "snoozed", "past")


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """One alert: what a watch saw, in figures and in words."""

    title = serializers.SerializerMethodField()
    says = serializers.SerializerMethodField(help_text="What it saw, with figures and n.")
    todo = serializers.SerializerMethodField(help_text="What to do about it.")
    state = serializers.SerializerMethodField(help_text="open, snoozed or past.")
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    url = serializers.SerializerMethodField(help_text="The alert's page.")
    opened_at = Instant()
    seen_at = Instant(help_text="When it was last found true.")
    closed_at = Instant(allow_null=True)
    snoozed_until = Instant(allow_null=True)

    class Meta:
        model = Alert
        fields = read_only_fields = [
            "id", "watch", "subject", "title", "says", "todo", "state", "team", "figures", "url",
            "opened_at", "seen_at", "closed_at", "snoozed_until",
        ]  # fmt: skip

    def get_title(self, alert: Alert) -> str:
        return shown(alert, at=timezone.now()).title

    def get_says(self, alert: Alert) -> str:
        return shown(alert, at=timezone.now()).says

    def get_todo(self, alert: Alert) -> str:
        return shown(alert, at=timezone.now()).todo

    def get_state(self, alert: Alert) -> str:
        return shown(alert, at=timezone.now()).state

    def get_url(self, alert: Alert) -> str:
        return f"{settings.SITE_URL}{alert.get_absolute_url()}"


class AlertQuery(ChangesOfFew):
    """What the list of alerts may be narrowed by."""

    state = serializers.ChoiceField(choices=STATES, required=False)
    watch = serializers.CharField(required=False, max_length=30)


class AlertList(generics.ListAPIView[Alert]):
    """Alerts that the key's owner may see, newest first."""

    scopes = {"GET": READ}
    serializer_class = AlertSerializer
    order = ("-opened_at", "-pk")

    def get_queryset(self) -> AlertQuerySet:
        rows = Alert.objects.visible_to(owner_of(self.request)).select_related("team")
        asked = read_query(self.request, AlertQuery)
        at = timezone.now()
        if "watch" in asked:
            rows = rows.filter(watch=asked["watch"])
        if (since := asked.get("updated_since")) is not None:
            put_off = Snooze.objects.filter(Q(at__gte=since) | Q(ended_at__gte=since))
            rows = rows.filter(
                Q(opened_at__gte=since)
                | Q(seen_at__gte=since)
                | Q(closed_at__gte=since)
                | Q(snoozed_until__gte=since, snoozed_until__lte=at)
                | Q(pk__in=put_off.values("alert"))
            )
        if (state := asked.get("state")) == "past":
            return rows.past()
        if state == "snoozed":
            return rows.snoozed(at)
        return rows.open(at) if state == "open" else rows

    @extend_schema(operation_id="alerts_list", summary="List alerts", parameters=[AlertQuery])
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)
