"""Deciding handoffs over the API, by the same services as the desk."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leads.database.models import Lead
from leads.dispositions.call_sheet import ANSWERS, LIMITS, save_sheet, sheet_of
from leads.dispositions.models import Disposition, Outcome, Reason
from leads.dispositions.services import AlreadyDecided, accept, reject
from leads.handoffs.models import Handoff
from portal.accounts.api import owner_of
from portal.accounts.models import User
from portal.core.api import Instant, StrictSerializer, problem
from portal.core.text import email_key

DECIDE = "dispositions:write"
OF_ACCEPTING = ("owner",)
OF_REJECTING = ("reason", "recycle_on", "duplicate_of", "wrong_rules")


class CallSheetFields(StrictSerializer):
    """Answers for the call sheet; those that are left out stay as they are."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            key: serializers.CharField(max_length=LIMITS[key], required=False, allow_blank=True)
            for key in ANSWERS
        }


class DispositionFields(StrictSerializer):
    """A decision: accepted, or rejected with a reason and what the reason needs."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    owner = serializers.EmailField(
        required=False, help_text="Accepting: the account executive, by e-mail; else by turn."
    )
    reason = serializers.CharField(
        max_length=40, required=False, help_text="Rejecting: the reason's code."
    )
    recycle_on = serializers.DateField(required=False)
    duplicate_of = serializers.UUIDField(required=False, help_text="The lead that stays.")
    wrong_rules = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=60
    )

    call_sheet = CallSheetFields(required=False, help_text="Saved together with the decision.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_acceptance = attrs["outcome"] == Outcome.ACCEPTED
        wrong = [
            name for name in (OF_REJECTING if is_acceptance else OF_ACCEPTING) if name in attrs
        ]
        if wrong:
            sentence = _("This does not go with %(outcome)s. Leave it out.")
            sentence %= {"outcome": attrs["outcome"]}
            raise serializers.ValidationError({name: [sentence] for name in wrong})
        return attrs


class DispositionSerializer(serializers.ModelSerializer[Disposition]):
    """A decision as it is stored."""

    handoff = serializers.UUIDField(source="handoff.public_id")
    reason = serializers.CharField(source="reason_id", allow_null=True)
    decided_by = serializers.EmailField(source="decided_by.email", default=None, allow_null=True)
    decided_at = Instant(allow_null=True)
    stage = serializers.CharField(source="handoff.lead.stage", help_text="The lead's, now.")

    class Meta:
        model = Disposition
        fields = read_only_fields = [
            "handoff", "outcome", "reason", "note", "recycle_on", "wrong_rules", "decided_by",
            "decided_at", "stage",
        ]  # fmt: skip


class HandoffDisposition(APIView):
    """Accepts or rejects a handoff as the key's owner. Who is too late is told who was faster."""

    scopes = {"POST": DECIDE}

    @extend_schema(
        operation_id="handoffs_decide",
        summary="Accept or reject a handoff",
        request=DispositionFields,
        responses={201: DispositionSerializer},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        by = owner_of(request)
        handoff = get_object_or_404(Handoff.objects.within_reach_of(by), public_id=public_id)
        given = DispositionFields(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            disposition = decide(handoff, dict(given.validated_data), by)
        except AlreadyDecided as refusal:
            counts = DispositionSerializer(current(refusal.disposition)).data
            return problem(refusal.status, str(refusal), code=refusal.code, disposition=counts)
        stored = DispositionSerializer(current(disposition)).data
        return Response(stored, status=status.HTTP_201_CREATED)


def current(disposition: Disposition) -> Disposition:
    """Return the decision with its handoff and lead as they stand after it."""
    related = ("handoff__lead", "decided_by")
    return Disposition.objects.select_related(*related).get(pk=disposition.pk)


@transaction.atomic
def decide(handoff: Handoff, given: dict[str, Any], by: User) -> Disposition:
    """Call the service that the outcome names, with the rows that the values name.

    The call sheet and the decision are stored together, or neither.
    """
    at, note = timezone.now(), given["note"]
    if answers := given.get("call_sheet"):
        opened = sheet_of(handoff).revision
        save_sheet(handoff=handoff, by=by, at=at, revision=opened, **answers)
    if given["outcome"] == Outcome.ACCEPTED:
        owner = _named(User.objects.filter(is_active=True), "owner", "email", given, key=email_key)
        return accept(handoff=handoff, by=by, at=at, note=note, owner=owner)
    return reject(
        handoff=handoff,
        reason=_named(Reason.objects.all(), "reason", "pk", given),
        by=by,
        at=at,
        note=note,
        recycle_on=given.get("recycle_on"),
        duplicate_of=_named(Lead.objects.visible_to(by), "duplicate_of", "public_id", given),
        wrong_rules=given.get("wrong_rules"),
    )


def _named(rows: Any, field: str, column: str, given: dict[str, Any], *, key: Any = None) -> Any:
    """Return the row that a field names, None when it names none. Raises a 422 if it is unknown."""
    if field not in given:
        return None
    value = key(given[field]) if key else given[field]
    row = rows.filter(**{column: value}).first()
    if row is None:
        sentence = _("“%(value)s” is not known here.") % {"value": given[field]}
        raise serializers.ValidationError({field: [sentence]})
    return row
