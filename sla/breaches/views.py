"""Acts on one clock: pause, resume, excuse, take the excuse back."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.core.errors import DomainError, NotAllowed
from portal.core.http import user_of
from sla.breaches.excusing import check_excusable, excuse_clock, take_excuse_back
from sla.breaches.forms import ExcuseForm, PauseForm
from sla.clocks.models import Clock
from sla.clocks.pausing import (
    check_running,
    check_time_left,
    leads_sales_of,
    may_pause,
    pause_clock,
    resume_clock,
)


def _clock(request: HttpRequest, clock_id: int) -> Clock:
    rows = Clock.objects.visible_to(user_of(request)).select_related("handoff__lead")
    return get_object_or_404(rows, pk=clock_id)


@login_required
@require_http_methods(["GET", "POST"])
def pause(request: HttpRequest, clock_id: int) -> HttpResponse:
    """Let a clock stand still, with a reason and a limit; a page says so where it does not run."""
    clock, user, at = _clock(request, clock_id), user_of(request), timezone.now()
    if not may_pause(clock.handoff, user):
        raise NotAllowed(_("Its clocks are stopped by who has the handoff, or by a sales lead."))
    check_running(clock)
    check_time_left(clock, at=at)
    form = PauseForm(request.POST) if request.method == "POST" else PauseForm().suggest()
    if form.is_valid():
        try:
            pause_clock(clock=clock, by=user, at=at, **form.cleaned_data)
        except DomainError as refusal:
            return _asked(request, clock, form, refusal=refusal)
        messages.success(request, _("The clock stands still."))
        return redirect("clock", clock.pk)
    return _asked(request, clock, form)


@login_required
@require_POST
def resume(request: HttpRequest, clock_id: int) -> HttpResponse:
    """Let a paused clock run on."""
    clock = _clock(request, clock_id)
    resume_clock(clock=clock, by=user_of(request), at=timezone.now())
    messages.success(request, _("The clock runs again; the pause does not count."))
    return redirect("clock", clock.pk)


@login_required
@require_http_methods(["GET", "POST"])
def excuse(request: HttpRequest, clock_id: int) -> HttpResponse:
    """Excuse a breach, with a reason; a page says so where nothing is breached."""
    clock, user, at = _clock(request, clock_id), user_of(request), timezone.now()
    if not leads_sales_of(clock.handoff, user):
        raise NotAllowed(_("Breaches are excused by a sales lead of the team."))
    check_excusable(clock, at=at)
    form = ExcuseForm(request.POST or None)
    if form.is_valid():
        try:
            excuse_clock(clock=clock, by=user, at=at, **form.cleaned_data)
        except DomainError as refusal:
            return _asked(request, clock, form, refusal=refusal)
        messages.success(request, _("The breach is excused, and counted apart."))
        return redirect("clock", clock.pk)
    return _asked(request, clock, form)


@login_required
@require_POST
def excuse_back(request: HttpRequest, clock_id: int) -> HttpResponse:
    """Count an excused breach again."""
    clock = _clock(request, clock_id)
    take_excuse_back(clock=clock, by=user_of(request), at=timezone.now())
    messages.success(request, _("The breach counts again."))
    return redirect("clock", clock.pk)


def _asked(
    request: HttpRequest, clock: Clock, form: forms.Form, *, refusal: DomainError | None = None
) -> HttpResponse:
    if refusal is not None:
        form.add_error(None, str(refusal))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    is_pause = isinstance(form, PauseForm)
    context = {"clock": clock, "form": form, "is_pause": is_pause}
    status = refusal.status if refusal is not None else status
    return render(request, "sla/clocks/act.html", context, status=status)
