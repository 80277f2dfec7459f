"""The product's addresses and the floors beside them: signed-in views that show nothing."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from portal.core.http import user_of
from portal.urls import urlpatterns as product


@login_required
def word(request: HttpRequest) -> HttpResponse:
    """Find out who is signed in and answer with their name."""
    return HttpResponse(user_of(request).name)


@login_required
def frame(request: HttpRequest) -> HttpResponse:
    """Answer with the frame of every page, empty."""
    return render(request, "base.html")


urlpatterns = [*product, path("bare/word/", word), path("bare/frame/", frame)]
