"""One's own meetings, one meeting, its calendar file; calling it off, saying that it was held."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.database.models import Lead
from leads.meetings import checks, services
from leads.meetings.ics import MIME, Method, calendar_text
from leads.meetings.lists import my_meetings
from leads.meetings.models import Meeting
from portal.accounts.models import User
from portal.core.http import next_url, user_of


def meeting_to_see(user: User, public_id: UUID) -> Meeting:
    rows = Meeting.objects.visible_to(user).for_list().select_related("handoff")
    return get_object_or_404(rows, public_id=public_id)


@login_required
@require_GET
def meeting_list(request: HttpRequest) -> HttpResponse:
    """What this person hosts or booked: what took place, and what comes next."""
    user, at = user_of(request), timezone.now()
    if not checks.may_book(user):
        raise Http404
    mine = my_meetings(user, at=at, cursor=request.GET.get("cursor", ""))
    context = {"mine": mine, "page": mine.page, "now": at}
    return render(request, "leads/meetings/list.html", context)


@login_required
@require_GET
def meeting(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One meeting and what one may do about it."""
    user, at = user_of(request), timezone.now()
    found = meeting_to_see(user, public_id)
    context = {
        "meeting": found,
        "sees_lead": Lead.objects.visible_to(user).filter(pk=found.lead_id).exists(),
        "may_change": checks.may_change(found, user),
        "is_planned": found.cancelled_at is None and found.held_at is None,
        "has_begun": found.starts_at <= at,
        "others": checks.busy_with(found.host, found.starts_at, found.ends_at, but=found),
        "why_not_invited": checks.why_not_invited(found.lead) if found.invites_lead else "",
        "now": at,
    }
    return render(request, "leads/meetings/meeting.html", context)


@login_required
@require_GET
def meeting_ics(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The meeting as a file for one's own calendar."""
    found = meeting_to_see(user_of(request), public_id)
    text = calendar_text(found, method=Method.PUBLISH, at=timezone.now())
    response = HttpResponse(text, content_type=f"{MIME}; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def meeting_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Call it off; who was invited is told once the undo window has closed."""
    user, at = user_of(request), timezone.now()
    found = meeting_to_see(user, public_id)
    services.cancel(meeting=found, by=user, at=at)
    words = {"lead": found.lead.label}
    messages.success(request, _("Called off the meeting with %(lead)s.") % words)
    return redirect(next_url(request, "meetings"))


@login_required
@require_POST
def meeting_held(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say that it took place: a touch of the lead."""
    user, at = user_of(request), timezone.now()
    found = meeting_to_see(user, public_id)
    services.hold(meeting=found, by=user, at=at)
    messages.success(request, _("Logged: you met %(lead)s.") % {"lead": found.lead.label})
    return redirect(next_url(request, "meetings"))
