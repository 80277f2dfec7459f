"""Follow-ups to look at."""

from django.contrib import admin

from leads.tasks.models import FollowUp
from portal.core.admin import ReadOnlyAdmin


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnlyAdmin):
    list_display = ["lead", "assignee", "due_at", "why", "done_at"]
    list_filter = ["done_at"]
    list_select_related = ["lead", "assignee"]
    search_fields = ["=lead__email_key", "=lead__id", "assignee__name"]
    ordering = ["-pk"]
