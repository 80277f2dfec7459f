"""Stopping the morning mail from the mail itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.home.posting import ALERTS, OFF, stop_digest, user_of_token


@csrf_exempt  # mail programs post here for their reader (RFC 8058); the address is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def digest_off(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, or stop it: opening the link alone changes nothing, as scanners of mail open links."""
    found = user_of_token(token)
    if found is None:
        raise Http404
    user, what = found
    if request.method == "POST":
        stop_digest(user=user, at=timezone.now(), what=what)
    was_off = (user.alert_mail if what == ALERTS else user.digest) == OFF
    context = {"is_off": request.method == "POST" or was_off, "is_alerts": what == ALERTS}
    response = render(request, "portal/home/digest_off.html", context)
    response["Cache-Control"] = "private, no-store"
    return response
