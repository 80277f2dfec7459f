"""Pages of the emergency override: put a frozen text in force for a while, and end it."""

from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.agreements import overrides
from portal.agreements.addresses import address
from portal.agreements.forms import OverrideForm
from portal.agreements.pages import answer, find_version
from portal.agreements.queries import version_in_force
from portal.agreements.reading import read_version
from portal.agreements.signing import is_allowed
from portal.agreements.strip import signature_lines
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.http import user_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def override(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Put this text in force for a while, with words, a password, and an end that comes itself."""
    user, at = user_of(request), timezone.now()
    overrides.require_leadership(user)
    version = find_version(kind, number)
    overrides.require_overridable(version, at=at)
    form = OverrideForm(request.POST or None, user=user, sha256=version.sha256)
    if request.method == "POST" and is_allowed(form, user.pk) and form.is_valid():
        given = form.cleaned_data
        try:
            overrides.override(
                version=version,
                sha256=given["sha256"],
                reason=given["reason"],
                lasts=timedelta(hours=int(given["hours"])),
                by=user,
                at=at,
            )
        except (Conflict, NotAllowed):
            raise
        except DomainError as refused:
            form.add_error("reason", str(refused))
        else:
            messages.success(request, _("In force until its time is over. Everybody is shown why."))
            return redirect(address(version))
    standing = version_in_force(version.agreement, at=at)
    context = {
        "form": form,
        "standing": standing,
        "reading": read_version(version, standing),
        "signatures": signature_lines(version),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return answer(request, "override.html", version, context, user=user, status=status)


@login_required
@require_POST
def end_override(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """End the override of this version now."""
    user, at = user_of(request), timezone.now()
    overrides.require_leadership(user)
    version = find_version(kind, number)
    for one in version.overrides.filter(at__lte=at, ends_at__gt=at):
        overrides.end_override(override=one, by=user, at=at)
    messages.success(request, _("Ended. What both sides signed is in force again."))
    return redirect(address(version))
