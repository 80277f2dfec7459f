"""The nurture list to look at."""

from django.contrib import admin

from leads.nurture.models import Nurture
from portal.core.admin import ReadOnlyAdmin


@admin.register(Nurture)
class NurtureAdmin(ReadOnlyAdmin):
    list_display = ["lead", "programme", "started_at", "ended_at", "end"]
    list_filter = ["programme", "end"]
    list_select_related = ["lead"]
    search_fields = ["=lead__email_key", "=lead__id"]
    ordering = ["-pk"]
