"""The desk. What comes next is decided here, so that it is the same with and without script."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.database.notes import add_note
from leads.dispositions import services
from leads.dispositions.errors import AlreadyDecided, Incomplete
from leads.dispositions.models import Disposition, Outcome
from leads.dispositions.services import already_decided
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.http import next_url, user_of
from portal.desk.dock import typed
from portal.desk.forms import AcceptForm, NoteForm, RejectForm, TouchForm
from portal.desk.page import Asked, done_words, show_desk
from portal.desk.queue import Queue, queue_of
from scoring.engine.models import Evidence

DESK = frozenset({Role.SDR, Role.SALES_LEAD, Role.ADMIN})
LOADED = ("lead__company", "lead__source", "lead__owner", "lead__standing", "owner", "team")


def _at_the_desk(request: HttpRequest) -> User:
    user = user_of(request)
    if user.role not in DESK:
        raise Http404
    return user


def _to_see(user: User, public_id: UUID) -> Handoff:
    seen = Handoff.objects.live().visible_to(user)
    return get_object_or_404(seen.select_related(*LOADED), public_id=public_id)


def _to_act_on(user: User, public_id: UUID) -> Handoff:
    """Find a live handoff within reach: who is too late is told who was faster."""
    reach = Handoff.objects.live().within_reach_of(user)
    return get_object_or_404(reach.select_related(*LOADED), public_id=public_id)


@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """The queue with its first handoff open; ``?list`` shows the queue alone (on a phone)."""
    user = _at_the_desk(request)
    queue = queue_of(user, at=timezone.now())
    first = None if "list" in request.GET else queue.first()
    handoff = Handoff.objects.select_related(*LOADED).get(pk=first.pk) if first else None
    return show_desk(request, queue, handoff)


@login_required
@require_GET
def desk_handoff(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One handoff in its place in the queue; a decided one shows how it was decided."""
    user = _at_the_desk(request)
    handoff = _to_see(user, public_id)
    return show_desk(request, queue_of(user, at=timezone.now()), handoff)


@login_required
@require_POST
def desk_accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Accept and go on to the next handoff."""
    user = _at_the_desk(request)
    handoff, queue = _to_act_on(user, public_id), queue_of(user, at=timezone.now())
    form = AcceptForm(request.POST)
    if form.is_valid():
        try:
            services.accept(handoff=handoff, by=user, at=queue.at, **form.cleaned_data)
            return _onward(queue, handoff)
        except AlreadyDecided as taken:
            return _too_late(request, queue, handoff, taken, Outcome.ACCEPTED)
        except Incomplete as refusal:
            form.add_error(refusal.field, str(refusal))
    asked = Asked("accept", form, typed(request.POST))
    return show_desk(request, queue, handoff, asked=asked, status=422)


@login_required
@require_POST
def desk_reject(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Reject for a reason and go on to the next handoff."""
    user = _at_the_desk(request)
    handoff, queue = _to_act_on(user, public_id), queue_of(user, at=timezone.now())
    form = RejectForm(request.POST, by=user, rules=_fired(handoff))
    if form.is_valid():
        try:
            _reject(handoff, form, user, queue)
            return _onward(queue, handoff)
        except AlreadyDecided as taken:
            return _too_late(request, queue, handoff, taken, Outcome.REJECTED)
        except Incomplete as refusal:
            form.add_error(refusal.field, str(refusal))
    elif handoff.is_decided:
        stale = already_decided(handoff, at=queue.at)
        return _too_late(request, queue, handoff, stale, Outcome.REJECTED)
    ticked = request.POST.getlist("wrong_rules")
    asked = Asked("reject", form, typed(request.POST), ticked)
    return show_desk(request, queue, handoff, asked=asked, status=422)


def _reject(handoff: Handoff, form: RejectForm, user: User, queue: Queue) -> None:
    given = form.cleaned_data
    services.reject(
        handoff=handoff,
        reason=given["reason"],
        by=user,
        at=queue.at,
        note=given["note"],
        recycle_on=given["recycle_on"],
        duplicate_of=given["duplicate_of"],
        wrong_rules=form.wrong,
    )


def _fired(handoff: Handoff) -> list[str]:
    """The keys of the rules that fired, as they were frozen."""
    document = Evidence.objects.filter(handoff=handoff).values_list("document", flat=True).first()
    return list(document["rules"]) if document else []


def _onward(queue: Queue, handoff: Handoff) -> HttpResponse:
    return redirect(queue.after(handoff) or "desk")


def _too_late(
    request: HttpRequest,
    queue: Queue,
    handoff: Handoff,
    taken: AlreadyDecided,
    outcome: Outcome,
) -> HttpResponse:
    """Say who was faster, keep what was typed, and offer what comes next.

    A form sent twice by the same person is one decision: it goes on as the first did.
    """
    first = taken.disposition
    if first.decided_by == user_of(request) and first.outcome == outcome:
        return _onward(queue, handoff)
    asked = Asked(typed=typed(request.POST), taken=taken)
    return show_desk(request, queue, handoff, asked=asked, status=taken.status)


@login_required
@require_POST
def desk_touch(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Log a call, a mail, a message or a meeting; the same form sent twice logs once."""
    user = _at_the_desk(request)
    handoff, form = _to_see(user, public_id), TouchForm(request.POST)
    at = timezone.now()
    if not form.is_valid():
        asked = Asked("touch", form, typed(request.POST))
        return show_desk(request, queue_of(user, at=at), handoff, asked=asked, status=422)
    services.log_touch(lead=handoff.lead, handoff=handoff, by=user, at=at, **form.cleaned_data)
    messages.success(request, _("Logged for %(lead)s.") % {"lead": handoff.lead.label})
    return redirect(next_url(request, handoff.get_absolute_url()))


@login_required
@require_POST
def desk_note(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write a note or a question on the lead; both sides read it."""
    user = _at_the_desk(request)
    handoff, form = _to_see(user, public_id), NoteForm(request.POST)
    at = timezone.now()
    if not form.is_valid():
        asked = Asked("note", form, typed(request.POST))
        return show_desk(request, queue_of(user, at=at), handoff, asked=asked, status=422)
    add_note(lead=handoff.lead, by=user, at=at, **form.cleaned_data)
    messages.success(request, _("Saved on %(lead)s.") % {"lead": handoff.lead.label})
    return redirect(handoff)


@login_required
@require_POST
def desk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision of today back and open its handoff again."""
    user = _at_the_desk(request)
    seen = Disposition.objects.filter(handoff__in=Handoff.objects.visible_to(user).values("pk"))
    disposition = get_object_or_404(seen.select_related("handoff__lead", "reason"), pk=pk)
    services.withdraw(disposition=disposition, by=user, at=timezone.now())
    words = {"what": done_words(disposition)}
    messages.success(request, _("Taken back: %(what)s") % words)
    return redirect(disposition.handoff)
