"""What one takes along: the scoreboard and its clocks as files, due times as a calendar."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from portal.accounts.models import Role
from portal.core.http import user_of
from portal.core.sheets import FORMATS, file_response
from sla.clocks.models import Clock
from sla.scoreboard.board import board_of
from sla.scoreboard.feed import due_calendar, end_feed, make_feed, user_of_secret
from sla.scoreboard.files import board_sheets, clock_sheet
from sla.scoreboard.filters import ClockFilter, PeriodFilter
from sla.scoreboard.models import DueFeed


@login_required
@require_GET
def scoreboard_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The scoreboard of the chosen period as CSV or XLSX."""
    user, at = user_of(request), timezone.now()
    if user.role == Role.SDR or form not in FORMATS:
        raise Http404
    chosen = PeriodFilter(request.GET, queryset=Clock.objects.visible_to(user), at=at)
    sheets = board_sheets(board_of(chosen, user=user, at=at))
    return file_response(sheets, name=f"scoreboard-{at:%Y-%m-%d}", form=form)


@login_required
@require_GET
def clocks_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The chosen clocks as CSV or XLSX, all of them."""
    user, at = user_of(request), timezone.now()
    if form not in FORMATS:
        raise Http404
    chosen = ClockFilter(request.GET, queryset=Clock.objects.visible_to(user), at=at)
    sheet = clock_sheet(chosen.qs, at=at)
    return file_response([sheet], name=f"clocks-{at:%Y-%m-%d}", form=form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def due_times(request: HttpRequest) -> HttpResponse:
    """A person's own address for due times: make one, replace it, switch it off."""
    user, at = user_of(request), timezone.now()
    address = ""
    if request.method == "POST":
        if request.POST.get("act") == "end":
            if end_feed(user=user, at=at):
                messages.success(request, _("The address is off. Calendars get nothing more."))
            return redirect("due-times")
        secret = make_feed(user=user, at=at)
        address = settings.SITE_URL.rstrip("/") + reverse("due-calendar", args=[secret])
    context = {"feed": DueFeed.objects.filter(user=user).first(), "address": address}
    answer = render(request, "sla/scoreboard/due_times.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def due_calendar_file(request: HttpRequest, secret: str) -> HttpResponse:
    """What a calendar program reads; who has the address needs nothing else."""
    user = user_of_secret(secret)
    if user is None:
        raise Http404
    answer = HttpResponse(due_calendar(user, at=timezone.now()), content_type="text/calendar")
    answer["Cache-Control"] = "private, max-age=300"
    answer["X-Robots-Tag"] = "noindex"
    return answer
