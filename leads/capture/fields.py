"""What a captured lead looks like when it is sent over the API."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads.activities.fields import LARGEST, ActivityOfLead, is_plain
from leads.database.registry import FACTS, FACTS_BY_NAME, SetBy
from portal.core.api import StrictSerializer
from portal.core.text import email_key

SPEAKERS = {"form": SetBy.FORM, "import": SetBy.IMPORT, "enrichment": SetBy.ENRICHMENT}


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            fact.name: {"type": "integer" if fact.type == "number" else "string", "nullable": True}
            for fact in FACTS
        },
    }
)
class FactsField(serializers.DictField):
    """Facts by name; null clears one."""

    default_error_messages = {
        "unknown": "There is no fact “{name}”. Use some of: {known}.",
        "number": "“{name}” is a whole number from 0 to 1,000,000,000,000.",
        "text": "“{name}” is a text of at most 300 characters.",
    }
    child = serializers.JSONField()

    def to_internal_value(self, data: Any) -> dict[str, str | int | None]:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        for name, value in data.items():
            fact = FACTS_BY_NAME.get(name)
            if fact is None:
                self.fail("unknown", name=str(name)[:60], known=", ".join(FACTS_BY_NAME))
            elif value is not None and fact.type == "number":
                if type(value) is not int or not 0 <= value <= LARGEST:
                    self.fail("number", name=name)
            elif value is not None and not (
                isinstance(value, str) and len(value) <= 300 and is_plain(value)
            ):
                self.fail("text", name=name)
        return data


class ConsentFields(StrictSerializer):
    """What the person agreed to, word for word."""

    text = serializers.CharField(max_length=5000)
    version = serializers.IntegerField(min_value=1, max_value=32_767, default=1)


def _text(longest: int, **more: Any) -> serializers.CharField:
    return serializers.CharField(
        max_length=longest, required=False, allow_blank=True, default="", **more
    )


class LeadFields(StrictSerializer):
    """A person who may be a lead already: found by e-mail, then by the external id."""

    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    external_source = serializers.SlugField(
        max_length=30, default="api", help_text="The system whose id external_id is."
    )
    external_id = _text(64)
    name = _text(200)
    phone = _text(50)
    company = _text(200)
    company_domain = _text(200)
    source = _text(  # type: ignore[assignment]  # DRF keeps an argument there
        120, help_text="Where the lead came from; kept from the first time."
    )
    campaign = _text(200)
    content = _text(200)
    term = _text(200)
    landing_page = _text(300)
    do_not_email = serializers.BooleanField(default=False)
    do_not_call = serializers.BooleanField(default=False)
    facts = FactsField(required=False)
    facts_said_by = serializers.ChoiceField(
        choices=sorted(SPEAKERS),
        default="form",
        help_text="The smaller authority never overwrites: form, then import, then enrichment.",
    )
    activity = ActivityOfLead(required=False)
    consent = ConsentFields(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not email_key(attrs["email"]) and not attrs["external_id"]:
            sentence = _("Give an e-mail address or an external id.")
            raise serializers.ValidationError({"email": [sentence]})
        return attrs


class CapturedSerializer(serializers.Serializer[Any]):
    """What became of the lead: found or made, scored, and perhaps handed off."""

    id = serializers.UUIDField(help_text="The lead's id.")
    is_new = serializers.BooleanField()
    stage = serializers.CharField()
    total = serializers.IntegerField(allow_null=True, help_text="Null: not scored yet.")
    grade = serializers.CharField()
    gates = serializers.ListField(child=serializers.CharField())
    handoff = serializers.UUIDField(allow_null=True, help_text="The open handoff's id.")
