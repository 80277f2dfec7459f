from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leads.handoffs.models import Handoff
from portal.accounts.models import Role
from portal.agreements.pages import find_version, tabs_of
from portal.core.http import user_of
from sla.rehearsal.forms import RehearsalForm
from sla.rehearsal.replay import Kept
from sla.rehearsal.services import rehearse, terms_of_version
from sla.rehearsal.words import assumptions, finding, levels_of
from sla.terms.queries import KIND


@login_required
@require_safe
def rehearsal(request: HttpRequest, number: int) -> HttpResponse:
    """What terms would have made of the last weeks, and how many people they need."""
    user, at = user_of(request), timezone.now()
    if not (user.sees_everything or user.role == Role.SALES_LEAD):
        raise Http404
    version, form = find_version(KIND, number), RehearsalForm(request.GET)
    shown = rehearse(version, Handoff.objects.visible_to(user), form.wishes, at=at)
    levels, signed = levels_of(shown), terms_of_version(version).calendars

    def calendar_name(kept: Kept) -> str:
        key = kept.promise.calendar
        return str(signed[key]["name"]) if key in signed else _("hours of the owner")

    context = {
        "version": version,
        "form": form,
        "shown": shown,
        "rows": [(one, shown.before_of(one), calendar_name(one)) for one in shown.after.promises],
        "levels": levels,
        "kinds": [title for title, _kept in levels[0][1]] if levels else [],
        "target": form.wishes.target,
        "finding": finding(shown, form.wishes.target),
        "assumptions": assumptions(shown),
        "tabs": tabs_of(version, here="terms-rehearsal"),
    }
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "sla/rehearsal/page.html", context, status=status)
