"""Activities to look at and to mark as a machine's; objects to tag. Both through services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads.activities.models import Activity, TrackedObject
from leads.activities.services import mark_bots, retag
from portal.core.admin import ReadOnlyAdmin, as_json
from portal.core.http import user_of
from portal.events.admin import AdminWithEvents


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ["id", "lead", "kind", "object", "occurred_at", "source", "is_bot"]
    list_filter = ["kind", "is_bot"]
    list_select_related = ["lead", "object"]
    search_fields = ["=lead__email_key", "=lead__id", "=external_id"]
    fields = ["lead", "kind", "object", "occurred_at", "received_at", "recorded_at", "source",
              "external_id", "actor", "is_bot", "shown_properties"]  # fmt: skip
    ordering = ["-pk"]
    actions = ["mark_as_bots", "take_mark_away"]

    @admin.display(description=_("properties"))
    def shown_properties(self, activity: Activity) -> SafeString:
        return as_json(activity.properties)

    @admin.action(description=_("Mark as a machine's"), permissions=["view"])
    def mark_as_bots(self, request: HttpRequest, chosen: QuerySet[Activity]) -> None:
        self._mark(request, chosen, is_bot=True)

    @admin.action(description=_("Take the machine mark away"), permissions=["view"])
    def take_mark_away(self, request: HttpRequest, chosen: QuerySet[Activity]) -> None:
        self._mark(request, chosen, is_bot=False)

    def _mark(self, request: HttpRequest, chosen: QuerySet[Activity], *, is_bot: bool) -> None:
        ids = chosen.values_list("pk", flat=True)
        changed = mark_bots(ids=ids, by=user_of(request), at=timezone.now(), is_bot=is_bot)
        said = ngettext("%(n)d activity changed; its lead is scored again.",
                        "%(n)d activities changed; their leads are scored again.",
                        len(changed))  # fmt: skip
        self.message_user(request, said % {"n": len(changed)})


class TagsForm(forms.ModelForm):
    """Tags as words between commas."""

    words = forms.CharField(
        label=_("tags"),
        max_length=500,
        required=False,
        help_text=_("Words between commas. Every lead that met this object is scored again."),
    )

    class Meta:
        model = TrackedObject
        fields = ["title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].initial = ", ".join(self.instance.tags)


@admin.register(TrackedObject)
class TrackedObjectAdmin(AdminWithEvents):
    form = TagsForm
    list_display = ["key", "title", "kind", "tags"]
    list_filter = ["kind"]
    search_fields = ["key__startswith", "title__startswith"]
    fields = ["kind", "key", "title", "words"]
    readonly_fields = ["kind", "key"]
    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an object comes with its first activity

    def save_model(
        self,
        request: HttpRequest,
        obj: TrackedObject,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        TrackedObject.objects.filter(pk=obj.pk).update(title=obj.title)
        tags = form.cleaned_data["words"].split(",")
        retag(object=obj, tags=tags, by=user_of(request), at=timezone.now())
