"""The lead database to look at: leads are edited on their own pages, by services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leads.database.derived_rows import checked
from leads.database.facts import known_facts
from leads.database.models import (
    Campaign,
    Company,
    DerivedRow,
    FactSnapshot,
    Lead,
    Note,
    Opportunity,
    Source,
    Spend,
    StageChange,
    Standing,
)
from leads.database.restating import CHANGED
from portal.core.admin import ReadOnlyAdmin, as_json
from portal.core.http import user_of
from portal.core.text import composed
from portal.events.admin import AdminWithEvents
from portal.events.services import record


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    list_display = ["label", "email", "company", "stage", "source", "owner", "created_at"]
    list_filter = ["stage", "do_not_email", "do_not_call"]
    list_select_related = ["company", "source", "owner"]
    search_fields = ["=email_key", "=external_id", "name_key__startswith"]
    search_help_text = _("A whole e-mail address or external id, or how a name begins")
    ordering = ["-pk"]


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    list_display = ["name", "domain"]
    search_fields = ["key__startswith", "=domain"]
    ordering = ["-pk"]


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    list_display = ["lead_id", "total", "grade", "stage", "version", "scored_at", "valid_until",
                    "stale_since"]  # fmt: skip
    list_filter = ["stage"]
    list_select_related = ["version__agreement"]
    search_fields = ["=lead__email_key", "=lead__id"]
    ordering = ["-lead"]


@admin.register(FactSnapshot)
class FactSnapshotAdmin(ReadOnlyAdmin):
    list_display = ["id", "lead", "known_from", "recorded_at", "set_by", "actor"]
    list_filter = ["set_by"]
    list_select_related = ["lead", "actor"]
    search_fields = ["=lead__email_key", "=lead__id"]
    fields = ["lead", "known_from", "recorded_at", "set_by", "actor", "facts", "shown_origins"]
    ordering = ["-pk"]

    @admin.display(description=_("facts"))
    def facts(self, snapshot: FactSnapshot) -> SafeString:
        found = known_facts([snapshot.lead_id], until=snapshot.known_from)
        return as_json(found[snapshot.lead_id][-1].values)

    @admin.display(description=_("said by and since"))
    def shown_origins(self, snapshot: FactSnapshot) -> SafeString:
        return as_json(snapshot.origins)


class DerivedRowForm(forms.ModelForm):
    """A row of the table, its words as titles are compared."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("fact") and given.get("says"):
            try:
                given["says"] = checked(given["fact"], given["says"])
            except ValueError as problem:
                self.add_error("says", str(problem))
        if given.get("means"):
            given["means"] = composed(" ".join(given["means"].split()))
        return given


@admin.register(DerivedRow)
class DerivedRowAdmin(AdminWithEvents):
    """What is added here counts before the built-in table; leads say it anew within minutes."""

    form = DerivedRowForm
    list_display = ["says", "means", "fact", "is_active"]
    list_filter = ["fact", "is_active"]
    search_fields = ["says", "means"]
    fields = ["fact", "says", "means", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["fact"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Store the row, and have the leads that it concerns say anew what follows."""
        before = form.initial.get("says") if change else None
        super().save_model(request, obj, form, change)
        said = sorted({obj.says, before or obj.says})
        payload = {"fact": obj.fact, "said": said}
        record(CHANGED, subject=obj, actor=user_of(request), payload=payload, at=timezone.now())


@admin.register(StageChange)
class StageChangeAdmin(ReadOnlyAdmin):
    list_display = ["lead", "stage", "entered_at", "left_at", "cause", "by"]
    list_filter = ["stage"]
    list_select_related = ["lead", "by"]
    search_fields = ["=lead__email_key", "=lead__id"]
    ordering = ["-pk"]


@admin.register(Opportunity)
class OpportunityAdmin(ReadOnlyAdmin):
    list_display = ["lead", "outcome", "value", "currency", "owner", "opened_at", "closed_at"]
    list_filter = ["outcome"]
    list_select_related = ["lead", "owner"]
    search_fields = ["=lead__email_key", "=lead__id"]
    ordering = ["-pk"]


@admin.register(Note)
class NoteAdmin(ReadOnlyAdmin):
    list_display = ["lead", "author", "text", "is_question", "at"]
    list_filter = ["is_question", "side"]
    list_select_related = ["lead", "author"]
    search_fields = ["=lead__email_key", "=lead__id"]
    ordering = ["-pk"]


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ["name", "key"]
    search_fields = ["key__startswith"]


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    list_display = ["name", "source"]
    list_select_related = ["source"]
    search_fields = ["key__startswith"]


@admin.register(Spend)
class SpendAdmin(ReadOnlyAdmin):
    list_display = ["day", "source", "campaign", "ad", "amount", "currency", "clicks"]
    list_filter = ["source"]
    list_select_related = ["source", "campaign"]
    search_fields = ["campaign__key__startswith"]
    ordering = ["-pk"]
