"""Meetings to look at."""

from django.contrib import admin

from leads.meetings.models import Meeting
from portal.core.admin import ReadOnlyAdmin


@admin.register(Meeting)
class MeetingAdmin(ReadOnlyAdmin):
    list_display = ["starts_at", "subject", "lead", "host", "booked_by", "cancelled_at", "held_at"]
    list_select_related = ["lead", "host", "booked_by"]
    search_fields = ["=lead__email_key", "=lead__id", "subject"]
    ordering = ["-pk"]
