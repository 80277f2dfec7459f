"""The back-test of a version: run, watch, cancel, read, and the leads behind each number."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import Role, User
from portal.agreements.addresses import address
from portal.agreements.models import Version
from portal.agreements.pages import find_version, state_of, tabs_of
from portal.agreements.queries import version_before, version_in_force
from portal.agreements.registry import pages_of
from portal.agreements.services import EDITORS, require_editor
from portal.agreements.strip import signature_lines, why_not
from portal.core.errors import DomainError
from portal.core.http import is_htmx, user_of
from portal.core.paging import keyset_page
from portal.core.sheets import FORMATS, file_response
from scoring.backtest import lists
from scoring.backtest.forms import BacktestForm
from scoring.backtest.models import Backtest
from scoring.backtest.services import backtest_of, begin_backtest, cancel_backtest, latest
from scoring.backtest.shown import BY, population, shown
from scoring.definitions.services import KIND

READERS = frozenset(
    {Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.SALES_LEAD, Role.ADMIN}
)  # of the leads behind the numbers; the numbers are for everybody, as the text is


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def backtest(request: HttpRequest, number: int) -> HttpResponse:
    """What a version would have done in a period, beside the one in force; posted, run it.

    htmx gets the progress line, and the whole page anew when the run is over.
    """
    user, version = user_of(request), find_version(KIND, number)
    form = BacktestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require_editor(user)
        if form.is_valid():
            return _begin(request, version, user, form)
        return _page(request, version, user, form, status=422)
    newest = latest(version)
    if is_htmx(request):
        if newest is None or newest.state != Backtest.State.RUNNING:
            response = HttpResponse()
            response["HX-Refresh"] = "true"
            return response
        return render(request, "scoring/backtest/_running.html", _running(newest, user))
    return _page(request, version, user, form)


def _begin(request: HttpRequest, version: Version, user: User, form: BacktestForm) -> HttpResponse:
    at = timezone.now()
    other = form.cleaned_data["base"]
    base = find_version(KIND, other) if other else version_before(version, at=at)
    begin_backtest(version=version, base=base, by=user, at=at, days=form.cleaned_data["days"])
    messages.success(request, _("The back-test runs. You may leave this page."))
    return redirect(address(version, "backtest"))


def _page(
    request: HttpRequest, version: Version, user: User, form: BacktestForm, status: int = 200
) -> HttpResponse:
    at, newest = timezone.now(), latest(version)
    test = backtest_of(version)
    lines = signature_lines(version)
    hint = why_not(version, user, lines)
    context = frame(version) | {
        "state": state_of(version, version_in_force(version.agreement, at=at), at),
        "form": form,
        "may_run": user.role in EDITORS,
        "reads_leads": user.role in READERS,
        "newest": newest,
        "base_version": version_before(version, at=at),
        "signatures": lines,
        "act_hint": hint,
        "act_label": _("Sign for %s") % (user.signs_for.label if user.signs_for else ""),
        "act_link": "" if hint else address(version, "sign"),
    }
    if newest is not None and newest.state == Backtest.State.RUNNING:
        context |= _running(newest, user)
    if test is not None:
        by = request.GET.get("by", "")
        context |= shown(test, by if by in BY else "source")
        context |= {"is_stale": test.revision != version.revision, "gates": population(test)}
    response = render(request, "scoring/backtest/backtest.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _running(test: Backtest, user: User) -> dict[str, Any]:
    return {
        "running": test,
        "progress_url": address(test.version, "backtest"),
        "cancel_url": address(test.version, "backtest-cancel"),
        "may_run": user.role in EDITORS,
    }


def frame(version: Version, here: str = "definition-backtest") -> dict[str, Any]:
    """Return what every page about one version has in its head."""
    pages = pages_of(KIND)
    return {
        "version": version,
        "title": _("Version %d") % version.number,
        "list_url": reverse(pages.list_name),
        "list_title": pages.title,
        "version_url": address(version),
        "tabs": tabs_of(version, here=here),
        "backtest_url": address(version, "backtest"),
        "leads_url": address(version, "backtest-leads"),
        "movers_url": address(version, "backtest-movers"),
    }


@login_required
@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Stop the run of a version."""
    user, version = user_of(request), find_version(KIND, number)
    require_editor(user)
    running = Backtest.objects.running().filter(version=version).first()
    if running is None:
        raise DomainError(_("No back-test of this version runs. It may have come to its end."))
    cancel_backtest(backtest=running, by=user, at=timezone.now())
    messages.success(request, _("The back-test is stopped. Nothing of it is kept."))
    return redirect(address(version, "backtest"))


def _found(request: HttpRequest, number: int) -> tuple[User, Backtest]:
    """Return who asks and the back-test; 404 for whom leads are none of theirs, or without one."""
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    version = find_version(KIND, number)
    wanted = request.GET.get("test", "")
    if wanted.isdecimal() and len(wanted) < 18:
        tests = Backtest.objects.finished().filter(version=version)
        return user, get_object_or_404(tests.select_related("version", "base"), pk=int(wanted))
    test = backtest_of(version)
    if test is None:
        raise Http404
    return user, test


@login_required
@require_safe
def leads(request: HttpRequest, number: int) -> HttpResponseBase:
    """The leads behind one number, page by page; with ``format``, all of them as a file."""
    user, test = _found(request, number)
    rows = lists.replayed(test, request.GET, user)
    title, _which = lists.SHOWS.get(request.GET.get("show", ""), lists.SHOWS["draft"])
    names = shown_names(test)
    if (form := request.GET.get("format", "")) in FORMATS:
        sheet = lists.sheet_of(rows, str(title), names)
        return file_response([sheet], name=f"back-test-v{number}", form=form)
    page = keyset_page(rows, order=("pk",), cursor=request.GET.get("cursor", ""))
    context = {"page": page, "heading": title, "names": names, "test": test}
    return render(
        request, "scoring/backtest/leads.html", frame(test.version) | _list(request, context)
    )


@login_required
@require_safe
def movers(request: HttpRequest, number: int) -> HttpResponseBase:
    """Who enters or leaves a gate, page by page; with ``format``, all of them as a file."""
    user, test = _found(request, number)
    rows = lists.movers(test, request.GET, user)
    leaves = request.GET.get("way") == "leaves"
    title = _("Leave the gate") if leaves else _("Enter the gate")
    if (form := request.GET.get("format", "")) in FORMATS:
        name = f"movers-v{number}"
        return file_response([lists.mover_sheet(rows, title)], name=name, form=form)
    page = keyset_page(rows, order=("pk",), cursor=request.GET.get("cursor", ""))
    gates = {one["gate"]: one["label"] for one in population(test)}
    gate = gates.get(request.GET.get("gate", ""), gates.get("sales_ready", ""))
    context = {"page": page, "heading": title, "gate": gate, "test": test}
    return render(
        request, "scoring/backtest/movers.html", frame(test.version) | _list(request, context)
    )


def shown_names(test: Backtest) -> tuple[str, str]:
    """Return what the two versions are called in the heads of columns."""
    before = f"v{test.base.number}" if test.base else _("none")
    return before, f"v{test.version.number}"


def _list(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    query = request.GET.copy()
    for name in ("cursor", "format"):
        query.pop(name, None)
    return context | {"query": query.urlencode(), "is_stale": context["test"].is_stale}
