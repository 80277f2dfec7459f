"""Hosted forms to change; submissions and consents to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leads.capture.models import CaptureForm, Consent, Submission
from leads.database.registry import KINDS
from portal.core.admin import ReadOnlyAdmin, as_json
from portal.events.admin import AdminWithEvents

OURS = [(kind.name, kind.label) for kind in KINDS if not kind.is_touch]


class CaptureFormForm(forms.ModelForm):
    """A hosted form; new words of consent are a new version of them."""

    activity = forms.ChoiceField(label=_("counts as: a person ..."), choices=OURS)

    class Meta:
        model = CaptureForm
        fields = ["slug", "name", "intro", "button", "activity", "source", "consent_text",
                  "thanks", "is_open"]  # fmt: skip

    def save(self, commit: bool = True) -> CaptureForm:  # noqa: FBT001, FBT002 - Django's signature
        if self.instance.pk and "consent_text" in self.changed_data:
            self.instance.consent_version += 1
        saved: CaptureForm = super().save(commit)
        return saved


@admin.register(CaptureForm)
class CaptureFormAdmin(AdminWithEvents):
    form = CaptureFormForm
    list_display = ["name", "slug", "activity", "source", "consent_version", "is_open"]
    list_filter = ["is_open"]
    list_select_related = ["source"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["source"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The address of a form in use stands on other people's pages."""
        return [] if obj is None else ["slug"]

    def view_on_site(self, obj: CaptureForm) -> str:
        return obj.get_absolute_url()


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ["id", "form", "at", "state", "lead", "reason"]
    list_filter = ["state", "form"]
    list_select_related = ["form", "lead"]
    search_fields = ["=lead__email_key", "=lead__id"]
    fields = ["form", "lead", "at", "state", "reason", "shown_answers"]
    ordering = ["-pk"]

    @admin.display(description=_("answers"))
    def shown_answers(self, submission: Submission) -> SafeString:
        return as_json(submission.answers)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["lead", "version", "given_at", "via"]
    list_select_related = ["lead"]
    search_fields = ["=lead__email_key", "=lead__id"]
    ordering = ["-pk"]
