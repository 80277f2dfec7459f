"""What the lead page posts: notes, questions, answers, and what becomes of an SQL."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.database.forms import LostForm, NoteForm, OpenForm, WonForm, values_of
from leads.database.models import Lead, Note, Opportunity
from leads.database.notes import add_note
from leads.database.opportunities import lose, open_opportunity, win
from leads.database.queries import may_close
from portal.accounts.models import User
from portal.core.errors import NotAllowed
from portal.core.http import next_url, user_of


@login_required
@require_POST
def lead_note(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add a note or a question."""
    lead = _lead(request, public_id)
    given = values_of(NoteForm(request.POST))
    add_note(lead=lead, by=user_of(request), at=timezone.now(), **given)
    return _back(request, lead)


@login_required
@require_POST
def note_answer(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    """Answer a question, which closes it."""
    lead = _lead(request, public_id)
    question = get_object_or_404(Note, pk=pk, lead=lead, is_question=True)
    given = values_of(NoteForm(request.POST))
    author, at = user_of(request), timezone.now()
    add_note(lead=lead, text=given["text"], answers=question, by=author, at=at)
    return _back(request, lead)


@login_required
@require_POST
def opportunity_open(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Open the opportunity of the handoff that sales accepted last."""
    lead, user = _lead(request, public_id), _closer(request)
    accepted = lead.handoffs.filter(outcome="accepted", opportunity=None)
    handoff = accepted.order_by("-pk").first()
    if handoff is None:
        raise NotAllowed(_("Sales has to accept this lead before it can be an opportunity."))
    given = values_of(OpenForm(request.POST))
    owner = lead.owner or user
    open_opportunity(handoff=handoff, owner=owner, by=user, at=timezone.now(), **given)
    return _back(request, lead)


@login_required
@require_POST
def opportunity_won(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Close the lead's open opportunity as won."""
    lead, user = _lead(request, public_id), _closer(request)
    opportunity = get_object_or_404(Opportunity, lead=lead, outcome=Opportunity.Outcome.OPEN)
    given = values_of(WonForm(request.POST))
    win(opportunity=opportunity, by=user, at=timezone.now(), **given)
    return _back(request, lead)


@login_required
@require_POST
def opportunity_lost(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Close the lead's open opportunity as lost, with the reason."""
    lead, user = _lead(request, public_id), _closer(request)
    opportunity = get_object_or_404(Opportunity, lead=lead, outcome=Opportunity.Outcome.OPEN)
    given = values_of(LostForm(request.POST))
    lose(opportunity=opportunity, by=user, at=timezone.now(), **given)
    return _back(request, lead)


def _lead(request: HttpRequest, public_id: UUID) -> Lead:
    return get_object_or_404(Lead.objects.visible_to(user_of(request)), public_id=public_id)


def _closer(request: HttpRequest) -> User:
    user = user_of(request)
    if not may_close(user):
        raise NotAllowed(_("Account executives and sales leads decide what becomes of an SQL."))
    return user


def _back(request: HttpRequest, lead: Lead) -> HttpResponse:
    return redirect(next_url(request, reverse("lead", args=[lead.public_id])))
