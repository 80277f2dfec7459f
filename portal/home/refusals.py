"""Pages that say no, each with what to do next."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is older than the session, or came from somewhere else."""
    return render(request, "errors/csrf.html", status=HTTPStatus.FORBIDDEN)
