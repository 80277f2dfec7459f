"""The hosted form: public, throttled by address, answered after the lead is scored and routed."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from leads.capture.forms import UTM, HostedForm
from leads.capture.models import CaptureForm
from leads.capture.services import quarantine_submission, take_submission
from portal.accounts.models import Organisation
from portal.core.http import address_of
from portal.core.throttle import count_knock

FORM_POSTS_OF_ALL = 600  # a minute, of everybody together


@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def capture(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form, or take its answers and thank for them."""
    page = get_object_or_404(CaptureForm.objects.select_related("source"), slug=slug, is_open=True)
    if request.method != "POST":
        initial = {name: request.GET.get(name, "")[:most] for name, most in UTM.items()}
        return _show(request, page, HostedForm(initial=initial, consent_text=page.consent_text))
    at = timezone.now()
    form = HostedForm(request.POST, consent_text=page.consent_text)
    if _knocks_too_often(request, page, at):
        return _ask_to_wait(request, page, form, at)
    if form.is_robot:
        sent = {name: request.POST.get(name, "") for name in form.fields}
        quarantine_submission(form=page, answers=sent, at=at)
        return redirect("capture-thanks", slug=page.slug)
    if not form.is_valid():
        return _show(request, page, form, status=422)
    take_submission(form=page, answers=form.cleaned_data, at=at)
    return redirect("capture-thanks", slug=page.slug)


@require_safe
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that the answers arrived."""
    page = get_object_or_404(CaptureForm, slug=slug)
    context = {"page": page, "organisation": Organisation.current()}
    return render(request, "leads/capture/thanks.html", context)


def _knocks_too_often(request: HttpRequest, page: CaptureForm, at: datetime) -> bool:
    of_one = count_knock(f"form:{address_of(request)}", at=at)
    if of_one > settings.FORM_POSTS_PER_MINUTE:
        return True
    return count_knock(f"forms:{page.slug}", at=at) > FORM_POSTS_OF_ALL


def _ask_to_wait(
    request: HttpRequest, page: CaptureForm, form: HostedForm, at: datetime
) -> HttpResponse:
    """Refuse for now, with everything that was written still there."""
    form.is_valid()
    response = _show(request, page, form, status=429, is_busy=True)
    response["Retry-After"] = str(60 - at.second)
    return response


def _show(
    request: HttpRequest,
    page: CaptureForm,
    form: HostedForm,
    *,
    status: int = 200,
    is_busy: bool = False,
) -> HttpResponse:
    context = {
        "page": page,
        "organisation": Organisation.current(),
        "form": form,
        "is_busy": is_busy,
    }
    return render(request, "leads/capture/form.html", context, status=status)
