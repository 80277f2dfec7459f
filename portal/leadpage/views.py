"""One lead, for both sides."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.database.models import Lead
from leads.database.presence import be_present
from leads.dispositions.merged import may_merge, merged_into, parts_of
from leads.dispositions.services import log_touch
from portal.accounts.models import User
from portal.core.http import user_of
from portal.desk.forms import TouchForm
from portal.leadpage.forms import HandOverForm
from portal.leadpage.page import lead_context
from scoring.engine.services import hand_over_by_hand

LOADED = ("company", "source", "campaign", "owner", "standing__version", "duplicate_of")


def _to_see(user: User, public_id: UUID) -> Lead:
    leads = Lead.objects.visible_to(user).select_related(*LOADED)
    return get_object_or_404(leads, public_id=public_id)


def _show(
    request: HttpRequest, lead: Lead, *, refused: str = "", errors: str = "", words: str = ""
) -> HttpResponse:
    context = lead_context(
        lead,
        reader=user_of(request),
        at=timezone.now(),
        cursor=request.GET.get("before", ""),
        everything="all" in request.GET,
    )
    context |= {"refused": refused, "errors": errors, "words": words}
    context |= {
        "parts": parts_of(lead, reader=user_of(request), at=context["now"]),
        "can_merge": may_merge(user_of(request)) and lead.duplicate_of_id is None,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "portal/leadpage/lead.html", context, status=status)


@login_required
@require_GET
def lead(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who it is, where it stands, why, and everything that happened; ``?all`` unfolds.

    The address of a lead that became part of another leads there, with a sentence.
    """
    user = user_of(request)
    found = Lead.objects.visible_to(user).select_related(*LOADED).filter(public_id=public_id)
    lead = found.first()
    if lead is not None and lead.duplicate_of_id is None:
        be_present(user, lead.pk, at=timezone.now())
        return _show(request, lead)
    if (merged := merged_into(public_id, reader=user)) is not None:
        gone, stays = merged
        words = {"gone": gone.label, "stays": stays.label}
        messages.info(
            request, _("%(gone)s was merged into %(stays)s. This is the one that stays.") % words
        )
        return redirect(stays)
    return _show(request, lead or _to_see(user, public_id))


@login_required
@require_POST
def lead_touch(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Log a touch; it counts for the open handoff, if there is one."""
    user, form = user_of(request), TouchForm(request.POST)
    found = _to_see(user, public_id)
    if not form.is_valid():
        errors = " ".join(str(error) for one in form.errors.values() for error in one)
        return _show(request, found, refused="touch", errors=errors)
    log_touch(lead=found, handoff=None, by=user, at=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Logged for %(lead)s.") % {"lead": found.label})
    return redirect(found)


@login_required
@require_POST
def lead_hand_over(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Marketing passes a lead to sales on its word, counted apart."""
    user, form = user_of(request), HandOverForm(request.POST)
    found = _to_see(user, public_id)
    if not form.is_valid():
        errors = " ".join(str(error) for one in form.errors.values() for error in one)
        words = request.POST.get("words", "")[:2000]
        return _show(request, found, refused="hand-over", errors=errors, words=words)
    hand_over_by_hand(lead=found, by=user, at=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Handed to sales: %(lead)s.") % {"lead": found.label})
    return redirect(found)
