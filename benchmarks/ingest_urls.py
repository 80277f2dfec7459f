"""The product's addresses and the floor beside them: a bare view that inserts one row."""

import json
from datetime import UTC, datetime
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from leads.activities.models import Activity
from leads.database.registry import KINDS_BY_NAME
from portal.urls import urlpatterns as product


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """Read JSON and insert one activity; nothing is checked, nothing follows."""
    given, at = json.loads(request.body), datetime.now(UTC)
    row = Activity.objects.create(
        lead_id=given["lead"],
        kind=KINDS_BY_NAME["page_view"].code,
        occurred_at=at,
        received_at=at,
        recorded_at=at,
        source="bare",
        external_id=uuid4().hex,
    )
    return JsonResponse({"id": row.pk}, status=201)


urlpatterns = [*product, path("bare/", bare, name="bare")]
