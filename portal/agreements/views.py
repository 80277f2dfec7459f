"""Pages over agreements of any kind: all versions, one version, a new draft."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.models import Role
from portal.agreements import coediting, services
from portal.agreements.addresses import address
from portal.agreements.cadence import overdue_kinds
from portal.agreements.following import live_context, text_context
from portal.agreements.models import Agreement, Version, VersionQuerySet
from portal.agreements.overrides import running
from portal.agreements.pages import answer, find_version, state_of
from portal.agreements.queries import version_in_force
from portal.agreements.registry import AgreementPages, ClauseText, Words, pages_of, panels_for
from portal.agreements.story import story_of
from portal.agreements.strip import why_not
from portal.core.http import user_of
from portal.core.paging import keyset_page

MOST_DRAFTS = 50


@login_required
@require_safe
def versions(request: HttpRequest, *, kind: str) -> HttpResponse:
    """The version in force, drafts, and what was agreed before."""
    user, at, pages = user_of(request), timezone.now(), pages_of(kind)
    rows = Version.objects.of_kind(kind).select_related("agreement", "created_by")
    rows = rows.prefetch_related("signatures__signer")
    in_force, several = _in_force(rows, at), Agreement.objects.filter(kind=kind)[1:2].exists()
    page = keyset_page(
        rows.past(), order=("-number", "pk"), cursor=request.GET.get("cursor", ""), size=20
    )
    whom = pages.whom(in_force) if several else {}
    standing = [one.pk for one in in_force]
    context: dict[str, Any] = {
        "pages": pages,
        "applied": [_row(one, one, at, whom, several=several) for one in in_force],
        "in_force_version": next((one for one in in_force if not one.agreement.position), None),
        "drafts": [_row(one, None, at, several=several) for one in rows.drafts()[:MOST_DRAFTS]],
        "page": page,
        "past": [_row(one, None, at, several=several) for one in page if one.pk not in standing],
        "segments_url": reverse(pages.segments_name) if pages.segments_name else "",
        "overdue": overdue_kinds(at=at).get(kind),
        "start_url": reverse(f"{pages.version_name}-start"),
        "import_url": reverse(f"{pages.version_name}-import"),
        "starters": pages.starters(),
    }
    return answer(request, "versions.html", None, context, user=user)


def _in_force(rows: VersionQuerySet, at: datetime) -> list[Version]:
    """Return what is in force, as segments are tried; the one for everybody last."""
    newest = Version.objects.effective(at).filter(agreement=OuterRef("agreement")).values("pk")
    found = rows.filter(pk=Subquery(newest[:1])).order_by("agreement__position", "pk")
    return sorted(found, key=lambda one: one.agreement.position == 0)


def _row(
    version: Version,
    in_force: Version | None,
    at: Any,
    whom: Mapping[int, Words] | None = None,
    *,
    several: bool,
) -> dict[str, Any]:
    signatures = sorted(version.signatures.all(), key=lambda one: one.side)
    return {
        "version": version,
        "name": version.agreement.name if several else "",
        "whom": (whom or {}).get(version.pk, ""),
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
    since = coediting.last_event(shown)  # before the text: what comes in between is told again
    context = text_context(shown, at=at)
    lines, is_open = context["signatures"], context["is_open"]
    if is_open:
        coediting.be_there(shown, user, "", at=at)
        there = coediting.who_is_there(shown, at=at)
        context |= live_context(shown, user, since=since, there=there)
    in_force = version_in_force(shown.agreement, at=at)
    hint = why_not(shown, user, lines)
    panels = pages_of(kind).side_panels
    context |= {
        "state": state_of(shown, in_force, at),
        "overdue": overdue_kinds(at=at).get(kind),
        "in_force_version": in_force,
        "may_override": user.role == Role.LEADERSHIP and shown.proposed_at and shown != in_force,
        "overriding": next((one for one in running(at) if one.version_id == shown.pk), None),
        "panels": panels_for(panels, shown, context["reading"].base, user, at),
        "story": story_of(shown),
        "act_hint": hint,
        "act_label": _("Sign for %s") % (user.signs_for.label if user.signs_for else ""),
        "act_link": "" if hint else address(shown, "sign"),
        "urls": _acts(shown),
    }
    return answer(request, "version.html", shown, context, user=user)


def _acts(shown: Version) -> dict[str, str]:
    names = ["talk", "choose", "paper", "export", "override", "override-end"]
    if shown.state in {"draft", "proposed"}:
        names += ["add", "propose", "withdraw", "give-up"]
    urls = {name.replace("-", "_"): address(shown, name) for name in names}
    start = reverse(f"{pages_of(shown.agreement.kind).version_name}-start")
    return urls | {"start": start}


@login_required
@require_POST
def start(request: HttpRequest, *, kind: str) -> HttpResponse:
    """Begin a draft from the version in force, one named, a starter, or the first clauses."""
    user, at, pages = user_of(request), timezone.now(), pages_of(kind)
    services.require_editor(user)
    wanted = request.POST.get("number", "")
    starter = _starter(pages, request.POST.get("starter", ""))
    if wanted.isdecimal() and len(wanted) < 9:
        base: Version | None = (named := find_version(kind, int(wanted)))
        agreement = named.agreement
    else:
        agreement = services.open_agreement(kind=kind, name=str(pages.name), at=at)
        base = version_in_force(agreement, at=at)
    first = starter or (None if base else pages.first_clauses)
    draft = services.start_draft(
        agreement=agreement,
        by=user,
        at=at,
        based_on=base,
        clauses=list(first()) if first else None,
        note=request.POST.get("note", "").replace("\x00", "").strip()[:2000],
    )
    messages.success(request, _("Version %d is a draft. Nothing runs by it yet.") % draft.number)
    return redirect(address(draft))


def _starter(pages: AgreementPages, slug: str) -> Callable[[], Sequence[ClauseText]] | None:
    """Return the clauses of a starter; 404 for one that there is not."""
    if not slug:
        return None
    found = next((one for one in pages.starters() if one.slug == slug), None)
    if found is None:
        raise Http404
    return found.clauses
