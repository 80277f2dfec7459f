"""Versions on paper and side by side: compare two, print one, write it to a file, read one in."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.comparing import compare
from portal.agreements.exchange import (
    LARGEST,
    as_text,
    export_version,
    import_version,
    sentences_of,
)
from portal.agreements.models import Version
from portal.agreements.pages import answer, find_version, state_of
from portal.agreements.proof import verify
from portal.agreements.queries import version_before, version_in_force
from portal.agreements.reading import read_version
from portal.agreements.registry import pages_of, panels_for
from portal.agreements.strip import signature_lines
from portal.core.errors import DomainError
from portal.core.http import user_of

MOST_CHOICES = 100


@login_required
@require_safe
def comparison(request: HttpRequest, number: int, other: int, *, kind: str) -> HttpResponse:
    """What version ``number`` says otherwise than version ``other``, in words."""
    user, at = user_of(request), timezone.now()
    after, before = find_version(kind, number), find_version(kind, other)
    numbers = Version.objects.filter(agreement=after.agreement_id).order_by("-number")
    panels = pages_of(kind).compare_panels
    context = {
        "comparison": compare(before, after),
        "numbers": list(numbers.values_list("number", flat=True)[:MOST_CHOICES]),
        "choose_url": address(after, "choose"),
        "swap_url": address(before, "compare", other=str(after.number)),
        "panels": panels_for(panels, after, before, user, at),
    }
    return answer(request, "compare.html", after, context, user=user)


@login_required
@require_safe
def choose(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Go to the comparison with the version that was chosen, or the usual one."""
    shown = find_version(kind, number)
    wanted = request.GET.get("other", "")
    if wanted.isdecimal() and len(wanted) < 9:
        other = find_version(kind, int(wanted))
    else:
        other = version_before(shown, at=timezone.now()) or shown
    return redirect(address(shown, "compare", other=str(other.number)))


@login_required
@require_safe
def paper(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """One version to print: text, reasons, signatures, hash, and whether all of it holds."""
    user, at = user_of(request), timezone.now()
    shown = find_version(kind, number)
    in_force = version_in_force(shown.agreement, at=at)
    context = {
        "reading": read_version(shown, None),
        "state": state_of(shown, in_force, at),
        "signatures": [line for line in signature_lines(shown) if line["state"] == "signed"],
        "is_frozen": bool(shown.sha256),
        "wrong": verify(shown),
        "at": at,
        "panels": panels_for(pages_of(kind).print_panels, shown, None, user, at),
    }
    return answer(request, "paper.html", shown, context, user=user)


@login_required
@require_safe
def export(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """A version as a JSON file, as docs/reference/agreement-file.md describes it."""
    version = find_version(kind, number)
    response = HttpResponse(as_text(export_version(version)), content_type="application/json")
    name = f"{version.agreement.slug}-v{version.number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def read_in(request: HttpRequest, *, kind: str) -> HttpResponse:
    """Make a draft of a file, or say sentence by sentence why not."""
    user, at, pages = user_of(request), timezone.now(), pages_of(kind)
    services.require_editor(user)
    context: dict[str, Any] = {"list_url": reverse(pages.list_name), "list_title": pages.title}
    if request.method != "POST":
        return answer(request, "import.html", None, context, user=user)
    typed = request.POST.get("text", "")
    upload = request.FILES.get("file")
    content = upload.read(LARGEST + 1) if upload else typed.encode("utf-8", "replace")
    try:
        draft = import_version(content, kind=kind, by=user, at=at)
    except DomainError as refused:
        context |= {"typed": typed[:LARGEST], "wrong": sentences_of(refused)}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return answer(request, "import.html", None, context, user=user, status=status)
    messages.success(request, _("Read in as version %d. Nothing runs by it yet.") % draft.number)
    return redirect(address(draft))
