"""The page on which a second person judges one sampled handoff, without its name or decision."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.dispositions.models import Disposition
from portal.accounts.models import User
from portal.core.http import user_of
from scoring.feedback.models import SecondOpinion
from scoring.feedback.opinions import GIVERS, GivenAlready, give_opinion, waiting_for
from scoring.reviewing.forms import OpinionForm
from scoring.reviewing.then import known_then


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def second_opinions(request: HttpRequest) -> HttpResponse:
    """The oldest handoff that waits for this person's opinion; a post gives it."""
    user = user_of(request)
    if user.role not in GIVERS:
        raise Http404
    if request.method != "POST":
        return _show(request, user)
    number = request.POST.get("handoff", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return _show(request, user, form=OpinionForm(request.POST))
    return _give(request, user, int(number))


def _give(request: HttpRequest, user: User, handoff: int) -> HttpResponse:
    at = timezone.now()
    form = OpinionForm(request.POST)
    first = waiting_for(user, at=at).filter(handoff=handoff).select_related("handoff").first()
    if first is None:  # somebody was faster, or this very form came before
        given = SecondOpinion.objects.filter(handoff__team__in=user.teams.all())
        if get_object_or_404(given, handoff=handoff).by_id != user.pk:
            messages.warning(request, str(GivenAlready()))
        return redirect("second-opinions")
    if not form.is_valid():
        return _show(request, user, form=form, first=first)
    try:
        give_opinion(handoff=first.handoff, **form.cleaned_data, by=user, at=at)
    except GivenAlready as late:
        messages.warning(request, str(late))
    else:
        messages.success(request, _("Thank you. It counts on the page of reason quality."))
    return redirect("second-opinions")


def _show(
    request: HttpRequest,
    user: User,
    *,
    form: OpinionForm | None = None,
    first: Disposition | None = None,
) -> HttpResponse:
    waiting = waiting_for(user, at=timezone.now())
    first = first or waiting.select_related("handoff").first()
    context = {
        "known": known_then(first.handoff) if first else None,
        "first": first,
        "form": form or OpinionForm(),
        "waiting": waiting.count(),
        "given": SecondOpinion.objects.filter(by=user).count(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None else HTTPStatus.OK
    return render(request, "scoring/reviewing/opinion.html", context, status=status)
