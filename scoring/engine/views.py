"""The release list: leads whose gate an import, a rescore or a new version has opened."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leads.handoffs.models import Origin, Release
from portal.accounts.models import Membership, Role, User
from portal.core.http import user_of
from portal.core.paging import keyset_page
from scoring.definitions.services import definition_in_force
from scoring.engine.forms import ReleaseForm
from scoring.engine.rescore_views import READERS, shown_rescore
from scoring.engine.services import release_leads

RELEASERS = frozenset({Role.SALES_LEAD, Role.MARKETING_LEAD, Role.ADMIN})
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Capacity:
    """How much sales could take now: people who are there, their room, what they have open."""

    people: int
    room: int
    open: int


@login_required
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """Who waits, the best first, beside what sales could take."""
    user = _reader(request)
    return _show(request, user, ReleaseForm())


def _reader(request: HttpRequest) -> User:
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    return user


def _show(request: HttpRequest, user: User, form: ReleaseForm) -> HttpResponse:
    at = timezone.now()
    waiting = Release.objects.waiting().select_related("lead__company", "lead__source")
    counted = waiting.order_by()[: MOST_COUNTED + 1].count()
    capacity = capacity_for(user)
    context = {
        "page": keyset_page(waiting, order=("-total", "pk"), cursor=request.GET.get("cursor", "")),
        "count": counted,
        "is_more": counted > MOST_COUNTED,
        "capacity": capacity,
        "best": max(1, min(capacity.room, counted)),
        "may_release": user.role in RELEASERS,
        "links_leads": user.sees_everything,
        "has_definition": definition_in_force(at) is not None,
        "form": form,
        "rescore": shown_rescore(user),
    }
    status = 422 if form.errors else 200
    return render(request, "scoring/engine/releases.html", context, status=status)


def capacity_for(user: User) -> Capacity:
    """Return the room of the teams this person sees; one query."""
    members = Membership.objects.filter(takes_handoffs=True, user__is_active=True)
    members = members.filter(user__role=Role.SDR).exclude(away_until__gt=timezone.now())
    if not user.sees_everything:
        members = members.filter(team__in=user.memberships.values("team"))
    mine = Q(user__handoffs__origin=Origin.LIVE, user__handoffs__is_decided=False)
    rows = members.annotate(opened=Count("user__handoffs", filter=mine))
    loads = list(rows.values_list("user", "cap", "opened"))
    caps: dict[int, int] = {}
    for pk, cap, _opened in loads:
        caps[pk] = max(cap, caps.get(pk, 0))
    opened = {pk: count for pk, _cap, count in loads}
    room = sum(max(cap - opened[pk], 0) for pk, cap in caps.items())
    return Capacity(people=len(caps), room=room, open=sum(opened.values()))


@login_required
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Hand off all that wait, the ones chosen, or the best so many."""
    user = _reader(request)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _show(request, user, form)
    made = release_leads(by=user, at=timezone.now(), **form.choice())
    text = ngettext("%d lead is with sales now.", "%d leads are with sales now.", len(made))
    messages.success(request, text % len(made))
    if not made:
        messages.info(request, _("What was chosen no longer meets its gate, or sales has it."))
    return redirect("releases")
