"""The admin's frame: who comes in, and two kinds of pages, to read and to change.

Only the portal's own tables are shown, and only the admin role enters, by the same sign-in as
everybody. Nothing here goes round the services: what they own is read-only.
"""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

MOST_COUNTED = 5_000  # no page counts a million rows: search narrows what lies beyond
APPS = frozenset({"portal", "leads", "scoring", "sla"})


class PortalAdminSite(admin.AdminSite):
    """The Django admin for the admin role."""

    site_header = site_title = _("Alignment portal, admin")
    index_title = _("Everything that is kept")
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff  # is_staff: the admin role

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        """Leave out tables of other packages: their pages go round our rules."""
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else None
        for model in models or [model_or_iterable]:
            if model._meta.app_label in APPS:
                super().register(model, *args, **options)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send strangers to the one sign-in page; there is nothing here for other roles."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


class BoundedPaginator(Paginator):
    """Counts at most so many rows, by one statement that stops there."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows[:MOST_COUNTED].count() if isinstance(rows, QuerySet) else len(rows)


class AdminsOnly(admin.ModelAdmin):
    """Lists that never count a million rows; nothing is deleted."""

    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the events of the row: there is no second log."""
        label = self.opts.label_lower
        events = reverse("admin:portal_event_changelist")
        return HttpResponse(
            status=302,
            headers={"Location": f"{events}?subject_type={label}&subject_id={object_id}"},
        )


class ReadOnlyAdmin(AdminsOnly):
    """Rows to look at, which services write: neither added, nor changed, nor deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return flatten(self.fields) if self.fields else self.readonly_fields


def as_json(value: Any) -> SafeString:
    """Show JSON indented, as text."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html("<pre>{}</pre>", text)


def as_text(value: str) -> SafeString:
    """Show a long text with its line breaks."""
    return format_html("<pre>{}</pre>", value)
