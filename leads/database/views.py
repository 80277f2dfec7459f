"""Lists of leads, companies and sources, and the filters people keep."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from leads.database.bounded import TooWide, bounded
from leads.database.filters import LeadFilter
from leads.database.forms import SavedViewForm, values_of
from leads.database.models import Company, Lead, SavedView, Standing
from leads.database.presence import present_on
from leads.database.queries import (
    campaigns_by_cost,
    lead_page,
    spend_by_month,
    standings_seen_by,
)
from leads.database.saved_views import forget_view, save_view
from portal.accounts.models import User
from portal.core.http import is_htmx, user_of
from portal.core.paging import Page, keyset_page


@login_required
@require_GET
@vary_on_headers("HX-Request")
def lead_list(request: HttpRequest) -> HttpResponse:
    """The lead list, or only its rows when htmx filters or turns the page."""
    user = user_of(request)
    filters = LeadFilter(request.GET, queryset=standings_seen_by(user), request=request)
    page: Page[Standing] = Page(rows=[])
    refusal = ""
    try:
        with bounded():
            page = lead_page(filters, user=user, cursor=request.GET.get("cursor", ""))
    except TooWide as too_wide:
        refusal = str(too_wide)
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "filter": filters,
        "page": page,
        "present": _present(page, user),
        "refusal": refusal,
        "views": SavedView.objects.filter(user=user, page="leads"),
        "query": query.urlencode(),
    }
    part = is_htmx(request) and not request.headers.get("HX-History-Restore-Request")
    template = "leads/database/_rows.html" if part else "leads/database/list.html"
    return render(request, template, context)


@login_required
@require_POST
def lead_view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filter that is set under a name."""
    given = values_of(SavedViewForm(request.POST))
    view = save_view(page="leads", by=user_of(request), **given)
    messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return redirect(f"{reverse('leads')}?{view.query}")


@login_required
@require_POST
def lead_view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one of one's own views."""
    view = get_object_or_404(SavedView, pk=pk, user=user_of(request))
    forget_view(view=view)
    messages.success(request, _("The view “%(name)s” is gone.") % {"name": view.name})
    return redirect("leads")


@login_required
@require_GET
def company(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A company and its leads, as far as one may see them."""
    user = user_of(request)
    seen = Company.objects.filter(leads__in=Lead.objects.visible_to(user)).distinct()
    rows = Company.objects.all() if user.sees_everything else seen
    found = get_object_or_404(rows, public_id=public_id)
    page = keyset_page(
        standings_seen_by(user).filter(lead__company=found),
        order=("-rank", "-pk"),
        cursor=request.GET.get("cursor", ""),
    )
    context = {"company": found, "page": page, "present": _present(page, user)}
    return render(request, "leads/database/company.html", context)


def _present(page: Page[Standing], reader: User) -> dict[int, list[User]]:
    """Return who else has the leads of a page open now. One query."""
    return present_on([row.lead_id for row in page], at=timezone.now(), but=reader)


@login_required
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """Sources and campaigns with what they cost, by month. Marketing's and leadership's page."""
    if not user_of(request).sees_everything:
        return render(request, "404.html", status=404)
    months, rows = spend_by_month()
    context = {"months": months, "rows": rows, "campaigns": campaigns_by_cost()}
    return render(request, "leads/database/sources.html", context)
