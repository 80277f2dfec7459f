"""Importing in four steps: upload, say what the columns are, check, import."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.imports import pages, services
from leads.imports.checking import PAGE_ROWS
from leads.imports.forms import UploadForm
from leads.imports.mapping import BadMapping
from leads.imports.models import Import
from portal.accounts.models import Role
from portal.core.errors import DomainError
from portal.core.http import is_htmx, user_of
from portal.core.paging import keyset_page

IMPORTERS = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.ADMIN})
UNPROCESSABLE = 422
View = Callable[..., HttpResponseBase]


def for_importers(view: View) -> View:
    """Let marketing and admins in; for everybody else there is no such page."""

    @wraps(view)
    def checked(request: HttpRequest, **arguments: UUID) -> HttpResponseBase:
        if user_of(request).role not in IMPORTERS:
            raise Http404
        return view(request, **arguments)

    return login_required(checked)


def _import(request: HttpRequest, public_id: UUID) -> Import:
    visible = Import.objects.visible_to(user_of(request)).select_related("started_by")
    return get_object_or_404(visible, public_id=public_id)


@for_importers
@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """All imports, newest first."""
    runs = Import.objects.visible_to(user_of(request)).select_related("started_by")
    page = keyset_page(runs, order=("-created_at", "-pk"), cursor=request.GET.get("cursor", ""))
    context = {"page": page, "now": timezone.now()}
    return render(request, "leads/imports/list.html", context)


@for_importers
@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Take in a file and go on to its mapping."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "GET":
        return render(request, "leads/imports/new.html", {"form": UploadForm()})
    if form.is_valid():
        try:
            run = services.start_import(
                file=form.cleaned_data["file"],
                kind=form.cleaned_data["kind"],
                by=user_of(request),
                at=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("import-mapping", public_id=run.public_id)
    return render(request, "leads/imports/new.html", {"form": form}, status=UNPROCESSABLE)


@for_importers
@require_http_methods(["GET", "POST"])
def import_mapping(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the columns are: guessed, saved before, chosen here, or written as JSON."""
    run = _import(request, public_id)
    if not run.is_editable:
        return redirect(run)
    if request.method == "GET":
        context = pages.mapping_page(run, *pages.loaded(run, request.GET.get("saved", "")))
        return render(request, "leads/imports/mapping.html", context)
    document, problems = pages.posted_mapping(run, request.POST)
    if not problems:
        try:
            return _act_on_mapping(request, run, document)
        except BadMapping as bad:
            problems = bad.problems
        except DomainError as refusal:
            problems = [str(refusal)]
    context = pages.mapping_page(
        run, document, problems=problems, json_text=request.POST.get("json")
    )
    return render(request, "leads/imports/mapping.html", context, status=UNPROCESSABLE)


def _act_on_mapping(request: HttpRequest, run: Import, document: object) -> HttpResponse:
    at = timezone.now()
    services.check_import(run=run, mapping=document, at=at, limit=PAGE_ROWS)
    if name := request.POST.get("save_as", "").strip():
        services.save_mapping(
            name=name, kind=run.kind, document=run.mapping, by=user_of(request), at=at
        )
    return redirect(run)


@for_importers
@require_GET
def import_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One import: what the check found, how far it is, what became of it."""
    run = _import(request, public_id)
    if run.state == Import.State.UPLOADED:
        return redirect("import-mapping", public_id=run.public_id)
    return render(request, "leads/imports/import.html", pages.import_page(run))


@for_importers
@require_GET
def import_progress(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The progress line alone; when the import is over, the page is asked for anew."""
    run = _import(request, public_id)
    if not is_htmx(request):
        return redirect(run)
    response = render(request, "components/_progress.html", pages.progress(run))
    if run.state != Import.State.RUNNING:
        response["HX-Refresh"] = "true"
    return response


@for_importers
@require_POST
def import_start(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Start it, or let one that stopped go on."""
    run = _import(request, public_id)
    try:
        services.begin_import(run=run, by=user_of(request), at=timezone.now())
    except BadMapping as bad:
        context = pages.mapping_page(run, run.mapping, problems=bad.problems)
        return render(request, "leads/imports/mapping.html", context, status=UNPROCESSABLE)
    return redirect(run)


@for_importers
@require_POST
def import_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    run = _import(request, public_id)
    services.cancel_import(run=run, by=user_of(request), at=timezone.now())
    return redirect(run)


@for_importers
@require_GET
def import_rejected(request: HttpRequest, public_id: UUID) -> StreamingHttpResponse:
    """The rejected rows with their reasons, ready to mend and upload again."""
    run = _import(request, public_id)
    response = StreamingHttpResponse(
        pages.rejected_file(run), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="rejected-{run.public_id}.csv"'
    return response
