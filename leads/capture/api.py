"""Sending leads over the API: found or made, scored and handed off before the answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from leads.activities.fields import activity_input
from leads.activities.services import ActivityInput
from leads.capture.fields import SPEAKERS, CapturedSerializer, LeadFields
from leads.capture.services import Capture, ConsentGiven, take_capture
from leads.database.api import LeadList, StandingSerializer
from leads.database.models import Lead
from leads.database.people import LeadInput
from leads.handoffs.models import Handoff
from portal.accounts.api import key_of
from portal.accounts.keys import SENDS
from portal.core.idempotency import Once, begin
from portal.core.prepared import Prepared

TAKEN_OVER = frozenset(one.name for one in fields_of(LeadInput)) & set(LeadFields().fields)
KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Send a key of your own, and again with a repeated request: within 24 hours it "
    "is answered as the first one was. Another request with the same key is refused (422), and "
    "one that comes while the first is under way (409).",
)


class Leads(LeadList):
    """Leads: the list, and the way in."""

    scopes = {**LeadList.scopes, "POST": SENDS}

    @extend_schema(
        operation_id="leads_send",
        summary="Send a lead",
        request=LeadFields,
        parameters=[KEY_HEADER],
        responses={201: CapturedSerializer, 200: CapturedSerializer},
    )
    def post(self, request: Request) -> Response:
        at, header = timezone.now(), request.headers.get("Idempotency-Key", "")
        given = LeadFields(data=request.data)
        given.is_valid(raise_exception=True)
        once = begin(caller=f"key:{key_of(request).pk}", key=header, request=request.data, at=at)
        if once.is_first:
            try:
                status, body = self.capture(dict(given.validated_data), once, header, at)
            except BaseException:
                once.forget()
                raise
        else:
            status, body = once.answer
        replayed = {} if once.is_first else {"Idempotent-Replay": "true"}
        return Response(body, status=status, headers=replayed)

    def capture(
        self, given: Mapping[str, Any], once: Once, key: str, at: datetime
    ) -> tuple[int, dict[str, Any]]:
        """Store the lead with its answer in one transaction; the answer is renewed once scored."""
        with transaction.atomic():
            capture = capture_of(given, key=key, at=at)
            captured = take_capture(capture=capture, by=key_of(self.request).owner, at=at)
            status = 201 if captured.is_new else 200
            if key:  # only then is the answer kept, and it must be kept with the work
                once.keep(status, answer_of(captured.lead_id, is_new=captured.is_new))
        body = answer_of(captured.lead_id, is_new=captured.is_new)
        once.keep(status, body)
        return status, body


def capture_of(given: Mapping[str, Any], *, key: str, at: datetime) -> Capture:
    """Return what the service takes, of checked ``LeadFields``."""
    lead = {name: given[name] for name in TAKEN_OVER}
    consent = given.get("consent")
    return Capture(
        lead=LeadInput(**lead, created_at=at),
        via=f"api:{given['external_source']}",
        external_source=given["external_source"],
        facts=given.get("facts") or {},
        set_by=SPEAKERS[given["facts_said_by"]],
        activity=_activity(given["activity"], key, at) if "activity" in given else None,
        consent=ConsentGiven(**consent) if consent else None,
    )


def _activity(given: Mapping[str, Any], key: str, at: datetime) -> ActivityInput:
    """Return the activity; without an id of its own it is known by the request's key."""
    activity = activity_input(given, lead_id=0, at=at)
    if activity.external_id or not key:
        return activity
    return replace(activity, external_id=hashlib.sha256(key.encode()).hexdigest())


_with_handoff = Prepared(
    lambda pk: (
        Lead.objects.filter(pk=pk)
        .select_related("standing")
        .annotate(
            handoff=Subquery(
                Handoff.objects.open().filter(lead=OuterRef("pk")).values("public_id")[:1]
            )
        )
    ),
    int,
)


def answer_of(lead_id: int, *, is_new: bool) -> dict[str, Any]:
    """Return the lead as it stands now, as JSON."""
    (lead,) = _with_handoff(lead_id)
    answer = {
        "id": lead.public_id,
        "is_new": is_new,
        "stage": lead.stage,
        "total": lead.standing.total,
        "grade": lead.standing.grade,
        "gates": StandingSerializer().get_gates(lead.standing),
        "handoff": lead.handoff,
    }
    return dict(CapturedSerializer(answer).data)
