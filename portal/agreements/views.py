"""Pages over agreements of any kind: all versions, one version, a new draft."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.models import Version
from portal.agreements.pages import answer, find_version, state_of
from portal.agreements.queries import agreement_for, version_before, version_in_force
from portal.agreements.reading import read_version
from portal.agreements.registry import pages_of
from portal.agreements.story import story_of
from portal.agreements.strip import signature_lines, why_not
from portal.core.http import user_of
from portal.core.paging import keyset_page

MOST_DRAFTS = 50


@login_required
@require_safe
def versions(request: HttpRequest, *, kind: str) -> HttpResponse:
    """The version in force, drafts, and what was agreed before."""
    user, at, pages = user_of(request), timezone.now(), pages_of(kind)
    agreement = agreement_for(kind)
    rows = Version.objects.filter(agreement=agreement).select_related("agreement", "created_by")
    rows = rows.prefetch_related("signatures__signer")
    page = keyset_page(
        rows.past(), order=("-number", "pk"), cursor=request.GET.get("cursor", ""), size=20
    )
    in_force = rows.effective(at).first()
    context: dict[str, Any] = {
        "pages": pages,
        "in_force_version": _row(in_force, in_force, at) if in_force else None,
        "drafts": [_row(one, in_force, at) for one in rows.drafts()[:MOST_DRAFTS]],
        "page": page,
        "past": [_row(one, in_force, at) for one in page if one != in_force],
        "start_url": reverse(f"{pages.version_name}-start"),
    }
    return answer(request, "versions.html", None, context, user=user)


def _row(version: Version, in_force: Version | None, at: Any) -> dict[str, Any]:
    signatures = sorted(version.signatures.all(), key=lambda one: one.side)
    return {
        "version": version,
        "url": address(version),
        "state": state_of(version, in_force, at),
        "signatures": [one for one in signatures if one.voided_at is None],
    }


@login_required
@require_safe
def version(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """One version as sentences, with what changed, checks, what happened and the signatures."""
    user, at = user_of(request), timezone.now()
    shown = find_version(kind, number)
    base, lines = version_before(shown, at=at), signature_lines(shown)
    in_force = version_in_force(shown.agreement, at=at)
    hint = why_not(shown, user, lines)
    context = {
        "reading": read_version(shown, base),
        "state": state_of(shown, in_force, at),
        "in_force_version": in_force,
        "is_open": shown.state in {"draft", "proposed"},
        "story": story_of(shown),
        "signatures": lines,
        "act_hint": hint,
        "act_label": _("Sign for %s") % (user.signs_for.label if user.signs_for else ""),
        "act_link": "" if hint else address(shown, "sign"),
        "urls": _acts(shown),
    }
    return answer(request, "version.html", shown, context, user=user)


def _acts(shown: Version) -> dict[str, str]:
    start = reverse(f"{pages_of(shown.agreement.kind).version_name}-start")
    if shown.state not in {"draft", "proposed"}:
        return {"start": start}
    return {act: address(shown, act) for act in ("add", "propose", "withdraw", "give-up")} | {
        "give_up": address(shown, "give-up"),
        "start": start,
    }


@login_required
@require_POST
def start(request: HttpRequest, *, kind: str) -> HttpResponse:
    """Begin a draft from the version in force, from one named, or from the first clauses."""
    user, at, pages = user_of(request), timezone.now(), pages_of(kind)
    services.require_editor(user)
    agreement = services.open_agreement(kind=kind, name=str(pages.name), at=at)
    wanted = request.POST.get("number", "")
    base = (
        find_version(kind, int(wanted))
        if wanted.isdecimal() and len(wanted) < 9
        else version_in_force(agreement, at=at)
    )
    draft = services.start_draft(
        agreement=agreement,
        by=user,
        at=at,
        based_on=base,
        clauses=None if base else list(pages.first_clauses()),
        note=request.POST.get("note", "").replace("\x00", "").strip()[:2000],
    )
    messages.success(request, _("Version %d is a draft. Nothing runs by it yet.") % draft.number)
    return redirect(address(draft))
