"""The reporting views as Parquet files, for who sees everything: what notebooks read."""

import tempfile
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.core.http import user_of
from portal.core.parquet import write_view
from portal.core.reporting import VIEWS

PARQUET = "application/vnd.apache.parquet"


def can_write() -> bool:
    """Whether pyarrow is here, the extra that writes Parquet."""
    return find_spec("pyarrow") is not None


@login_required
@require_safe
def notebooks(request: HttpRequest) -> HttpResponseBase:
    """The views that one may take along, with their columns; for who sees everything."""
    _check(request)
    views = [(one.name, [name for name, _sql in one.columns]) for one in VIEWS]
    context = {"views": views, "can_write": can_write()}
    return render(request, "portal/dashboards/notebooks.html", context)


@login_required
@require_safe
def notebook_file(request: HttpRequest, view: str) -> HttpResponseBase:
    """One view as a file of this instant, written in sets; 409 where pyarrow is missing."""
    _check(request)
    wanted = next((one for one in VIEWS if one.name == view), None)
    if wanted is None:
        raise Http404
    if not can_write():
        context = {"views": [], "can_write": False}
        return render(
            request, "portal/dashboards/notebooks.html", context, status=HTTPStatus.CONFLICT
        )
    with tempfile.TemporaryDirectory(prefix="portal-parquet-") as folder:
        path = Path(folder) / f"{view}.parquet"
        write_view(wanted, path)
        file = path.open("rb")  # read on after the folder is gone: nothing is left behind
    return FileResponse(file, as_attachment=True, filename=f"{view}.parquet", content_type=PARQUET)


def _check(request: HttpRequest) -> None:
    if not user_of(request).sees_everything:
        raise Http404
