"""Alerts: what the watches see, the leads behind it, and putting one off with a reason."""

from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.models import Role, User
from portal.core.errors import Conflict, DomainError
from portal.core.http import user_of
from portal.core.paging import keyset_page
from portal.core.sheets import FORMATS, Sheet, file_response
from portal.watches.models import Alert, AlertQuerySet, WatchSetting
from portal.watches.registry import all_watches
from portal.watches.services import limits_of, snooze, wake
from portal.watches.words import shown

READERS = frozenset(
    {Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.SALES_LEAD, Role.ADMIN}
)
TABS = (("", gettext_lazy("Open")), ("snoozed", gettext_lazy("Put off")),
        ("past", gettext_lazy("Past")))  # fmt: skip
_STATES = {key or "open": label for key, label in TABS}
ROWS_AT_ONCE = 200
WEEK = timedelta(days=7)
LEADS_SHOWN = 25


def visible_alerts(user: User) -> AlertQuerySet:
    """Return the alerts that this person may see; 404 for roles that read none."""
    if user.role not in READERS:
        raise Http404
    return Alert.objects.visible_to(user).select_related("team")


@login_required
@require_safe
def alerts(request: HttpRequest) -> HttpResponseBase:
    """What waits, what was put off, what is over; and what is watched."""
    at, state = timezone.now(), request.GET.get("state", "")
    rows = visible_alerts(user_of(request))
    found, order = rows.open(at), ("-opened_at", "-pk")
    if state == "snoozed":
        found = rows.snoozed(at)
    elif state == "past":
        found, order = rows.past(), ("-closed_at", "-pk")
    form = request.GET.get("file", "")
    if form in FORMATS:
        return file_response([_sheet(found.order_by(*order), at=at)], name="alerts", form=form)
    page = keyset_page(
        found.prefetch_related("snoozes__by"), order=order, cursor=request.GET.get("cursor", "")
    )
    own = {one.watch: one for one in WatchSetting.objects.all()}
    context = {
        "page": page,
        "alerts": [shown(one, at=at) for one in page],
        "state": state,
        "tabs": [
            {"url": f"{reverse('alerts')}{f'?state={key}' if key else ''}", "label": label,
             "current": key == state}
            for key, label in TABS
        ],
        "watches": [
            (one, limits_of(one, own.get(one.key)), own.get(one.key)) for one in all_watches()
        ],
        "may_set": user_of(request).role == Role.ADMIN,
        "now": at,
    }  # fmt: skip
    return render(request, "portal/watches/alerts.html", context)


def _sheet(rows: AlertQuerySet, *, at: datetime) -> Sheet:
    """Return these alerts as a table, read in batches."""
    heads = [_("Watch"), _("What it saw"), _("What to do"), _("State"), _("Team"), _("Opened"),
             _("Seen"), _("Closed"), _("Put off until"), _("Why")]  # fmt: skip
    cells = (
        [one.title, one.says, one.todo, str(_STATES[one.state]), str(row.team or ""),
         row.opened_at, row.seen_at, row.closed_at, row.snoozed_until,
         "; ".join(snooze.words for snooze in row.snoozes.all())]
        for row in rows.prefetch_related("snoozes").iterator(chunk_size=ROWS_AT_ONCE)
        for one in [shown(row, at=at)]
    )  # fmt: skip
    return Sheet(_("Alerts"), heads, cells)


@login_required
@require_safe
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert: what it saw, what to do, the leads behind it, who put it off and why."""
    row = get_object_or_404(visible_alerts(user_of(request)), pk=pk)
    return _page(request, row)


def _page(request: HttpRequest, row: Alert, *, refusal: DomainError | None = None) -> HttpResponse:
    at, user = timezone.now(), user_of(request)
    seen = shown(row, at=at)
    leads = seen.leads()
    page = None
    if leads is not None:
        visible = leads.visible_to(user).listed().for_list()
        page = keyset_page(
            visible, order=("-pk",), cursor=request.GET.get("cursor", ""), size=LEADS_SHOWN
        )
    context: dict[str, Any] = {
        "alert": seen,
        "page": page,
        "snoozes": list(row.snoozes.select_related("by", "ended_by")),
        "until": request.POST.get("until") or (timezone.localdate(at) + WEEK).isoformat(),
        "tomorrow": (timezone.localdate(at) + timedelta(days=1)).isoformat(),
        "words": request.POST.get("words", "")[:300],
        "refusal": refusal,
        "up_url": reverse("alerts"),
        "now": at,
    }
    status = HTTPStatus.OK if refusal is None else refusal.status
    return render(request, "portal/watches/alert.html", context, status=status)


@login_required
@require_POST
def alert_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Put one off until a day, with words; what is refused stands as it was written."""
    user, at = user_of(request), timezone.now()
    row = get_object_or_404(visible_alerts(user), pk=pk)
    try:
        until = _begin_of(request.POST.get("until", ""))
        snooze(alert=row, until=until, words=request.POST.get("words", ""), by=user, at=at)
    except DomainError as refusal:
        if isinstance(refusal, Conflict):
            row.refresh_from_db()
        return _page(request, row, refusal=refusal)
    messages.success(request, _("Put off. It waits again on that day, if it is still true."))
    return redirect("alerts")


@login_required
@require_POST
def alert_wake(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a snooze back."""
    user = user_of(request)
    row = get_object_or_404(visible_alerts(user), pk=pk)
    try:
        wake(alert=row, by=user, at=timezone.now())
    except Conflict as refusal:
        row.refresh_from_db()
        return _page(request, row, refusal=refusal)
    messages.success(request, _("It waits again."))
    return redirect(row)


def _begin_of(day: str) -> datetime:
    """Return 00:00 of a written day in the reader's zone. Raises DomainError."""
    try:
        found = parse_date(day)
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year < 3000:
        raise DomainError(_("Choose a day from tomorrow on, at most half a year ahead."))
    return timezone.make_aware(datetime.combine(found, time.min))
