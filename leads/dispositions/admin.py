"""Reasons to change; dispositions to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from leads.dispositions.models import NOT_STATED, Appeal, Disposition, Reason
from portal.core.admin import ReadOnlyAdmin
from portal.events.admin import AdminWithEvents


@admin.register(Reason)
class ReasonAdmin(AdminWithEvents):
    """Reasons are offered or not, never deleted: dispositions of the past keep theirs."""

    list_display = ["label", "code", "group", "effect", "blames", "position", "is_primary",
                    "is_active"]  # fmt: skip
    list_filter = ["effect", "blames", "is_active"]
    search_fields = ["label", "code"]
    fields = ["code", "label", "group", "effect", "blames", "needs_date", "needs_note",
              "needs_attempts", "recycle_days", "position", "is_primary", "is_active"]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["code"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What imports use for "not stated" stays as it is: the database holds it to that."""
        is_ours = obj is not None and obj.code == NOT_STATED
        return not is_ours and super().has_change_permission(request, obj)


@admin.register(Disposition)
class DispositionAdmin(ReadOnlyAdmin):
    list_display = ["id", "handoff", "outcome", "reason", "decided_by", "decided_at",
                    "withdrawn_at"]  # fmt: skip
    list_filter = ["origin", "outcome", "reason"]
    list_select_related = ["handoff", "reason", "decided_by"]
    search_fields = ["=handoff__lead__email_key", "=handoff__id", "=handoff__lead__id"]
    ordering = ["-pk"]


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    list_display = ["id", "disposition", "made_by", "made_at", "is_granted", "answered_by",
                    "answered_at"]  # fmt: skip
    list_filter = ["is_granted"]
    list_select_related = ["disposition", "made_by", "answered_by"]
    search_fields = ["=disposition__handoff__lead__email_key", "=disposition__handoff__lead__id"]
    ordering = ["-pk"]
