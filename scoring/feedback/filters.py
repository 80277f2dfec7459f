"""Which decided handoffs a rejections page is about. Everything stands in the URL."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.database.models import Campaign, Source
from leads.dispositions.models import Disposition
from portal.accounts.models import Organisation, Role, User
from portal.agreements.models import Agreement, Version
from portal.core.days import DAY_LIMITS
from portal.core.mirrors import UNKNOWN
from scoring.engine.models import Evidence
from scoring.feedback.models import DecidedHandoff

PERIOD = timedelta(days=90)
DATE = {"type": "date"}
COUNTED = {
    "source": "source", "campaign": "campaign", "segment": "version__agreement", "sdr": "sdr",
    "version": "version",
}  # fmt: skip


class RejectionFilter(filters.FilterSet):
    """Filters of dispositions that stand; by default the last 90 days."""

    since = filters.DateFilter(
        label=_("From"),
        field_name="decided_at",
        lookup_expr="gte",
        method="from_day",
        validators=DAY_LIMITS,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
    until = filters.DateFilter(
        label=_("To"),
        field_name="decided_at",
        method="to_day",
        validators=DAY_LIMITS,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
    source = filters.ModelChoiceFilter(
        label=_("Source"),
        field_name="handoff__source",
        queryset=Source.objects.all(),
        empty_label=_("all"),
    )
    campaign = filters.ModelChoiceFilter(
        label=_("Campaign"),
        field_name="handoff__campaign",
        queryset=Campaign.objects.all(),
        empty_label=_("all"),
    )
    segment = filters.ModelChoiceFilter(
        label=_("Segment"),
        field_name="handoff__evidence__version__agreement",
        queryset=Agreement.objects.filter(kind="definition"),
        empty_label=_("all"),
    )
    sdr = filters.ModelChoiceFilter(
        label=_("SDR"),
        field_name="decided_by",
        queryset=User.objects.filter(role__in=[Role.SDR, Role.SALES_LEAD]),
        empty_label=_("all"),
    )
    version = filters.ModelChoiceFilter(
        label=_("Version"),
        field_name="handoff__evidence__version",
        queryset=Version.objects.of_kind("definition").signed(),
        empty_label=_("all"),
    )
    evidence = filters.ChoiceFilter(
        label=_("Evidence"),
        field_name="handoff__evidence__kind",
        choices=Evidence.Kind.choices,
        empty_label=None,
    )

    class Meta:
        model = Disposition
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        given = data.copy() if data is not None else {}
        if not {"since", "until"} & set(given):
            given["since"] = (timezone.localdate() - PERIOD).isoformat()
        given.setdefault("evidence", Evidence.Kind.FROZEN.value)
        super().__init__(given, *args, **kwargs)

    @property
    def counted(self) -> QuerySet[DecidedHandoff]:
        """The same handoffs as ``qs`` chooses, as rows to count, of everybody's."""
        self.form.is_valid()  # what cannot be read narrows nothing, here as in ``qs``
        chosen = self.form.cleaned_data
        rows = DecidedHandoff.objects.all()
        for name, lookup in COUNTED.items():
            if (value := chosen.get(name)) is not None:
                rows = rows.filter(**{lookup: value})
        since, until = chosen.get("since"), chosen.get("until")
        if since or until:
            rows = rows.exclude(decided=UNKNOWN)
        if since:
            rows = rows.filter(decided__gte=int(_midnight(since).timestamp()))
        if until:
            after = int(_midnight(until + timedelta(days=1)).timestamp())
            rows = rows.filter(decided__lt=after)
        if kind := chosen.get("evidence"):
            rows = rows.filter(is_frozen=kind == Evidence.Kind.FROZEN)
        return rows

    def from_day(self, rows: QuerySet[Disposition], name: str, day: date) -> QuerySet[Disposition]:
        """From 00:00 of the day in the organisation's zone."""
        return rows.filter(decided_at__gte=_midnight(day))

    def to_day(self, rows: QuerySet[Disposition], name: str, day: date) -> QuerySet[Disposition]:
        """Until the end of the day in the organisation's zone."""
        return rows.filter(decided_at__lt=_midnight(day + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(Organisation.current().zone))
