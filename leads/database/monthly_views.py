"""The page on which visitors and sales' time are entered, by month."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from leads.database.models import SalesTime, VisitorCount
from leads.database.monthly import enter_sales_time, enter_visitors
from portal.accounts.models import Organisation, Role, User
from portal.core.errors import DomainError, NotAllowed
from portal.core.http import user_of

WRITERS = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.ADMIN})
MONTHS = 24
ROWS = 300


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def figures(request: HttpRequest) -> HttpResponse:
    """What was entered, the newest months first; a post adds lines of one kind."""
    user = user_of(request)
    if not user.sees_everything:
        raise Http404
    if request.method != "POST":
        return _show(request, user)
    if user.role not in WRITERS:
        raise NotAllowed(_("Marketing enters these figures. You may read along."))
    text, is_time = request.POST.get("lines", ""), request.POST.get("kind") == "sales_time"
    enter = enter_sales_time if is_time else enter_visitors
    try:
        n = enter(text=text, by=user, at=timezone.now())
    except DomainError as refused:
        name = "hours" if is_time else "visitors"
        return _show(request, user, **{name: text, f"{name}_wrong": str(refused)})
    messages.success(request, ngettext("%s line is kept.", "%s lines are kept.", n) % n)
    return redirect("source-figures")


def _show(request: HttpRequest, user: User, **typed: str) -> HttpResponse:
    rows = VisitorCount.objects.select_related("source").order_by("-month", "source__name", "pk")
    context = {
        "counts": rows[:ROWS],
        "times": [
            {"row": one, "cost": one.hours * one.rate}
            for one in SalesTime.objects.order_by("-month")[:MONTHS]
        ],
        "currency": Organisation.current().currency,
        "may_enter": user.role in WRITERS,
        **typed,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed else HTTPStatus.OK
    return render(request, "leads/database/figures.html", context, status=status)
