"""The watches in the admin: on or off, and their two numbers. Alerts are read on their page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.events.admin import AdminWithEvents
from portal.watches.models import WatchSetting
from portal.watches.registry import watch_of


@admin.register(WatchSetting)
class WatchSettingAdmin(AdminWithEvents):
    """Numbers left empty are the usual ones."""

    list_display = ["named", "is_on", "limit", "of", "usual", "looked_at"]
    fields = ["named", "is_on", "limit", "of", "usual", "looked_at"]
    readonly_fields = ["named", "usual", "looked_at"]
    ordering = ["watch"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # each makes its own when it first looks

    @admin.display(description=gettext_lazy("watch"))
    def named(self, setting: WatchSetting) -> Any:
        watch = watch_of(setting.watch)
        return watch.title if watch else setting.watch

    @admin.display(description=gettext_lazy("usually"))
    def usual(self, setting: WatchSetting) -> str:
        watch = watch_of(setting.watch)
        if watch is None:
            return ""
        return _("%(limit_means)s: %(limit)d; %(of_means)s: %(of)d") % {
            "limit": watch.default.limit,
            "limit_means": watch.limit_means,
            "of": watch.default.of,
            "of_means": watch.of_means,
        }
