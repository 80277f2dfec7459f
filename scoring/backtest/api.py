"""What the last back-test of a version found, for machines."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.generics import get_object_or_404

from portal.agreements.api import READ
from portal.core.api import Instant
from scoring.backtest.models import Backtest
from scoring.definitions.services import KIND


class BacktestSerializer(serializers.ModelSerializer[Backtest]):
    """One replay: what it is of, and its counts. Shares come with their n: divide yourself."""

    version = serializers.IntegerField(source="version.number")
    base = serializers.IntegerField(
        source="base.number", allow_null=True, default=None, help_text="What it is compared with."
    )
    is_stale = serializers.BooleanField(help_text="The draft has moved on since.")
    since, until, finished_at = Instant(), Instant(), Instant()
    summary = serializers.DictField(
        help_text="Counts by side (base, draft), what would move, weeks, capacity, by source, size"
        " and industry, and who enters and leaves each gate."
    )

    class Meta:
        model = Backtest
        fields = read_only_fields = [
            "version", "revision", "base", "is_stale", "sha256", "since", "until", "finished_at",
            "took_ms", "summary",
        ]  # fmt: skip


class BacktestDetail(generics.RetrieveAPIView[Backtest]):
    """The newest finished back-test of a definition's version; 404 before the first."""

    scopes = {"GET": READ}
    serializer_class = BacktestSerializer

    def get_object(self) -> Backtest:
        tests = Backtest.objects.finished().select_related("version", "base").order_by("-pk")
        number = self.kwargs["number"]
        newest = tests.filter(version__agreement__kind=KIND, version__number=number)
        return get_object_or_404(newest[:1])

    @extend_schema(operation_id="backtest_read", summary="Read a back-test")
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)
