"""What one does while calling: fill in the call sheet, log a touch, write a note."""

from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.database.notes import add_note
from leads.dispositions import services
from leads.dispositions.call_sheet import StaleSheet
from leads.dispositions.errors import AlreadyDecided, Incomplete
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.http import is_htmx, next_url
from portal.core.idempotency import UnderWay, begin
from portal.desk.answers import came_back, too_late
from portal.desk.dock import typed
from portal.desk.forms import NoteForm, QuickTouchForm, TouchForm
from portal.desk.page import Asked, show_desk
from portal.desk.queue import queue_of
from portal.desk.reach import at_the_desk, to_act_on, to_see
from portal.desk.sheet import keep_sheet, sheet_for


@login_required
@require_POST
def desk_sheet(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Save the call sheet: to htmx, which saves as one types, only its state is answered."""
    user, at = at_the_desk(request), timezone.now()
    handoff = to_act_on(user, public_id)
    try:
        keep_sheet(request.POST, handoff, by=user, at=at)
    except AlreadyDecided as taken:
        return too_late(request, handoff, taken)
    except (StaleSheet, Incomplete) as refusal:
        return _not_saved(request, handoff, refusal)
    if is_htmx(request):
        context = {"sheet": sheet_for(handoff), "handoff": handoff}
        if "both" in request.POST:  # the two texts are settled: the sheet is one again
            return _in_place_of_the_sheet(render(request, "portal/desk/_call_sheet.html", context))
        return render(request, "portal/desk/_sheet_state.html", context)
    messages.success(request, _("Call sheet of %(lead)s saved.") % {"lead": handoff.lead.label})
    return redirect(handoff)


def _not_saved(
    request: HttpRequest, handoff: Handoff, refusal: StaleSheet | Incomplete
) -> HttpResponse:
    """Give the sheet back with both texts, or with what is wrong; nothing typed is lost."""
    stale = refusal if isinstance(refusal, StaleSheet) else None
    kept, words = typed(request.POST), "" if stale else str(refusal)
    if is_htmx(request):
        sheet = sheet_for(handoff, stale=stale, typed=kept, refusal=words)
        context = {"sheet": sheet, "handoff": handoff}
        part = "portal/desk/_call_sheet.html" if stale else "portal/desk/_sheet_state.html"
        answer = render(request, part, context, status=refusal.status)
        return _in_place_of_the_sheet(answer) if stale else answer
    asked = Asked("sheet", typed=kept, stale=stale, not_saved=words)
    return came_back(request, handoff, asked, status=refusal.status)


def _in_place_of_the_sheet(answer: HttpResponse) -> HttpResponse:
    answer["HX-Retarget"], answer["HX-Reswap"] = "#call-sheet", "outerHTML"
    return answer


@login_required
@require_POST
def desk_touch(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Log a call, a mail, a message or a meeting; the same form sent twice logs once."""
    user = at_the_desk(request)
    handoff, at = to_see(user, public_id), timezone.now()
    if "quick" in request.POST:
        return _log_attempt(request, handoff)
    form = TouchForm(request.POST)
    if not form.is_valid():
        asked = Asked("touch", form, typed(request.POST))
        return show_desk(request, queue_of(user, at=at), handoff, asked=asked, status=422)
    services.log_touch(lead=handoff.lead, handoff=handoff, by=user, at=at, **form.cleaned_data)
    messages.success(request, _("Logged for %(lead)s.") % {"lead": handoff.lead.label})
    return redirect(next_url(request, handoff.get_absolute_url()))


def _log_attempt(request: HttpRequest, handoff: Handoff) -> HttpResponse:
    """Log an attempt from the middle of a rejection, and give the rejection back as it stood."""
    user, at = at_the_desk(request), timezone.now()
    form = QuickTouchForm(request.POST)
    is_valid = form.is_valid()
    if is_valid:
        services.log_touch(lead=handoff.lead, handoff=handoff, by=user, at=at, **form.touch())
        messages.success(request, _("Logged for %(lead)s.") % {"lead": handoff.lead.label})
        handoff.refresh_from_db(fields=["first_touch_at"])
    asked = Asked(
        "reject",
        None if is_valid else form,
        typed(request.POST),
        request.POST.getlist("wrong_rules"),
        has_logged=is_valid,
    )
    status = 200 if is_valid else 422
    return show_desk(request, queue_of(user, at=at), handoff, asked=asked, status=status)


@login_required
@require_POST
def desk_note(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write a note or a question on the lead; both sides read it."""
    user = at_the_desk(request)
    handoff, form = to_see(user, public_id), NoteForm(request.POST)
    at = timezone.now()
    if not form.is_valid():
        asked = Asked("note", form, typed(request.POST))
        return show_desk(request, queue_of(user, at=at), handoff, asked=asked, status=422)
    if _store_note(handoff, form, by=user, at=at):
        messages.success(request, _("Saved on %(lead)s.") % {"lead": handoff.lead.label})
    return redirect(handoff)


def _store_note(handoff: Handoff, form: NoteForm, *, by: User, at: datetime) -> bool:
    """Store a note once, however often its form is sent; False when it is stored already.

    Other words under the same token (the form again, by the Back button) are another note.
    """
    given = dict(form.cleaned_data)
    words = sha256(given["text"].encode()).hexdigest()[:16]
    token = given.pop("token")
    try:
        once = begin(
            caller=f"note:{by.pk}", key=f"{token}:{words}" if token else "",
            request=handoff.pk, at=at,
        )  # fmt: skip
    except UnderWay:
        return False
    if not once.is_first:
        return False
    with transaction.atomic():
        add_note(lead=handoff.lead, by=by, at=at, **given)
        once.keep(HTTPStatus.FOUND, None)
    return True
