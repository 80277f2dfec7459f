"""Imports to look at; they are started, cancelled and mended on their own pages."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leads.imports.models import Import, RejectedRow, SavedMapping
from portal.core.admin import ReadOnlyAdmin, as_json


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "kind", "state", "started_by", "created_at", "created",
                    "updated", "rejected"]  # fmt: skip
    list_filter = ["kind", "state"]
    list_select_related = ["started_by"]
    search_fields = ["file_name"]
    exclude = ["mapping", "checked", "file"]
    readonly_fields = ["shown_mapping", "shown_check"]
    ordering = ["-pk"]

    @admin.display(description=_("mapping"))
    def shown_mapping(self, run: Import) -> SafeString:
        return as_json(run.mapping)

    @admin.display(description=_("dry run"))
    def shown_check(self, run: Import) -> SafeString:
        return as_json(run.checked)


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    list_display = ["run", "number", "reasons"]
    list_select_related = ["run"]
    search_fields = ["run__file_name", "=number"]
    ordering = ["-pk"]


@admin.register(SavedMapping)
class SavedMappingAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "saved_by", "saved_at"]
    list_filter = ["kind"]
    list_select_related = ["saved_by"]
    search_fields = ["name"]
