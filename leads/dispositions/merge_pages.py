"""Pages on which two leads become one: find the other, compare both, take it back."""

from http import HTTPStatus
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.database.models import Lead
from leads.dispositions.access import may_decide
from leads.dispositions.duplicates import found_by, likely_duplicates
from leads.dispositions.merge_checks import check_may_merge
from leads.dispositions.merging import MergePreview, merge, preview, unmerge
from leads.dispositions.models import Effect, Merge, Reason
from leads.dispositions.services import reject, withdraw
from portal.accounts.models import User
from portal.core.errors import DomainError, NotAllowed
from portal.core.http import user_of

LOADED = ("company", "source", "campaign", "owner", "standing", "duplicate_of")


class MergeForm(forms.Form):
    """``rejects``: the open handoff of the one that goes is rejected as a duplicate."""

    rejects = forms.BooleanField(required=False)
    note = forms.CharField(max_length=5000, required=False)


@login_required
@require_GET
def lead_merge(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Find the lead that is the same person as this one: likely ones first, others by search."""
    user = user_of(request)
    lead = _lead(user, public_id)
    check_may_merge(user, lead, lead)
    text = request.GET.get("q", "").strip()[:200]
    context = {
        "lead": lead,
        "text": text,
        "likely": likely_duplicates(lead, reader=user),
        "found": found_by(text, but=lead, reader=user) if text else [],
        "rejects": "rejects" in request.GET,
    }
    return render(request, "leads/dispositions/merge_pick.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lead_merge_with(request: HttpRequest, public_id: UUID, other: UUID) -> HttpResponse:
    """Compare the lead that stays with the ``other`` one; posting makes them one."""
    user = user_of(request)
    kept, gone = _lead(user, public_id), _lead(user, other)
    check_may_merge(user, kept, gone)
    form = MergeForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return _show(request, kept, gone, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.method != "POST":
        return _show(request, kept, gone, form)
    try:
        _carry_out(kept, gone, form, user)
    except NotAllowed:
        raise
    except DomainError as refusal:
        return _show(request, kept, gone, form, refusal.status, str(refusal))
    messages.success(request, _("%(gone)s is part of %(kept)s now.") % {"gone": gone, "kept": kept})
    return redirect("desk") if form.cleaned_data["rejects"] else redirect(kept)


def _carry_out(kept: Lead, gone: Lead, form: MergeForm, user: User) -> None:
    """Merge; where an open handoff has to be closed for it, reject that one as a duplicate."""
    at, given = timezone.now(), form.cleaned_data
    found = preview(kept, gone, rejects=given["rejects"])
    if found.closes is None:
        merge(kept=kept, gone=gone, by=user, at=at)
        return
    reason = Reason.objects.filter(effect=Effect.DUPLICATE, is_active=True).first()
    reject(
        handoff=found.closes,
        reason=reason,
        by=user,
        at=at,
        note=given["note"],
        duplicate_of=kept,
    )


def _show(
    request: HttpRequest,
    kept: Lead,
    gone: Lead,
    form: MergeForm,
    status: int = HTTPStatus.OK,
    refused: str = "",
) -> HttpResponse:
    rejects = bool(form.data.get("rejects"))
    found = preview(kept, gone, at=timezone.now(), rejects=rejects)
    context = {
        "preview": found,
        "kept": kept,
        "gone": gone,
        "form": form,
        "rejects": rejects,
        "refused": refused or _cannot(found, user_of(request)),
        "note": form.data.get("note", ""),
    }
    return render(request, "leads/dispositions/merge.html", context, status=status)


def _cannot(found: MergePreview, user: User) -> str:
    """Say why the button is not there; empty when it is."""
    if found.obstacles:
        return found.obstacles[0]
    if found.closes is None or may_decide(found.closes, user):
        return ""
    return _(
        "A handoff of %(lead)s is open. %(owner)s decides it, or a sales lead of the team."
    ) % {
        "lead": found.gone,
        "owner": found.closes.owner or _("Its team"),
    }


@login_required
@require_POST
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Make two of one again; a merge that a decision made goes back with the decision."""
    user = user_of(request)
    seen = Merge.objects.filter(kept__in=Lead.objects.visible_to(user).values("pk"))
    row = get_object_or_404(seen.select_related("kept", "gone", "disposition"), pk=pk)
    standing = row.disposition is not None and row.disposition.withdrawn_at is None
    if standing and row.undone_at is None and row.disposition is not None:
        withdraw(disposition=row.disposition, by=user, at=timezone.now())
    else:
        unmerge(merge=row, by=user, at=timezone.now())
    messages.success(request, _("%(gone)s is a lead of its own again.") % {"gone": row.gone})
    return redirect(row.kept)


def _lead(user: User, public_id: UUID) -> Lead:
    leads = Lead.objects.visible_to(user).select_related(*LOADED)
    return get_object_or_404(leads, public_id=public_id)
