"""What a page shows whose columns are not there yet: at once, and how far they are."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.core.http import is_htmx
from scoring.engine.warming import ColumnsCold, warm_columns

View = Callable[..., HttpResponse]
SAFE = frozenset({"GET", "HEAD"})


def reads_columns(view: View) -> View:
    """Answer 202 with the progress where ``view`` finds no columns; the page asks again by itself.

    What was posted as a form is refused instead (409): nothing of it was kept.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ColumnsCold as cold:
            return _building(request, cold)

    return answer


def _building(request: HttpRequest, cold: ColumnsCold) -> HttpResponse:
    if is_htmx(request):  # a part of a page: it asks for itself again, what is typed stays
        context = line(cold) | {"again_url": request.get_full_path()}
        return render(request, "scoring/engine/_columns.html", context, status=HTTPStatus.ACCEPTED)
    is_form = request.method not in SAFE
    context = line(cold) | {"is_form": is_form, "page_url": request.get_full_path()}
    status = HTTPStatus.CONFLICT if is_form else HTTPStatus.ACCEPTED
    return render(request, "scoring/engine/columns.html", context, status=status)


def line(cold: ColumnsCold) -> dict[str, Any]:
    """Return what the progress line needs."""
    return {
        "done": cold.done,
        "total": cold.total,
        "words": _("Columns of all leads are being built, %(percent)d %%")
        % {"percent": cold.percent},
    }


@login_required
@require_safe
def columns(request: HttpRequest) -> HttpResponse:
    """The progress line alone, for a page that waits; when all is there the page loads anew."""
    if not is_htmx(request):
        return redirect("home")
    try:
        warm_columns()
    except ColumnsCold as cold:
        return render(request, "scoring/engine/_columns_line.html", line(cold))
    response = HttpResponse()
    response["HX-Refresh"] = "true"
    return response
