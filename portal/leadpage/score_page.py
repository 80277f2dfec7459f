"""One lead's score under any version, at any instant of the past, line by line."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from leads.database.models import Lead
from portal.agreements.models import Version
from portal.core.asof import AsOfForm
from portal.core.http import user_of
from portal.desk.timeline import place_of
from scoring.definitions.services import KIND
from scoring.engine.retold import Retold, retell
from scoring.engine.words import facts_words
from scoring.rules.amounts import show

MOST_VERSIONS = 100


class ScoreForm(AsOfForm):
    """Under which version, and as known when; the one in force then, and now, without them."""

    version = forms.ModelChoiceField(
        label=gettext_lazy("Version"),
        queryset=Version.objects.none(),
        required=False,
        empty_label=gettext_lazy("the one in force then"),
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": gettext_lazy("There is no such signed version.")},
    )

    def __init__(self, data: Any, *, now: datetime) -> None:
        super().__init__(data, now=now)
        signed = Version.objects.of_kind(KIND).signed().select_related("agreement")
        rows = signed.defer("signed_text").order_by("-effective_from", "-pk")
        self.fields["version"].queryset = rows  # type: ignore[attr-defined]


@login_required
@require_safe
def lead_score(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show every line of one lead's score with what is behind it, and what gates miss."""
    now = timezone.now()
    visible = Lead.objects.visible_to(user_of(request)).select_related("company")
    lead = get_object_or_404(visible, public_id=public_id)
    form = ScoreForm(request.GET, now=now)
    context: dict[str, Any] = {"lead": lead, "form": form, "now": now}
    if not form.is_valid():
        return render(request, "portal/leadpage/score.html", context, status=422)
    at = form.cleaned_data["at"] or now
    found = retell(lead, at=at, version=form.cleaned_data["version"])
    context |= {"at": at, "found": found, "rows": _rows(found, lead) if found else []}
    return render(request, "portal/leadpage/score.html", context)


def _rows(found: Retold, lead: Lead) -> list[dict[str, Any]]:
    page = lead.get_absolute_url()
    return [
        {
            "line": one.line,
            "is_sum": one.is_sum,
            "facts": facts_words(one.facts, {}),
            "activities": [
                {
                    "url": page + place_of(each.activity),
                    "text": str(each.activity.object or each.activity.registered.label),
                    "at": each.activity.occurred_at,
                    "points": show(each.points, plus=True),
                    "steps": each.steps,
                }
                for each in one.activities
            ],
        }
        for one in found.lines
    ]
