"""Handoffs and the release list to look at."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leads.handoffs.models import Handoff, Release
from portal.core.admin import ReadOnlyAdmin, as_json


@admin.register(Handoff)
class HandoffAdmin(ReadOnlyAdmin):
    list_display = ["id", "lead", "origin", "cause", "made_at", "team", "owner", "total",
                    "outcome", "decided_at"]  # fmt: skip
    list_filter = ["origin", "is_decided", "outcome", "cause", "team"]
    list_select_related = ["lead", "team", "owner"]
    search_fields = ["=lead__email_key", "=lead__id", "=public_id", "=external_id"]
    exclude = ["routing", "extra"]
    readonly_fields = ["shown_routing", "shown_extra"]
    ordering = ["-pk"]

    @admin.display(description=_("routing"))
    def shown_routing(self, handoff: Handoff) -> SafeString:
        return as_json(handoff.routing)

    @admin.display(description=_("imported besides"))
    def shown_extra(self, handoff: Handoff) -> SafeString:
        return as_json(handoff.extra)


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ["lead", "cause", "gate", "total", "opened_at", "closed_at", "end", "closed_by"]
    list_filter = ["cause", "end"]
    list_select_related = ["lead", "closed_by"]
    search_fields = ["=lead__email_key", "=lead__id"]
    ordering = ["-pk"]
