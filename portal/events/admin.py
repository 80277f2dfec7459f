"""Events and deliveries to look at; and the base of everything that admins change."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.core.admin import AdminsOnly, ReadOnlyAdmin, as_json
from portal.core.http import user_of
from portal.events.delivery import retry_failed
from portal.events.models import Delivery, Event
from portal.events.services import record


class AdminWithEvents(AdminsOnly):
    """Rows that admins change; each write records ``admin.changed`` with the fields' names.

    Django calls these inside the transaction of the write, so that neither stands alone; the
    admin's own log is not written: there is one log.
    """

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        add: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        """Return the names of what changed, rows below by the name of their relation."""
        changed = list(form.changed_data)
        changed += [formset.prefix for formset in formsets or () if formset.has_changed()]
        return changed

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        self.record_change(request, obj, "added", message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        self.record_change(request, obj, "changed", message)

    def record_change(
        self, request: HttpRequest, obj: Model, act: str, fields: Sequence[str]
    ) -> None:
        """Record who changed which fields; a row keyed by a word is named in the payload."""
        by = user_of(request)
        payload = {"act": act, "of": obj._meta.label_lower, "fields": list(fields)}
        is_numbered = isinstance(obj.pk, int)
        payload |= {} if is_numbered else {"key": str(obj.pk)}
        record(
            "admin.changed",
            subject=obj if is_numbered else by,
            actor=by,
            payload=payload,
            at=timezone.now(),
        )


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["id", "at", "kind", "subject_type", "subject_id", "actor"]
    list_filter = ["subject_type"]
    list_select_related = ["actor"]
    search_fields = ["kind__startswith", "=subject_id", "=lead_links__lead_id"]
    search_help_text = gettext_lazy("Start of a kind, a subject's id, or a lead's id")
    fields = ["id", "at", "kind", "subject_type", "subject_id", "actor", "shown_payload"]
    ordering = ["-pk"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "subject_id" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("payload"))
    def shown_payload(self, event: Event) -> SafeString:
        return as_json(event.payload)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["id", "event", "handler", "state", "attempts", "not_before", "done_at"]
    list_filter = ["state"]
    list_select_related = ["event"]
    search_fields = ["handler", "=event__id"]
    fields = [
        "id",
        "event",
        "handler",
        "step",
        "state",
        "attempts",
        "not_before",
        "done_at",
        "error",
    ]
    ordering = ["-pk"]
    actions = ["try_again"]

    @admin.action(description=gettext_lazy("Try again (failed ones)"), permissions=["view"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """Give the failed ones of the chosen a fresh start."""
        at, by = timezone.now(), user_of(request)
        ids = list(chosen.values_list("pk", flat=True))
        with transaction.atomic():
            count = retry_failed(at=at, ids=ids)
            payload = {"deliveries": ids}
            record("deliveries.retried", subject=by, actor=by, payload=payload, at=at)
        if not count:
            self.message_user(request, _("None of these has failed."), messages.WARNING)
            return
        said = ngettext("%(n)d delivery is tried again within a minute.",
                        "%(n)d deliveries are tried again within a minute.", count)  # fmt: skip
        self.message_user(request, said % {"n": count})
