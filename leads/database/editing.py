"""Pages that write a lead down: new and edit."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.database.facts import current_facts
from leads.database.forms import LeadForm, initial_of
from leads.database.models import Lead
from leads.database.people import add_lead, edit_lead, require_writer
from portal.core.errors import Conflict, DomainError
from portal.core.http import user_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lead_new(request: HttpRequest) -> HttpResponse:
    """Write down a lead that nobody captured; it is scored before the next page answers."""
    require_writer(user_of(request))
    form = LeadForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _show(request, form, None)
    if form.is_valid():
        try:
            lead = add_lead(values=form.values(), by=user_of(request), at=timezone.now())
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            return _go_on(request, lead, _("The lead is kept."))
    return _show(request, form, None, HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lead_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Edit a lead. Who comes too late gets both texts back and decides."""
    seen = Lead.objects.visible_to(user_of(request)).select_related("company")
    lead = get_object_or_404(seen, public_id=public_id)
    require_writer(user_of(request))
    at = timezone.now()
    initial = initial_of(lead, current_facts([lead.pk], at=at)[lead.pk])
    form = LeadForm(request.POST or None, lead=lead, initial=initial)
    if not form.is_bound:
        return _show(request, form, lead)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        revision = form.cleaned_data["revision"] or 0
        try:
            edit_lead(
                lead=lead, values=form.values(), revision=revision, by=user_of(request), at=at
            )
        except Conflict:
            return _show_both(request, form, lead)
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            return _go_on(request, lead, _("The changes are kept."))
    return _show(request, form, lead, status)


def _show(
    request: HttpRequest, form: LeadForm, lead: Lead | None, status: int = HTTPStatus.OK
) -> HttpResponse:
    return render(request, "leads/database/edit.html", {"form": form, "lead": lead}, status=status)


def _show_both(request: HttpRequest, form: LeadForm, lead: Lead) -> HttpResponse:
    """Show what was typed beside what stands now; saving again means what was typed."""
    stands = LeadForm(lead=lead, initial=form.initial)
    differing = [
        {
            "label": field.label,
            "typed": _words(form, field.name),
            "stands": _words(stands, field.name),
        }
        for field in form.visible_fields()
        if _words(form, field.name) != _words(stands, field.name)
    ]
    form.data = {name: form.data[name] for name in form.data} | {"revision": str(lead.revision)}
    context = {"form": form, "lead": lead, "differing": differing, "is_stale": True}
    return render(request, "leads/database/edit.html", context, status=HTTPStatus.CONFLICT)


def _words(form: LeadForm, name: str) -> str:
    """Return a field's value as a person reads it: a choice's label, yes or no, or the text."""
    value = form[name].value()
    if isinstance(value, bool) or name in {"do_not_email", "do_not_call"}:
        return _("yes") if value else _("no")
    choices = getattr(form.fields[name], "choices", ())
    labels = {str(key): str(label) for key, label in choices} if choices and value else {}
    return labels.get(str(value), "" if value is None else str(value))


def _go_on(request: HttpRequest, lead: Lead, done: str) -> HttpResponse:
    """Open the lead; somebody who may not see it yet goes back to the list."""
    messages.success(request, done)
    if Lead.objects.visible_to(user_of(request)).filter(pk=lead.pk).exists():
        return redirect("lead", public_id=lead.public_id)
    messages.info(request, _("You see it here once it is handed to you or your team."))
    return redirect("leads")
