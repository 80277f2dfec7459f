"""Figures that only others count, over the API: visitors by month and source, hours of sales."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leads.database.models import SalesTime, VisitorCount
from leads.database.monthly import (
    ALL,
    MOST_AMOUNT,
    MOST_LINES,
    MOST_VISITORS,
    Hours,
    Visitors,
    store_sales_time,
    store_visitors,
)
from leads.database.monthly_views import WRITERS
from portal.accounts.api import owner_of
from portal.core.api import QuerySerializer, StrictSerializer, read_query
from portal.core.errors import NotAllowed
from portal.core.text import fold

READ, WRITE = "leads:read", "leads:write"
LARGEST = MOST_AMOUNT - Decimal("0.01")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Month(serializers.CharField):
    """A month as 2026-03; inside, its first day."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if not MONTH.fullmatch(text) or text < "1900":
            raise serializers.ValidationError(_("Write the month as 2026-03."))
        return date.fromisoformat(f"{text}-01")

    def to_representation(self, value: Any) -> str:
        return f"{value:%Y-%m}"


class VisitorsSerializer(StrictSerializer):
    """Visitors of one month; without a source those of the whole site."""

    month = Month(help_text="2026-03")
    source = serializers.CharField(  # type: ignore[assignment]  # DRF keeps an argument there
        max_length=120, required=False, allow_null=True, default=None,
        help_text="A source’s name; null is the whole site.",
    )  # fmt: skip
    visitors = serializers.IntegerField(min_value=0, max_value=MOST_VISITORS - 1)

    def to_representation(self, instance: VisitorCount) -> dict[str, Any]:
        source = instance.source.name if instance.source else None
        return {"month": f"{instance.month:%Y-%m}", "source": source,
                "visitors": instance.visitors}  # fmt: skip


class SalesTimeSerializer(StrictSerializer):
    """Hours that sales spent in one month, and what one of them costs."""

    month = Month(help_text="2026-03")
    hours = serializers.DecimalField(max_digits=9, decimal_places=2, min_value=0, max_value=LARGEST)
    rate = serializers.DecimalField(
        max_digits=9,
        decimal_places=2,
        min_value=0,
        max_value=LARGEST,
        help_text="In the organisation’s currency.",
    )
    currency = serializers.CharField(read_only=True)


class _Figures(generics.ListAPIView[Any]):
    """Lists what was entered, newest month first; POST puts rows in the place of those before."""

    scopes = {"GET": READ, "POST": WRITE}
    order: tuple[str, ...] = ("-month", "-pk")

    def _store(
        self, request: Request, store: Callable[..., int], row: Callable[[dict[str, Any]], Any]
    ) -> Response:
        user = owner_of(request)
        if user.role not in WRITERS:
            raise NotAllowed(_("Marketing enters these figures. You may read along."))
        given = self.get_serializer(data=request.data, many=True)
        given.is_valid(raise_exception=True)
        rows: Sequence[dict[str, Any]] = given.validated_data
        if not 0 < len(rows) <= MOST_LINES:
            raise serializers.ValidationError(_("Send between 1 and 2,000 rows."))
        kept = store([row(one) for one in rows], by=user, at=timezone.now())
        return Response({"kept": kept})

    def _reads(self) -> None:
        if not owner_of(self.request).sees_everything:
            raise Http404
        read_query(self.request, QuerySerializer)


class Kept(serializers.Serializer[Any]):
    """How many figures stand now that were sent."""

    kept = serializers.IntegerField()


class VisitorCounts(_Figures):
    """Visitors by month and source."""

    serializer_class = VisitorsSerializer

    def get_queryset(self) -> Any:
        self._reads()
        return VisitorCount.objects.select_related("source")

    @extend_schema(operation_id="visitors_list", summary="List visitors by month")
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)

    @extend_schema(
        operation_id="visitors_send", summary="Send visitors by month",
        request=VisitorsSerializer(many=True), responses=Kept,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self._store(request, store_visitors, _visitors)


class SalesTimes(_Figures):
    """Hours of sales by month."""

    serializer_class = SalesTimeSerializer

    def get_queryset(self) -> Any:
        self._reads()
        return SalesTime.objects.all()

    @extend_schema(operation_id="sales_time_list", summary="List hours of sales by month")
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)

    @extend_schema(
        operation_id="sales_time_send", summary="Send hours of sales by month",
        request=SalesTimeSerializer(many=True), responses=Kept,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self._store(request, store_sales_time, _hours)


def _visitors(row: dict[str, Any]) -> Visitors:
    name = fold(row["source"] or "")
    return Visitors(row["month"], "" if name in ALL else name, row["visitors"])


def _hours(row: dict[str, Any]) -> Hours:
    return Hours(row["month"], row["hours"], row["rate"])
