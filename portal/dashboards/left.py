"""What people who have gone left undone, to be passed on."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.dispositions.owners import TAKES_SQLS
from leads.tasks.leaving import left_follow_ups, left_leads, pass_on_what_is_left
from portal.accounts.models import Membership, Team, User
from portal.core.errors import DomainError
from portal.core.http import user_of
from portal.core.paging import keyset_page
from portal.dashboards.forms import LeftForm, sentence_of
from portal.dashboards.team import team_for

MOST_TAKERS, MOST_AT_ONCE = 300, 1000


@login_required
@require_http_methods(["GET", "POST"])
def team_left(request: HttpRequest, team_id: int) -> HttpResponse:
    """SQLs and follow-ups of people who have left; those ticked go to somebody who is there."""
    team = team_for(request, team_id)
    if request.method != "POST":
        return _page(request, team)
    form = LeftForm(request.POST, takers=takers(team))
    if "all" in request.POST:
        form.leads = _keys(left_leads(team))
        form.follow_ups = _keys(left_follow_ups(team))
    if not form.is_valid():
        return _page(request, team, refusal=sentence_of(form))
    to, user = form.cleaned_data["to"], user_of(request)
    try:
        passed = pass_on_what_is_left(
            team=team,
            lead_ids=form.leads,
            follow_up_ids=form.follow_ups,
            to=to,
            by=user,
            at=timezone.now(),
        )
    except DomainError as refusal:
        return _page(request, team, refusal=str(refusal), status=refusal.status)
    words = {"leads": len(passed.leads), "tasks": len(passed.follow_ups), "who": to}
    messages.success(
        request, _("SQLs: %(leads)d, follow-ups: %(tasks)d are with %(who)s now.") % words
    )
    return redirect("team-left", team.pk)


def _keys(rows: "QuerySet[Any]") -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])


def takers(team: Team) -> QuerySet[User]:
    """Return who may be given something: people of the team, and whoever takes SQLs."""
    members = Membership.objects.filter(team=team).values("user")
    may = Q(pk__in=members) | Q(role__in=TAKES_SQLS)
    return User.objects.filter(may, is_active=True).order_by("name", "pk")


def _page(
    request: HttpRequest, team: Team, *, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    leads = left_leads(team).select_related("company", "owner")
    tasks = left_follow_ups(team).select_related("lead__company", "assignee")
    asked = request.GET
    context = {
        "team": team,
        "leads": keyset_page(leads, order=("pk",), cursor=asked.get("cursor", "")),
        "tasks": keyset_page(tasks, order=("due_at", "pk"), cursor=asked.get("tasks", "")),
        "count": left_leads(team).count() + left_follow_ups(team).count(),
        "people": takers(team)[:MOST_TAKERS],
        "refusal": refusal,
        "ticked": {
            "leads": request.POST.getlist("lead"),
            "tasks": request.POST.getlist("follow_up"),
            "to": request.POST.get("to", ""),
        },
        "now": timezone.now(),
    }
    if refusal and status == HTTPStatus.OK:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "portal/dashboards/left.html", context, status=status)
