"""Plain lists that a sales lead and an account executive start their day on."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.database.models import Opportunity
from leads.handoffs.models import Handoff
from leads.routing.services import reassign
from portal.accounts.models import Role, User
from portal.core.http import next_url, user_of
from portal.dashboards.lists import open_handoffs, open_rows, places_of, sqls_of, teams_of


class ReassignForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.filter(role=Role.SDR, is_active=True),
        error_messages={"required": _("Choose who should take it.")},
    )


def _team_lead(request: HttpRequest) -> User:
    user = user_of(request)
    if not user.manages_sales:
        raise Http404
    return user


@login_required
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """Who has what, until when; who has room; what waits."""
    user, at = _team_lead(request), timezone.now()
    teams, owner = list(teams_of(user)), request.GET.get("owner", "")
    page = open_handoffs(teams, cursor=request.GET.get("cursor", ""), owner=owner)
    places = places_of(teams, at=at)
    context = {
        "teams": teams,
        "page": page,
        "rows": open_rows(page.rows, at=at),
        "places": places,
        "waiting": Handoff.objects.waiting().filter(team__in=teams)[:1],
        "owner": owner,
        "now": at,
    }
    return render(request, "portal/dashboards/team.html", context)


@login_required
@require_POST
def team_reassign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Pass an open handoff to another member of its team."""
    user, form = _team_lead(request), ReassignForm(request.POST)
    handoff = get_object_or_404(Handoff.objects.live().visible_to(user), public_id=public_id)
    if form.is_valid():
        to = form.cleaned_data["to"]
        reassign(handoff=handoff, to=to, by=user, at=timezone.now())
        words = {"lead": handoff.lead.label, "who": to}
        messages.success(request, _("%(lead)s is with %(who)s now.") % words)
    else:
        messages.error(request, _("Choose a member of the team from the list."))
    return redirect(next_url(request, "team"))


@login_required
@require_GET
def my_sqls(request: HttpRequest) -> HttpResponse:
    """An account executive's SQLs, what is due on each, and what became of them."""
    user = user_of(request)
    if user.role != Role.ACCOUNT_EXECUTIVE:
        raise Http404
    state = request.GET.get("state", "")
    page = sqls_of(user, cursor=request.GET.get("cursor", ""), state=state)
    states = [
        ("", _("Open and won")),
        ("sql", _("No opportunity yet")),
        *Opportunity.Outcome.choices,
    ]
    tabs = [
        {"url": f"?state={value}" if value else "?", "label": label, "current": value == state}
        for value, label in states
    ]
    context = {"page": page, "tabs": tabs, "state": state, "now": timezone.now()}
    return render(request, "portal/dashboards/my_sqls.html", context)
