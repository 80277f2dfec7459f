"""The page on which one lead is tried under a draft and under the version in force."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from leads.database.models import Lead
from leads.database.search import search_ids
from portal.accounts.models import User
from portal.core.asof import AsOfForm
from portal.core.http import user_of
from scoring.workshop.drafts import beside
from scoring.workshop.preview_views import frame
from scoring.workshop.trying import try_lead

MOST_FOUND = 12


class TryForm(AsOfForm):
    """Whom to try, and when. A lead once chosen stays while the instant changes."""

    field_order = ("q", "at", "lead")
    q = forms.CharField(
        label=gettext_lazy("Lead"),
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"class": "form-control", "type": "search", "autocomplete": "off",
                   "data-focus": ""}
        ),
        help_text=gettext_lazy("A name, a company or an e-mail address."),
    )  # fmt: skip
    lead = forms.UUIDField(required=False, widget=forms.HiddenInput)


@login_required
@require_safe
def try_page(request: HttpRequest, number: int) -> HttpResponse:
    """Find a lead this person may see, and show its score line by line under both versions."""
    now, user = timezone.now(), user_of(request)
    shown = beside(number, at=now)
    form = TryForm(request.GET, now=now)
    context: dict[str, Any] = {"form": form, "problems": shown.problems}
    status = 200
    if not form.is_valid():
        status = 422
    elif shown.draft is not None:
        given = form.cleaned_data
        lead = _chosen(user, given["lead"], given["q"])
        if lead is not None:
            before = shown.before
            if before is None and shown.instead is not None:
                before = shown.instead.definition
            context["trial"] = try_lead(
                lead, shown.draft, before, given["at"] or now, among=shown.among
            )
        elif given["q"].strip():
            context["found"] = found = _found(user, given["q"])
            context["is_more"] = len(found) > MOST_FOUND
            context["found"] = found[:MOST_FOUND]
    page = frame(shown, "definition-try") | context
    return render(request, "scoring/workshop/try.html", page, status=status)


def _chosen(user: User, public_id: UUID | None, text: str) -> Lead | None:
    """Return the lead that was chosen, or the only one that the text finds."""
    visible = Lead.objects.visible_to(user).select_related("company")
    if public_id is not None and not text.strip():
        lead = visible.filter(public_id=public_id).first()
        if lead is None:
            raise Http404
        return lead
    found = _found(user, text) if text.strip() else []
    return found[0] if len(found) == 1 else None


def _found(user: User, text: str) -> list[Lead]:
    visible = Lead.objects.visible_to(user)
    ids = search_ids(text.replace("\x00", ""), among=None if user.sees_everything else visible)
    rows = visible.filter(pk__in=ids[: 5 * MOST_FOUND]).select_related("company")
    return list(rows.order_by("name", "pk")[: MOST_FOUND + 1])
