"""What one activity looks like when it is sent, and what it is refused for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads.activities.services import ActivityInput
from leads.database.registry import KINDS, OBJECT_KINDS, PROPERTY_TYPES
from portal.core.api import Instant, StrictSerializer

MOST = 1000  # activities of one batch
LARGEST = 10**12
FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(minutes=5)
KIND_NAMES = [(kind.name, kind.label) for kind in KINDS]


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": 20,
        "additionalProperties": {"oneOf": [{"type": t} for t in ("string", "number", "boolean")]},
    }
)
class PropertiesField(serializers.DictField):
    """Up to 20 plain values. Those that rules know have the type that rules expect."""

    default_error_messages = {
        "many": "Send at most 20 properties.",
        "name": "A property's name has 1 to 40 characters.",
        "value": "“{name}” must be a text of at most 300 characters, a number or true or false.",
        "number": "“{name}” must be a number.",
        "text": "“{name}” must be a text.",
    }
    child = serializers.JSONField()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if len(data) > 20:
            self.fail("many")
        for name, value in data.items():
            self._check(name, value)
        return data

    def _check(self, name: str, value: Any) -> None:
        if not 0 < len(name) <= 40 or not is_plain(name):
            self.fail("name")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        wanted = PROPERTY_TYPES.get(name)
        if wanted == "number" and not is_number:
            self.fail("number", name=name)
        if wanted == "text" and not isinstance(value, str):
            self.fail("text", name=name)
        if not (
            isinstance(value, bool)
            or (is_number and -LARGEST <= value <= LARGEST)
            or (isinstance(value, str) and len(value) <= 300 and is_plain(value))
        ):
            self.fail("value", name=name)


def is_plain(text: str) -> bool:
    """Whether both databases can hold the text, inside JSON too: PostgreSQL refuses NUL."""
    return "\x00" not in text


class ObjectFields(StrictSerializer):
    """What the activity was about."""

    kind = serializers.ChoiceField(choices=OBJECT_KINDS)
    key = serializers.CharField(max_length=300, help_text="Its address or name.")
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ActivityOfLead(StrictSerializer):
    """One dated thing that a lead did."""

    kind = serializers.ChoiceField(choices=KIND_NAMES)
    occurred_at = Instant(required=False, help_text="Now, if not said.")
    external_id = serializers.CharField(
        max_length=64, required=False, help_text="The sender's own id: sent again, it counts once."
    )
    object = ObjectFields(required=False)
    properties = PropertiesField(required=False)

    def validate_occurred_at(self, value: datetime) -> datetime:
        if value > timezone.now() + CLOCKS_DIFFER:
            raise serializers.ValidationError(_("This is still to come. Send it when it happened."))
        if value < FIRST_DAY:
            raise serializers.ValidationError(_("This is before the year 2000. Mend the date."))
        return value


class ActivityFields(ActivityOfLead):
    """One activity with its lead, named by one of three."""

    occurred_at = Instant()
    external_id = serializers.CharField(
        max_length=64, help_text="The sender's own id: sent again, it counts once."
    )
    is_bot = serializers.BooleanField(default=False)
    lead = serializers.UUIDField(required=False, help_text="The lead's id.")
    lead_email = serializers.CharField(max_length=254, required=False)
    lead_external_id = serializers.CharField(max_length=64, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"lead", "lead_email", "lead_external_id"} & attrs.keys()) != 1:
            sentence = _("Name the lead by one of lead, lead_email and lead_external_id.")
            raise serializers.ValidationError({"lead": [sentence]})
        return attrs


class SystemFields(StrictSerializer):
    """Which system saw it: external ids, of activities and of leads, are its own."""

    external_source = serializers.SlugField(max_length=30, default="api")


class OneActivity(ActivityFields, SystemFields):
    """One activity and the system that saw it."""


class BatchFields(SystemFields):
    """Up to 1,000 activities; each is checked for itself."""

    activities = serializers.ListField(
        child=serializers.JSONField(allow_null=True), min_length=1, max_length=MOST
    )


class BatchRequest(SystemFields):
    """How a batch reads in the schema."""

    activities = ActivityFields(many=True)


def activity_input(given: Mapping[str, Any], *, lead_id: int, at: datetime) -> ActivityInput:
    """Return what the service takes, of a checked ``ActivityOfLead``."""
    about = given.get("object") or {}
    return ActivityInput(
        lead_id=lead_id,
        kind=given["kind"],
        occurred_at=given.get("occurred_at") or at,
        external_id=given.get("external_id", ""),
        object_kind=about.get("kind", ""),
        object_key=about.get("key", ""),
        object_title=about.get("title", ""),
        properties=given.get("properties") or {},
        is_bot=given.get("is_bot", False),
    )
