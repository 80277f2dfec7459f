"""Booking and moving a meeting, with the times at which its host is free."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.database.models import Lead
from leads.dispositions.appeals import with_sales
from leads.dispositions.errors import Incomplete
from leads.meetings import checks, services
from leads.meetings.checks import Overlap
from leads.meetings.forms import (
    LENGTHS,
    USUAL_LENGTH,
    WALL,
    BookForm,
    MoveForm,
    TimeForm,
    hosts_for,
    instant_of,
    new_public_id,
)
from leads.meetings.mail import when_words
from leads.meetings.models import LONGEST, SHORTEST, Meeting
from leads.meetings.views import meeting_to_see
from portal.accounts.models import Role, User
from portal.core.errors import Conflict, NotAllowed
from portal.core.http import next_url, user_of
from portal.leadpage.slots import slots_of

KEPT = ("host", "slot", "starts_at", "minutes", "subject", "place", "note", "invites_lead",
        "overlaps", "public_id", "sequence")  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def meeting_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Book a meeting with a lead; asked for another host, the page shows that host's free times."""
    user, at = user_of(request), timezone.now()
    rows = Lead.objects.visible_to(user).select_related("company", "owner")
    lead = get_object_or_404(rows, public_id=public_id)
    if not checks.may_book(user):
        raise NotAllowed(_("Meetings are booked by sales. Write a note instead."))
    hosts = list(hosts_for(user))
    if request.method == "GET":
        typed = _first(lead, user) | _typed(request.GET)
        return _show_new(request, lead, hosts, typed, at)
    form = BookForm(request.POST, by=user)
    typed, overlap = _typed(request.POST), ""
    if form.is_valid():
        try:
            made = services.book(
                lead=lead, handoff=with_sales(lead), by=user, at=at, **form.cleaned_data
            )
        except Overlap as refusal:
            overlap = str(refusal)
        except Incomplete as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            words = {"lead": lead.label, "when": when_words(made)}
            messages.success(request, _("Booked with %(lead)s: %(when)s.") % words)
            return redirect(next_url(request, lead.get_absolute_url()))
    return _show_new(request, lead, hosts, typed, at, form=form, overlap=overlap)


def _first(lead: Lead, user: User) -> dict[str, str]:
    """Return what a new form begins with."""
    owner = lead.owner
    is_taken = owner is not None and owner.is_active and owner.role == Role.ACCOUNT_EXECUTIVE
    about = lead.company.name if lead.company else lead.label
    return {
        "host": str(owner.pk if owner is not None and is_taken else user.pk),
        "minutes": str(USUAL_LENGTH),
        "subject": _("First conversation, %(about)s") % {"about": about},
        "public_id": new_public_id(),
    }


def _typed(data: Any) -> dict[str, str]:
    return {name: str(data[name])[:2000] for name in KEPT if name in data}


def _show_new(
    request: HttpRequest,
    lead: Lead,
    hosts: list[User],
    typed: dict[str, str],
    at: datetime,
    *,
    form: BookForm | None = None,
    overlap: str = "",
) -> HttpResponse:
    chosen = next((one for one in hosts if str(one.pk) == typed.get("host")), user_of(request))
    context = {
        "lead": lead,
        "hosts": hosts,
        "host": chosen,
        "why_not_invited": checks.why_not_invited(lead),
    }
    return _show(request, "portal/leadpage/meeting_new.html", context, typed, at, form, overlap)


@login_required
@require_http_methods(["GET", "POST"])
def meeting_move(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change when, where and what about; a form opened before somebody else's change is refused."""
    user, at = user_of(request), timezone.now()
    meeting = meeting_to_see(user, public_id)
    if not checks.may_change(meeting, user):
        raise NotAllowed(_("This meeting is %(who)s’s. Ask them to change it.")
                         % {"who": meeting.host})  # fmt: skip
    if request.method == "GET":
        return _show_move(request, meeting, _as_typed(meeting) | _typed(request.GET), at)
    form, typed = MoveForm(request.POST), _typed(request.POST)
    overlap, conflict = "", ""
    if form.is_valid():
        try:
            services.move(meeting=meeting, by=user, at=at, **form.cleaned_data)
        except Overlap as refusal:
            overlap = str(refusal)
        except Conflict as refusal:
            conflict = str(refusal)
            meeting.refresh_from_db()
        except Incomplete as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Changed. Who was invited is told after ten seconds."))
            return redirect(next_url(request, meeting.get_absolute_url()))
    return _show_move(request, meeting, typed, at, form=form, refusals=(overlap, conflict))


def _as_typed(meeting: Meeting) -> dict[str, str]:
    names = ("minutes", "subject", "place", "note", "sequence")
    begins = timezone.localtime(meeting.starts_at).strftime(WALL)
    return {name: str(getattr(meeting, name)) for name in names} | {"starts_at": begins}


def _show_move(
    request: HttpRequest,
    meeting: Meeting,
    typed: dict[str, str],
    at: datetime,
    *,
    form: MoveForm | None = None,
    refusals: tuple[str, str] = ("", ""),
) -> HttpResponse:
    overlap, conflict = refusals
    context = {
        "meeting": meeting,
        "lead": meeting.lead,
        "host": meeting.host,
        "conflict": conflict,
        "stands": when_words(meeting),
    }
    template = "portal/leadpage/meeting_move.html"
    return _show(request, template, context, typed, at, form, overlap)


def _chosen(
    typed: dict[str, str], slots: list[datetime], *, is_new: bool
) -> tuple[str, dict[str, str]]:
    """Return which offered time is ticked, and what was typed.

    A form begins with the first. A time that came back and is offered no more, because somebody
    took it, stays as "another time".
    """
    offered = [timezone.localtime(one).isoformat() for one in slots]
    slot = typed.get("slot", "")
    if slot in offered:
        return slot, typed
    if is_new:
        begins = offered[0] if offered and not typed.get("starts_at") else ""
        return begins, typed
    instant = instant_of(slot)
    if instant is None:
        return "", typed
    return "", typed | {"starts_at": timezone.localtime(instant).strftime(WALL)}


def _show(  # noqa: PLR0917 - one answer for both pages
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    typed: dict[str, str],
    at: datetime,
    form: TimeForm | None,
    overlap: str,
) -> HttpResponse:
    """Answer with the form as it was typed; 422 for what cannot be, 409 for what has changed."""
    minutes = typed.get("minutes", "")
    length = int(minutes) if minutes.isdecimal() and len(minutes) < 5 else USUAL_LENGTH
    length = length if SHORTEST <= length <= LONGEST else USUAL_LENGTH
    lengths = sorted({*LENGTHS, length})
    slots = slots_of(context["host"], at=at, minutes=length)
    chosen, typed = _chosen(typed, slots, is_new=form is None)
    context |= {
        "typed": typed,
        "chosen": chosen,
        "errors": form.errors if form is not None else {},
        "overlap": overlap,
        "slots": slots,
        "lengths": lengths,
        "length": length,
        "next": next_url(request, ""),
        "now": at,
    }
    status = 200 if form is None else 409 if context.get("conflict") else 422
    return render(request, template, context, status=status)
