"""Evidence to look at; it never changes."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.core.admin import ReadOnlyAdmin, as_json
from scoring.engine.models import Evidence


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ["handoff_id", "kind", "version", "as_of", "total", "grade"]
    list_filter = ["kind"]
    list_select_related = ["version__agreement"]
    search_fields = ["=handoff__id", "=handoff__lead__id"]
    fields = ["handoff", "kind", "version", "as_of", "fit", "engagement", "total", "grade",
              "gates", "fired", "shown_document"]  # fmt: skip
    ordering = ["-handoff"]

    @admin.display(description=_("document"))
    def shown_document(self, evidence: Evidence) -> SafeString:
        return as_json(evidence.document)
