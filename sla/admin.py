"""The admins' view of the SLA: dated exceptions go through services, clocks are only read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.core.errors import DomainError
from portal.core.http import user_of
from sla.breaches.models import Breach
from sla.calendar.models import Calendar, CalendarChoice, ClosedDay
from sla.calendar.services import check_hours, choose_calendar, remove_day, save_day
from sla.clocks.models import Clock


class ReadOnly(admin.ModelAdmin):
    """Rows that follow from what happened: nobody edits them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Calendar)
class CalendarAdmin(ReadOnly):
    """Zone and week are signed with the terms, so they change there and nowhere else."""

    list_display = ["name", "slug", "zone"]
    search_fields = ["name", "slug"]


class ClosedDayForm(forms.ModelForm):
    """A day of one calendar; hours instead are written as a list: [["09:00", "12:00"]]."""

    class Meta:
        model = ClosedDay
        fields = ["calendar", "day", "name", "is_holiday", "intervals"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        is_holiday = cleaned.get("is_holiday", self.instance.is_holiday)
        if is_holiday and cleaned.get("intervals"):
            raise forms.ValidationError(_("A holiday has no hours. Leave them out."))
        is_new = self.instance.pk is None
        calendar = cleaned.get("calendar") if is_new else self.instance.calendar
        day = cleaned.get("day") if is_new else self.instance.day
        if calendar is not None and day is not None:
            try:
                check_hours(calendar, day, cleaned.get("intervals") or [])
            except DomainError as refusal:
                self.add_error("intervals", str(refusal))
        return cleaned


@admin.register(ClosedDay)
class ClosedDayAdmin(admin.ModelAdmin):
    form = ClosedDayForm
    list_display = ["day", "calendar", "name", "is_holiday"]
    list_filter = ["calendar", "is_holiday"]
    list_select_related = ["calendar"]
    search_fields = ["name"]
    date_hierarchy = "day"
    actions = None  # one at a time, each with its event

    def get_readonly_fields(self, request: HttpRequest, obj: ClosedDay | None = None) -> list[str]:
        return ["calendar", "day", "is_holiday"] if obj else []

    def save_model(self, request: HttpRequest, obj: ClosedDay, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        saved = save_day(
            calendar=obj.calendar,
            day=obj.day,
            name=obj.name,
            intervals=None if obj.is_holiday else obj.intervals or [],
            by=user_of(request),
            at=timezone.now(),
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: ClosedDay) -> None:
        remove_day(day=obj, by=user_of(request), at=timezone.now())


@admin.register(CalendarChoice)
class CalendarChoiceAdmin(admin.ModelAdmin):
    list_display = ["user", "calendar"]
    list_select_related = ["user", "calendar"]
    search_fields = ["user__name", "user__email"]
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: CalendarChoice,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        chosen = choose_calendar(
            user=obj.user, calendar=obj.calendar, by=user_of(request), at=timezone.now()
        )
        obj.pk = chosen.pk


@admin.register(Clock)
class ClockAdmin(ReadOnly):
    list_display = ["id", "kind", "handoff_id", "started_at", "due_at", "stamped_at", "ended_at"]
    list_filter = ["kind", "is_breached"]
    search_fields = ["=handoff__id"]
    raw_id_fields = ["handoff"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clock]:
        return super().get_queryset(request).select_related("handoff", "version__agreement")


@admin.register(Breach)
class BreachAdmin(ReadOnly):
    list_display = ["id", "clock_id", "at", "found_at", "withdrawn_at"]
    search_fields = ["=clock__id", "=clock__handoff__id"]
    list_select_related = ["clock"]
