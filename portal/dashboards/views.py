"""The list that an account executive starts the day on."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leads.database.models import Opportunity
from portal.accounts.models import Role
from portal.core.http import user_of
from portal.dashboards.lists import sqls_of


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
