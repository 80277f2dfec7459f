"""Pages about appeals: the list, contesting a rejection, answering."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from leads.database.models import AFTER_SQL, Lead, Stage
from leads.dispositions import appeals
from leads.dispositions.appeals import LONGEST_WORDS, Contested, may_answer
from leads.dispositions.effects import EffectLine
from leads.dispositions.errors import Incomplete
from leads.dispositions.models import Appeal, Disposition
from leads.handoffs.models import Cause, Handoff
from portal.accounts.models import Role, User
from portal.core.errors import Conflict, NotAllowed
from portal.core.http import next_url, user_of
from portal.core.paging import keyset_page

READERS = frozenset(
    {Role.SALES_LEAD, Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.ADMIN}
)
PERIOD = timedelta(days=90)
JUST_ANSWERED = 20
GRANTED, UPHELD = "granted", "upheld"


class ContestForm(forms.Form):
    words = forms.CharField(
        max_length=LONGEST_WORDS,
        error_messages={
            "required": gettext_lazy("Say in words why sales should look at this lead again."),
            "max_length": gettext_lazy("Shorten this to 5,000 characters."),
        },
    )


class AnswerForm(forms.Form):
    choice = forms.ChoiceField(
        choices=[(UPHELD, UPHELD), (GRANTED, GRANTED)],
        error_messages={
            "required": gettext_lazy("Choose: uphold the rejection, or grant the appeal."),
            "invalid_choice": gettext_lazy("Choose: uphold the rejection, or grant the appeal."),
        },
    )
    words = forms.CharField(
        max_length=LONGEST_WORDS,
        error_messages={
            "required": gettext_lazy("Say in words why: both sides read it."),
            "max_length": gettext_lazy("Shorten this to 5,000 characters."),
        },
    )


@login_required
@require_GET
def appeal_list(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the oldest first, then what was answered; ``?answered`` has all."""
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    seen, cursor = Appeal.objects.visible_to(user), request.GET.get("cursor", "")
    shows_answered = "answered" in request.GET
    if shows_answered:
        rows, order = seen.answered().for_list(), ("-answered_at", "-pk")
    else:
        rows, order = seen.open().for_list(), ("made_at", "pk")
    page = keyset_page(rows, order=order, cursor=cursor)
    answered = [] if shows_answered or cursor else list(
        seen.answered().for_list().order_by("-answered_at", "-pk")[:JUST_ANSWERED]
    )  # fmt: skip
    context = {
        "page": page,
        "answered": answered,
        "shows_answered": shows_answered,
        "finding": finding(seen, user),
        "answers": user.manages_sales,
        "now": timezone.now(),
    }
    return render(request, "leads/dispositions/appeals.html", context)


def finding(seen: Any, user: User) -> str:
    """Say in a sentence what waits, and what became of those answered lately; one query."""
    since = timezone.now() - PERIOD
    waiting = Q(is_granted=None, disposition__withdrawn_at=None)
    counts = seen.filter(Q(answered_at=None) | Q(answered_at__gte=since)).aggregate(
        open=Count("pk", filter=waiting),
        answered=Count("pk", filter=Q(is_granted__isnull=False)),
        granted=Count("pk", filter=Q(is_granted=True)),
    )
    first = ngettext(
        "%(n)d appeal waits for an answer.", "%(n)d appeals wait for an answer.", counts["open"]
    ) % {"n": counts["open"]}
    if not counts["answered"]:
        return first
    second = ngettext(
        "Of %(n)d answered in the last 90 days, %(granted)d was granted.",
        "Of %(n)d answered in the last 90 days, %(granted)d were granted.",
        counts["granted"],
    ) % {"n": counts["answered"], "granted": counts["granted"]}
    return f"{first} {second}"


@login_required
@require_http_methods(["GET", "POST"])
def contest(request: HttpRequest, pk: int) -> HttpResponse:
    """Contest one rejection; who is second is told who was first, and keeps what they wrote."""
    user, at = user_of(request), timezone.now()
    seen = Handoff.objects.visible_to(user).values("pk")
    rows = Disposition.objects.filter(handoff__in=seen).select_related(
        "handoff__lead__company", "handoff__owner", "reason", "decided_by", "appeal__made_by"
    )
    disposition = get_object_or_404(rows, pk=pk)
    if not appeals.may_contest(user):
        raise NotAllowed(_("Rejections are contested by marketing."))
    context: dict[str, Any] = {
        "one": disposition,
        "lead": disposition.handoff.lead,
        "next": next_url(request, ""),
        "now": at,
    }
    if request.method == "GET":
        context["refused"] = _why_not(disposition, at)
        return render(request, "leads/dispositions/contest.html", context)
    form, status = ContestForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
    context["words"] = request.POST.get("words", "")[:LONGEST_WORDS]
    if form.is_valid():
        try:
            made = appeals.contest(disposition=disposition, by=user, at=at, **form.cleaned_data)
        except Conflict as refusal:
            context["refused"], status = refusal, refusal.status
        except Incomplete as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            words = {"lead": disposition.handoff.lead.label}
            messages.success(request, _("Contested the rejection of %(lead)s.") % words)
            return redirect(next_url(request, made.get_absolute_url()))
    return render(
        request, "leads/dispositions/contest.html", context | {"form": form}, status=status
    )


def _why_not(disposition: Disposition, at: Any) -> str:
    made = Appeal.objects.filter(disposition=disposition).select_related("made_by").first()
    return str(Contested(made, at=at)) if made else appeals.why_not_contestable(disposition)


@login_required
@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """One appeal: what was decided, why it is contested, and the answer or its form."""
    user, at = user_of(request), timezone.now()
    rows = Appeal.objects.visible_to(user).for_list()
    found = get_object_or_404(rows.select_related("disposition__handoff__team"), pk=pk)
    answers = may_answer(found, user)
    if request.method == "GET":
        return _show(request, found, answers=answers)
    if not answers:
        raise NotAllowed(_("Appeals are answered by a sales lead of the handoff’s team."))
    form = AnswerForm(request.POST)
    refused: Conflict | None = None
    if form.is_valid():
        given = form.cleaned_data
        is_granted = given["choice"] == GRANTED
        try:
            appeals.answer(
                appeal=found, by=user, at=at, is_granted=is_granted, words=given["words"]
            )
        except Conflict as refusal:
            refused, found = refusal, rows.get(pk=pk)
        except Incomplete as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            done = _("Granted the appeal.") if is_granted else _("Upheld the rejection.")
            messages.success(request, done)
            return redirect(next_url(request, "appeals"))
    return _show(request, found, answers=answers, form=form, refused=refused)


def _show(
    request: HttpRequest,
    found: Appeal,
    *,
    answers: bool,
    form: AnswerForm | None = None,
    refused: Conflict | None = None,
) -> HttpResponse:
    lead = found.disposition.handoff.lead
    user = user_of(request)
    context = {
        "one": found,
        "disposition": found.disposition,
        "lead": lead,
        "sees_lead": Lead.objects.visible_to(user).filter(pk=lead.pk).exists(),
        "is_open": found.is_granted is None and found.disposition.withdrawn_at is None,
        "answers": answers,
        "granting": granting(found),
        "form": form,
        "refused": refused,
        "choice": request.POST.get("choice", ""),
        "words": request.POST.get("words", "")[:LONGEST_WORDS],
        "again": found.handoff is not None and found.handoff.cause == Cause.APPEAL,
        "now": timezone.now(),
    }
    status = HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY
    if refused is not None:
        status = refused.status
    return render(request, "leads/dispositions/appeal.html", context, status=status)


def granting(found: Appeal) -> list[EffectLine]:
    """Say in the present tense what granting does, before it is done."""
    lead = found.disposition.handoff.lead
    if lead.stage in (Stage.WITH_SALES, *AFTER_SQL):
        text = _("nothing over: sales has %(lead)s already") % {"lead": lead.label}
        lines = [EffectLine("inbox", _("Hand"), text)]
    else:
        text = _("%(lead)s to sales again, a new handoff with new clocks") % {"lead": lead.label}
        lines = [EffectLine("arrow-right-circle", _("Hand"), text)]
    kept = _("the rejection in every count, with the appeal beside it")
    return [*lines, EffectLine("bookmark", _("Keep"), kept)]
