"""The rescore as people see it: how far it is, a way to stop it, a way to start it again."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.accounts.models import Role, User
from portal.core.errors import DomainError
from portal.core.http import is_htmx, user_of
from scoring.definitions.services import definitions_in_force
from scoring.engine.models import Rescore
from scoring.engine.rescore import (
    MAY_STEER,
    begin_rescore,
    cancel_rescore,
    progress_of,
    running_rescore,
)

READERS = frozenset(
    {Role.MARKETING, Role.MARKETING_LEAD, Role.SALES_LEAD, Role.LEADERSHIP, Role.ADMIN}
)


@dataclass(frozen=True)
class Shown:
    """What the page part says of the newest rescore."""

    version: str
    done: int
    total: int
    words: str
    url: str
    is_running: bool
    may_steer: bool


def shown_rescore(user: User) -> Shown | None:
    """Return what to show: a rescore that runs, or one that was cancelled and may go on."""
    progress = running_rescore()
    if progress is None:
        newest = Rescore.objects.select_related("version__agreement").order_by("-pk").first()
        if newest is None or newest.state != Rescore.State.CANCELLED:
            return None
        progress = progress_of(newest)
    written = progress.written
    words = ngettext("%(n)s score written", "%(n)s scores written", written)
    return Shown(
        version=str(progress.rescore.version),
        done=progress.done,
        total=progress.ranges,
        words=words % {"n": f"{written:,}"},
        url=reverse("rescore"),
        is_running=progress.rescore.state == Rescore.State.RUNNING,
        may_steer=user.role in MAY_STEER,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rescore(request: HttpRequest) -> HttpResponse:
    """The progress line alone, for a page that waits; POST stops the rescore or starts one.

    When it is over the page is asked for anew. Answers 409 when somebody was quicker.
    """
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    if request.method == "POST":
        return _steer(request, user)
    if not is_htmx(request):
        return redirect("releases")
    found = shown_rescore(user)
    if found is None or not found.is_running:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    return render(request, "components/_progress.html", line(found))


def line(found: Shown) -> dict[str, Any]:
    """Return what the progress line needs."""
    return {
        "id": "rescore-line",
        "done": found.done,
        "total": found.total,
        "words": found.words,
        "url": found.url,
    }


def _steer(request: HttpRequest, user: User) -> HttpResponse:
    at = timezone.now()
    if request.POST.get("act") == "start":
        found = definitions_in_force(at)
        if found is None:
            raise DomainError(_("No definition is in force yet. Both sides sign one first."))
        begin_rescore(version=found.newest.version, by=user, at=at)
        messages.success(request, _("All leads are being scored anew."))
    else:
        cancel_rescore(by=user, at=at)
        messages.success(request, _("The rescore is stopped. What is written stays."))
    return redirect("releases")
