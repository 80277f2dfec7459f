"""Amendments as people see them: read the argument, make a draft, or leave it for now."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.models import User
from portal.agreements.addresses import address
from portal.agreements.services import EDITORS
from portal.core.errors import Conflict, DomainError
from portal.core.http import user_of
from scoring.definitions.services import Applied, definitions_in_force
from scoring.feedback import files
from scoring.feedback.files import page_or_file
from scoring.feedback.learning import PERIOD
from scoring.feedback.looking import READERS
from scoring.feedback.models import Amendment, Learning
from scoring.feedback.proposals import LEAST
from scoring.feedback.scoring_views import frame
from scoring.feedback.services import dismiss_amendment, draft_amendments, learn_of_all
from scoring.feedback.words import argument_sentences, change_of, name_of

MOST = 60  # a version has no more rules
ANSWERED = 20


def _reader(request: HttpRequest) -> User:
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    return user


@login_required
@require_GET
def amendments(request: HttpRequest) -> HttpResponseBase:
    """What the numbers propose, the strongest first, and when they were last asked."""
    return _page(request, _reader(request))


def _page(
    request: HttpRequest, user: User, *, refusal: str = "", chosen: tuple[str, ...] = ()
) -> HttpResponseBase:
    rows = list(Amendment.objects.open().select_related("version__agreement")[:MOST])
    answered = Amendment.objects.exclude(state=Amendment.State.OPEN).select_related(
        "answered_by", "draft__agreement", "version__agreement"
    )
    found = definitions_in_force(timezone.now())
    applied = {one.version.pk: one for one in found.members} if found else {}
    learnings = _last_of(list(applied))
    context = frame(None, "amendments") | {
        "amendments": [_shown(one, str(one.pk) in chosen) for one in rows],
        "answered": [_shown(one) for one in answered.order_by("-answered_at", "-pk")[:ANSWERED]],
        "learning": _all_of(learnings),
        "too_little": [
            row for one in learnings for row in _too_little(one, applied[one.version_id])
        ],
        "version": found.default.version if found else None,
        "has_segments": len(applied) > 1,
        "is_thin": learnings and all(one.handoffs < LEAST for one in learnings),
        "least": LEAST,
        "days": PERIOD.days,
        "may_edit": user.role in EDITORS,
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return page_or_file(request, "amendments", context, files.amendment_sheets, status=status)


def _last_of(versions: Sequence[int]) -> list[Learning]:
    """Return the last look at each of these versions, of the one with most handoffs first."""
    newest = Learning.objects.filter(version=OuterRef("version")).order_by("-at", "-pk")
    rows = Learning.objects.filter(version__in=versions, pk=Subquery(newest.values("pk")[:1]))
    return list(rows.select_related("version__agreement").order_by("-handoffs", "pk"))


def _all_of(learnings: Sequence[Learning]) -> dict[str, Any] | None:
    if not learnings:
        return None
    return {
        "handoffs": sum(one.handoffs for one in learnings),
        "accepted": sum(one.accepted for one in learnings),
        "at": min(one.at for one in learnings),
    }


def _shown(one: Amendment, is_chosen: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
    old, new = change_of(one)
    return {
        "row": one,
        "subject": name_of(one),
        "old": old,
        "new": new,
        "says": argument_sentences(one),
        "definition": one.version.agreement.name,
        "key": "" if one.kind in {"gate", "add"} else one.key,
        "draft_url": address(one.draft) if one.draft else "",
        "is_chosen": is_chosen,
    }


def _too_little(learning: Learning, applied: Applied) -> list[tuple[str, str, int, int]]:
    """Return (definition, rule, handoffs with it, without it) of what could not be judged."""
    names = {rule.key: rule.name for rule in applied.definition.rules}
    name = learning.version.agreement.name
    return [
        (name, names.get(key, key), with_it, without)
        for key, (with_it, without) in learning.too_little.items()
    ]


@login_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Look for amendments now. Answers 403 for those who do not co-edit."""
    user = _reader(request)
    found = learn_of_all(at=timezone.now(), by=user)
    if not found:
        raise DomainError(_("No definition is in force yet. Both sides sign one first."))
    handoffs = sum(one.handoffs for one in found)
    messages.success(
        request,
        ngettext(
            "Read %(n)s decided handoff: %(found)s amendments stand.",
            "Read %(n)s decided handoffs: %(found)s amendments stand.",
            handoffs,
        )
        % {"n": f"{handoffs:,}", "found": sum(one.found for one in found)},
    )
    return redirect("amendments")


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponseBase:
    """Make a draft with the chosen changes; its page opens. Refusals keep what was ticked."""
    user = _reader(request)
    chosen = tuple(request.POST.getlist("amendment"))
    ids = [int(one) for one in chosen if one.isascii() and one.isdecimal() and len(one) < 19]
    try:
        version = draft_amendments(ids=ids, by=user, at=timezone.now())
    except Conflict:
        raise
    except DomainError as refusal:
        if refusal.status != 422:
            raise
        return _page(request, user, refusal=str(refusal), chosen=chosen)
    messages.success(request, _("A draft with these changes. Read it, let the other side read it."))
    return redirect(address(version))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def amendment(request: HttpRequest, pk: int) -> HttpResponse:
    """One amendment with its whole argument; POST leaves it for now, with words."""
    user = _reader(request)
    row = get_object_or_404(
        Amendment.objects.select_related("version__agreement", "answered_by", "draft__agreement"),
        pk=pk,
    )
    refusal, words = "", request.POST.get("words", "")
    if request.method == "POST":
        try:
            dismiss_amendment(amendment=row, words=words, by=user, at=timezone.now())
        except Conflict:
            raise
        except DomainError as why:
            if why.status != 422:
                raise
            refusal = str(why)
        else:
            messages.success(request, _("Left for now. It is not proposed again for 90 days."))
            return redirect("amendments")
    context = frame(None, "amendments") | {
        "shown": _shown(row),
        "may_edit": user.role in EDITORS and row.state == Amendment.State.OPEN,
        "refusal": refusal,
        "words": words,
        "up_url": reverse("amendments"),
    }
    status = 422 if refusal else 200
    return render(request, "scoring/feedback/amendment.html", context, status=status)
