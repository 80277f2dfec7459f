"""The lead database to look at: leads are edited on their own pages, by services."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leads.database.facts import known_facts
from leads.database.models import (
    Campaign,
    Company,
    FactSnapshot,
    Lead,
    Note,
    Opportunity,
    Source,
    Spend,
    StageChange,
    Standing,
)
from portal.core.admin import ReadOnlyAdmin, as_json


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
