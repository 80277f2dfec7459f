"""The first page of each role, and the pages about oneself."""

from copy import copy

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.models import Role, User
from portal.core.http import next_url, user_of
from portal.home.forms import PreferencesForm

FIRST_PAGE = {
    Role.SDR: "desk",
    Role.ACCOUNT_EXECUTIVE: "my-sqls",
    Role.SALES_LEAD: "team",
    Role.MARKETING: "rejections",
    Role.MARKETING_LEAD: "scoreboard",
    Role.LEADERSHIP: "scoreboard",
    Role.ADMIN: "admin:index",
}


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Send people to the page they start their day on."""
    return redirect(FIRST_PAGE[Role(user_of(request).role)])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Colours, density, zone, digest and keys; the theme switch of the frame posts here too."""
    mine = copy(user_of(request))  # a form that is refused must not change the page around it
    form = PreferencesForm(request.POST or None, instance=mine)
    if "usual_keys" in request.POST:
        form.use_usual_keys()
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(next_url(request, request.path))
    status = 422 if form.errors else 200
    return render(request, "portal/home/preferences.html", {"form": form}, status=status)


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by role card. There is no such page outside the demo."""
    if not settings.DEMO:
        raise Http404
    user = get_object_or_404(User, email=request.POST.get("email", ""), is_active=True)
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect("home")
