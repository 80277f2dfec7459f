from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from portal.accounts.models import Role
from portal.core.http import is_htmx, user_of
from portal.core.paging import keyset_page
from sla.breaches.excusing import standing_excuses
from sla.clocks.models import Clock
from sla.clocks.shown import show_clocks
from sla.clocks.sums import sum_of
from sla.escalations.story import story_of
from sla.scoreboard.board import board_of
from sla.scoreboard.filters import ClockFilter, PeriodFilter
from sla.terms.queries import terms_in_force

MOST_EXCUSES = 10  # with their reasons on the scoreboard; the list of clocks has all


@login_required
@require_GET
def scoreboard(request: HttpRequest) -> HttpResponse:
    """Both sides' promises of a period on one page."""
    user, at = user_of(request), timezone.now()
    if user.role == Role.SDR:
        raise Http404
    chosen = PeriodFilter(request.GET, queryset=Clock.objects.visible_to(user), at=at)
    context = {
        "filter": chosen,
        "board": board_of(chosen, user=user, at=at),
        "excuses": standing_excuses(chosen.qs)[:MOST_EXCUSES],
        "in_force_terms": terms_in_force(at),
        "period": chosen.period_query(),
    }
    return render(request, "sla/scoreboard/page.html", context, status=chosen.status)


@login_required
@require_GET
@vary_on_headers("HX-Request")
def clocks(request: HttpRequest) -> HttpResponse:
    """The clocks behind the scoreboard's numbers, newest first."""
    at = timezone.now()
    visible = Clock.objects.visible_to(user_of(request)).for_page()
    chosen = ClockFilter(request.GET, queryset=visible, at=at)
    page = keyset_page(
        chosen.qs, order=("-started_at", "-pk"), cursor=request.GET.get("cursor", "")
    )
    context = {"filter": chosen, "page": page, "views": show_clocks(page.rows, at=at), "now": at}
    template = "sla/clocks/_rows.html" if is_htmx(request) else "sla/clocks/list.html"
    return render(request, template, context, status=chosen.status)


@login_required
@require_GET
def clock(request: HttpRequest, clock_id: int) -> HttpResponse:
    """One clock and its arithmetic: every hour that counted, and why the others did not."""
    at = timezone.now()
    visible = Clock.objects.visible_to(user_of(request)).for_list()
    row = get_object_or_404(visible.prefetch_related("pauses", "breaches"), pk=clock_id)
    (view,) = show_clocks([row], at=at)
    story = story_of(row, user=user_of(request), at=at)
    context = {"clock": row, "view": view, "sum": sum_of(view), "story": story, "now": at}
    return render(request, "sla/clocks/page.html", context)
