"""The acts of play mode: skip, snooze, wake, stay, break a hold."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.database.presence import be_present
from leads.handoffs.holding import Held, break_hold, extend_hold
from leads.handoffs.models import Handoff
from leads.handoffs.skipping import WordsNeeded, skip
from leads.handoffs.snoozing import NoTime, snooze, wake
from portal.accounts.models import User
from portal.core.http import is_htmx
from portal.desk.answers import came_back, following, on_another_desk, onward
from portal.desk.page import Asked
from portal.desk.put_aside import SkipForm, SnoozeForm, wake_words
from portal.desk.queue import Queue
from portal.desk.reach import at_the_desk, to_act_on, to_see
from portal.desk.rows import rows_of
from sla.clocks.shown import clocks_for


def show_more(request: HttpRequest, queue: Queue) -> HttpResponse:
    """Answer htmx with the rows that follow a place in the queue."""
    ids = [one.pk for one in queue]
    clocks = clocks_for((), at=queue.at, nearest_of=ids) if ids else {}
    bands = rows_of(queue, clocks, queue.day.user)
    context = {"queue": queue, "bands": bands, "handoff": None, "more": True}
    response = render(request, "portal/desk/_rows.html", context)
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def desk_skip(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Pass over a handoff and go on; the second in a row wants a reason."""
    user = at_the_desk(request)
    handoff, at = to_act_on(user, public_id), timezone.now()
    after, form = following(user, handoff, at=at), SkipForm(request.POST)
    if form.is_valid():
        try:
            skip(handoff=handoff, by=user, at=at, words=form.cleaned_data["words"])
            return onward(after)
        except Held as held:
            return on_another_desk(request, handoff, held)
        except WordsNeeded as refusal:
            form.add_error(refusal.field, str(refusal))
    asked = Asked("skip", form, {"words": request.POST.get("words", "")[:1000]})
    return came_back(request, handoff, asked)


@login_required
@require_POST
def desk_snooze(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put a handoff aside until a time, or until its lead does something, and go on."""
    user = at_the_desk(request)
    handoff, at = to_act_on(user, public_id), timezone.now()
    after, form = following(user, handoff, at=at), SnoozeForm(request.POST)
    if form.is_valid():
        try:
            asleep = _snooze(handoff, form, by=user, at=at)
            words = {"lead": handoff.lead.label, "wakes": wake_words(asleep, at=at)}
            messages.success(request, _("%(lead)s %(wakes)s. The clock keeps running.") % words)
            return onward(after)
        except Held as held:
            return on_another_desk(request, handoff, held)
        except NoTime as refusal:
            form.add_error(refusal.field, str(refusal))
    asked = Asked("snooze", form, {"until": request.POST.get("until", "")[:40]})
    return came_back(request, handoff, asked)


def _snooze(handoff: Handoff, form: SnoozeForm, *, by: User, at: datetime) -> Handoff:
    until = form.wakes_at(handoff, at=at)
    if until is None:
        raise NoTime(_("Choose a day and a time."))
    wakes = form.cleaned_data["wakes_on_activity"]
    return snooze(handoff=handoff, by=by, at=at, until=until, wakes_on_activity=wakes)


@login_required
@require_POST
def desk_wake(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put a snoozed handoff back into the queue and open it."""
    user = at_the_desk(request)
    handoff = to_act_on(user, public_id)
    wake(handoff=handoff, by=user, at=timezone.now())
    messages.success(request, _("%(lead)s is awake.") % {"lead": handoff.lead.label})
    return redirect(handoff)


@login_required
@require_POST
def desk_stay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say that somebody is at work on a handoff: hold it on, and be seen at its lead.

    Sent while they press keys and click, never by an idle page. Answers nothing, or a notice when
    what they had on the desk (``held`` in the form) is no longer theirs.
    """
    user = at_the_desk(request)
    handoff, at = to_act_on(user, public_id), timezone.now()
    be_present(user, handoff.lead_id, at=at)
    stays = extend_hold(handoff_id=handoff.pk, by=user, at=at)
    if stays or "held" not in request.POST or not is_htmx(request):
        return HttpResponse(status=204)
    handoff = Handoff.objects.select_related("held_by").get(pk=handoff.pk)
    context = {"handoff": handoff, "is_held": handoff.is_held(at)}
    return render(request, "portal/desk/_lost.html", context)


@login_required
@require_POST
def desk_break(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a handoff off somebody's desk; managers only. It opens again, free."""
    user = at_the_desk(request)
    handoff = to_see(user, public_id)
    break_hold(handoff=handoff, by=user, at=timezone.now())
    messages.success(request, _("The hold is broken. Whoever had it is told."))
    return redirect(handoff)
