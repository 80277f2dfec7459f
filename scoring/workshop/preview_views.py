"""What a draft would do, beside its text and on a page of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.database.registry import FACTS_BY_NAME
from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.pages import tabs_of
from portal.agreements.registry import pages_of
from portal.core.http import is_htmx, user_of
from scoring.definitions.services import KIND
from scoring.engine.columns_views import reads_columns
from scoring.rules.conditions import Condition
from scoring.rules.findings import Finding
from scoring.rules.lint import lint
from scoring.workshop.drafts import Beside, beside, segments
from scoring.workshop.figures import figures
from scoring.workshop.lately import seen_of
from scoring.workshop.preview import FACT_SPLITS, MEASURES, Preview, Split, preview

Segments = Sequence[tuple[str, Condition | None]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reads_columns
def preview_page(request: HttpRequest, number: int) -> HttpResponse:
    """Count what a version makes of everybody; posted, what it would with the clause being typed.

    htmx gets the part beside the text: of many leads an estimate first, which asks for the rest.
    """
    at, user = timezone.now(), user_of(request)
    if request.method == "POST":
        services.require_editor(user)
    posted = request.POST if request.method == "POST" else None
    shown = beside(number, at=at, posted=posted)
    is_part = is_htmx(request)
    hurry = is_part and "exact" not in request.GET
    known = segments(at)
    split = Split() if is_part else _split(request, known)
    context = frame(shown, "definition-preview") | {
        "problems": shown.problems,
        "is_typed": shown.is_typed,
        "may_edit": user.role in services.EDITORS,
        "follow_url": "",
    }
    if shown.draft is not None:
        found = preview(
            shown.draft, shown.before, among=shown.among, at=at, hurry=hurry, split=split
        )
        context |= figures(found, shown.draft, measures=MEASURES[:1] if is_part else MEASURES)
        context |= _checks(shown, found, at=at)
        if found.is_estimate and not shown.is_typed:
            context["follow_url"] = f"{request.path}?exact=1"
    context |= {"split": split.by, "splits": _splits(split, known)}
    template = "_preview.html" if is_part else "preview.html"
    response = render(request, f"scoring/workshop/{template}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def frame(shown: Beside, here: str) -> dict[str, Any]:
    """Return what every page about one version has in its head."""
    pages = pages_of(KIND)
    return {
        "version": shown.version,
        "before_version": shown.before_version or (shown.instead and shown.instead.version),
        "title": _("Version %d") % shown.version.number,
        "list_url": reverse(pages.list_name),
        "list_title": pages.title,
        "version_url": address(shown.version),
        "tabs": tabs_of(shown.version, here=here),
    }


def _checks(shown: Beside, found: Preview, *, at: datetime) -> dict[str, Any]:
    """Return the findings that only the leads show, or all of them while somebody types."""
    if shown.draft is None or found.is_estimate:
        return {"findings": lint(shown.draft) if shown.draft and shown.is_typed else []}
    told = {finding.code for finding in lint(shown.draft)}
    seen = seen_of(shown.draft, found.draft, shown.before_version, at=at)
    findings: list[Finding] = lint(shown.draft, seen)
    if not shown.is_typed:
        findings = [one for one in findings if one.code not in told]
    return {"findings": findings, "is_checked": True}


def _split(request: HttpRequest, known: Segments) -> Split:
    by = request.GET.get("by", "source")
    if by == "segment" and len(known) > 1:
        return Split(by, known)
    return Split(by if by in FACT_SPLITS else "source")


def _splits(chosen: Split, known: Segments) -> list[dict[str, Any]]:
    names = {"source": _("source")}
    if len(known) > 1:
        names["segment"] = _("segment")
    names |= {name: str(FACTS_BY_NAME[name].label) for name in FACT_SPLITS}
    return [{"by": by, "name": name, "current": by == chosen.by} for by, name in names.items()]
