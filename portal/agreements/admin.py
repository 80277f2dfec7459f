"""Agreements to look at: they are written, signed and voided on their own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.agreements.models import Agreement, Clause, Comment, Signature, Version
from portal.agreements.proof import verify
from portal.core.admin import ReadOnlyAdmin, as_json, as_text


@admin.register(Agreement)
class AgreementAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "slug", "position"]
    search_fields = ["name", "slug"]


@admin.register(Version)
class VersionAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "state", "proposed_at", "effective_from", "sha256"]
    list_filter = ["agreement__kind"]
    list_select_related = ["agreement"]
    search_fields = ["agreement__name", "sha256__startswith", "=number"]
    fields = [
        "agreement", "number", "state", "revision", "note", "created_by", "created_at",
        "proposed_by", "proposed_at", "starts_at", "effective_from", "withdrawn_at", "sha256",
        "proof", "shown_text",
    ]  # fmt: skip
    ordering = ["-pk"]

    @admin.display(description=gettext_lazy("proof"))
    def proof(self, version: Version) -> str:
        wrong = verify(version) if version.sha256 else []
        return " ".join(wrong) if wrong else _("Text, hash and signatures agree.")

    @admin.display(description=gettext_lazy("signed text"))
    def shown_text(self, version: Version) -> SafeString:
        return as_text(version.signed_text)


@admin.register(Clause)
class ClauseAdmin(ReadOnlyAdmin):
    list_display = ["key", "kind", "version", "position", "changed_by", "changed_at"]
    list_filter = ["kind"]
    search_fields = ["key"]
    fields = ["version", "key", "kind", "position", "shown_body", "rationale", "revision",
              "changed_by", "changed_at"]  # fmt: skip
    ordering = ["-pk"]

    @admin.display(description=gettext_lazy("body"))
    def shown_body(self, clause: Clause) -> SafeString:
        return as_json(clause.body)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("version__agreement", "changed_by")


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    list_display = ["version", "side", "signer", "role", "at", "voided_at", "sha256"]
    list_filter = ["side", "voided_at"]
    search_fields = ["signer__name", "sha256__startswith"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("version__agreement", "signer")


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    list_display = ["version", "author", "text", "at", "resolved_at"]
    search_fields = ["text"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("version__agreement", "author")
