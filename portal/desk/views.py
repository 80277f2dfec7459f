"""The desk. What comes next is decided here, so that it is the same with and without script."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.dispositions import services
from leads.dispositions.call_sheet import StaleSheet
from leads.dispositions.errors import AlreadyDecided, Incomplete
from leads.dispositions.models import Disposition, Outcome
from leads.dispositions.services import already_decided
from leads.handoffs.holding import Held
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.http import is_htmx
from portal.desk.answers import came_back, following, on_another_desk, onward, too_late
from portal.desk.decided import done_words
from portal.desk.dock import typed
from portal.desk.forms import AcceptForm, RejectForm
from portal.desk.opening import day_now, open_next, put_on_desk
from portal.desk.page import Asked, show_desk
from portal.desk.playing import show_more
from portal.desk.queue import queue_of
from portal.desk.reach import at_the_desk, to_act_on, to_see
from portal.desk.sheet import keep_sheet
from scoring.engine.models import Evidence


@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """The queue with the next handoff open, held by whoever opens it.

    ``?list`` shows the queue alone (on a phone), ``after`` what follows a place in its order.
    """
    user = at_the_desk(request)
    day, after = day_now(user), request.GET.get("after", "")
    if after and is_htmx(request):
        return show_more(request, queue_of(user, at=day.at, day=day, after=after))
    handoff = None if after or "list" in request.GET else open_next(day)
    return show_desk(request, queue_of(user, at=day.at, day=day, after=after), handoff)


@login_required
@require_GET
def desk_handoff(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One handoff in its place in the queue; a decided one shows how it was decided."""
    user = at_the_desk(request)
    day = day_now(user)
    handoff = put_on_desk(to_see(user, public_id), day=day)
    return show_desk(request, queue_of(user, at=day.at, day=day), handoff)


@login_required
@require_POST
def desk_accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Accept and go on to the next handoff."""
    user, at = at_the_desk(request), timezone.now()
    handoff = to_act_on(user, public_id)
    after = following(user, handoff, at=at)
    form = AcceptForm(request.POST)
    try:
        if handoff.is_decided:  # nothing has to be locked to say so
            raise already_decided(handoff, at=at)
        keep_sheet(request.POST, handoff, by=user, at=at)
        if form.is_valid():
            services.accept(handoff=handoff, by=user, at=at, **form.cleaned_data)
            return onward(after)
    except AlreadyDecided as taken:
        return too_late(request, handoff, taken, outcome=Outcome.ACCEPTED, after=after)
    except Held as held:
        return on_another_desk(request, handoff, held)
    except StaleSheet as stale:
        return _changed_meanwhile(request, handoff, stale, "accept")
    except Incomplete as refusal:
        _say(form, refusal)
    return came_back(request, handoff, Asked("accept", form, typed(request.POST)))


@login_required
@require_POST
def desk_reject(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Reject for a reason and go on to the next handoff."""
    user, at = at_the_desk(request), timezone.now()
    handoff = to_act_on(user, public_id)
    after = following(user, handoff, at=at)
    form = RejectForm(request.POST, by=user, rules=_rules(request, handoff))
    try:
        if handoff.is_decided:
            raise already_decided(handoff, at=at)
        keep_sheet(request.POST, handoff, by=user, at=at)
        if form.is_valid():
            _reject(handoff, form, user, at)
            return onward(after)
    except AlreadyDecided as taken:
        return too_late(request, handoff, taken, outcome=Outcome.REJECTED, after=after)
    except Held as held:
        return on_another_desk(request, handoff, held)
    except StaleSheet as stale:
        return _changed_meanwhile(request, handoff, stale, "reject")
    except Incomplete as refusal:
        _say(form, refusal)
    ticked = request.POST.getlist("wrong_rules")
    return came_back(request, handoff, Asked("reject", form, typed(request.POST), ticked))


def _say(form: Form, refusal: Incomplete) -> None:
    """Show a refusal at the field it is about, or above the form."""
    form.is_valid()  # what else is wrong is said with it
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def _changed_meanwhile(
    request: HttpRequest, handoff: Handoff, stale: StaleSheet, choice: str
) -> HttpResponse:
    """Decide nothing while two people's call sheets differ; show both, with what was typed."""
    ticked = request.POST.getlist("wrong_rules")
    asked = Asked(choice, typed=typed(request.POST), ticked=ticked, stale=stale)
    return came_back(request, handoff, asked, status=stale.status)


def _reject(handoff: Handoff, form: RejectForm, user: User, at: datetime) -> None:
    given = form.cleaned_data
    services.reject(
        handoff=handoff,
        reason=given["reason"],
        by=user,
        at=at,
        note=given["note"],
        recycle_on=given["recycle_on"],
        duplicate_of=given["duplicate_of"],
        wrong_rules=form.wrong,
    )


def _rules(request: HttpRequest, handoff: Handoff) -> list[str]:
    """Return the keys of the rules that fired, as they were frozen; asked for if one is ticked."""
    if "wrong_rules" not in request.POST:
        return []
    document = Evidence.objects.filter(handoff=handoff).values_list("document", flat=True).first()
    return list(document["rules"]) if document else []


@login_required
@require_POST
def desk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision of today back and open its handoff again."""
    user = at_the_desk(request)
    seen = Disposition.objects.filter(handoff__in=Handoff.objects.visible_to(user).values("pk"))
    disposition = get_object_or_404(seen.select_related("handoff__lead", "reason"), pk=pk)
    services.withdraw(disposition=disposition, by=user, at=timezone.now())
    words = {"what": done_words(disposition)}
    messages.success(request, _("Taken back: %(what)s") % words)
    return redirect(disposition.handoff)
