"""Sending activities over the API, one by one or a thousand at a time."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leads.activities.fields import (
    ActivityFields,
    BatchFields,
    BatchRequest,
    OneActivity,
    activity_input,
)
from leads.activities.services import ActivityInput, Recorded, record_activities
from leads.activities.usual import read_usual
from leads.database.models import Lead
from portal.accounts.api import owner_of
from portal.accounts.keys import SENDS
from portal.core.prepared import Prepared
from portal.core.text import email_key


@cache
def _one() -> OneActivity:
    """The reader of one activity: it keeps nothing of what it reads, so one serves everybody."""
    return OneActivity()


@cache
def _many() -> ActivityFields:
    return ActivityFields()


class RecordedAnswer(serializers.Serializer[Any]):
    """What became of one activity."""

    status = serializers.ChoiceField(choices=["recorded", "duplicate", "error"])
    id = serializers.IntegerField(required=False, help_text="The activity's id.")
    errors = serializers.DictField(  # type: ignore[assignment]  # DRF has a property of this name
        required=False, help_text="Sentences by field."
    )


class BatchAnswer(serializers.Serializer[Any]):
    """What became of a batch: counts, and one answer for each activity in the order sent."""

    recorded = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # as above
    results = RecordedAnswer(many=True)


class Activities(APIView):
    """Takes one activity."""

    scopes = {"POST": SENDS}

    @extend_schema(
        operation_id="activities_send",
        summary="Send an activity",
        request=OneActivity,
        responses={201: RecordedAnswer, 200: RecordedAnswer},
    )
    def post(self, request: Request) -> Response:
        value = read_usual(request.data, now=timezone.now())
        if value is None:
            value = dict(_one().run_validation(request.data))
        system = value.pop("external_source", "api")
        (answer,) = take_activities([value], system=system, request=request)
        if answer["status"] == "error":
            raise serializers.ValidationError(answer["errors"])
        is_new = answer["status"] == "recorded"
        return Response(answer, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class ActivityBatch(APIView):
    """Takes up to 1,000 activities in one transaction; bad ones do not hold up the others."""

    scopes = {"POST": SENDS}

    @extend_schema(
        operation_id="activities_send_batch",
        summary="Send up to 1,000 activities",
        request=BatchRequest,
        responses={200: BatchAnswer},
    )
    def post(self, request: Request) -> Response:
        given = BatchFields(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        items = [
            read_usual(one, now=now) or read_item(one) for one in given.validated_data["activities"]
        ]
        system = given.validated_data["external_source"]
        results = take_activities(items, system=system, request=request)
        count = [one["status"] for one in results].count
        return Response(
            {
                "recorded": count("recorded"),
                "duplicates": count("duplicate"),
                "errors": count("error"),
                "results": results,
            }
        )


def read_item(given: Any) -> dict[str, Any]:
    """Return the checked values of one item, or ``{"errors": ...}``."""
    try:
        return dict(_many().run_validation(given))
    except serializers.ValidationError as error:
        return {"errors": error.detail}


def take_activities(
    items: Sequence[Mapping[str, Any]], *, system: str, request: Request
) -> list[dict[str, Any]]:
    """Record the usable ones of ``items`` and return an answer for each, in their order.

    A fixed number of statements for one or a thousand.
    """
    at, by = timezone.now(), owner_of(request)
    leads = _Leads(items, system)
    found = [leads.of(item) for item in items]
    wanted = [_input(item, pk) for item, pk in zip(items, found, strict=True) if pk]
    stored = iter(record_activities(wanted, source=f"api:{system}", by=by, at=at) if wanted else [])
    return [
        _answer(next(stored)) if pk else _refusal(item)
        for item, pk in zip(items, found, strict=True)
    ]


NAMED = ("pk", "duplicate_of", "public_id", "email_key", "external_id", "external_source")
_by_public_id = Prepared(
    lambda ids: Lead.objects.filter(public_id__among=ids).values_list(*NAMED), list[UUID]
)
_by_email = Prepared(
    lambda keys: Lead.objects.filter(email_key__among=keys).values_list(*NAMED), list[str]
)
_by_external_id = Prepared(
    lambda system, ids: Lead.objects.filter(
        external_source=system, external_id__among=ids
    ).values_list(*NAMED),
    str,
    list[str],
)


class _Leads:
    """The leads that some activities name, read in one query for each way to name them."""

    def __init__(self, items: Sequence[Mapping[str, Any]], system: str) -> None:
        ids = {item["lead"] for item in items if "lead" in item}
        emails = {email_key(item["lead_email"]) for item in items if "lead_email" in item} - {""}
        external = {item["lead_external_id"] for item in items if "lead_external_id" in item}
        rows: list[tuple[Any, ...]] = []
        if ids:
            rows += _by_public_id(list(ids))
        if emails:
            rows += _by_email(list(emails))
        if external:
            rows += _by_external_id(system, list(external))
        self.known: dict[tuple[str, object], int] = {}
        for pk, of, public_id, email, external_id, source in sorted(rows, key=_counts):
            self.known["lead", public_id] = of or pk
            if email:
                self.known["lead_email", email] = of or pk
            if source == system:
                self.known["lead_external_id", external_id] = of or pk

    def of(self, item: Mapping[str, Any]) -> int | None:
        """Return the id of an item's lead; one that was merged counts for whom it became."""
        if "lead" in item:
            return self.known.get(("lead", item["lead"]))
        if "lead_email" in item:
            return self.known.get(("lead_email", email_key(item["lead_email"])))
        return self.known.get(("lead_external_id", item.get("lead_external_id")))


def _counts(row: Sequence[Any]) -> bool:
    """Sort who was merged before who counts: an address belongs to the latter."""
    return row[1] is None


def _input(item: Mapping[str, Any], lead_id: int) -> ActivityInput:
    return activity_input(item, lead_id=lead_id, at=item["occurred_at"])


def _answer(one: Recorded) -> dict[str, Any]:
    return {"status": "recorded" if one.is_new else "duplicate", "id": one.activity_id}


def _refusal(item: Mapping[str, Any]) -> dict[str, Any]:
    sentence = _("There is no such lead. Send the lead first, to leads/.")
    return {"status": "error", "errors": item.get("errors") or {"lead": [sentence]}}
