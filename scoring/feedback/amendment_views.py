"""Amendments as people see them: read the argument, make a draft, or leave it for now."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
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
from scoring.definitions.services import definition_in_force
from scoring.feedback.learning import PERIOD
from scoring.feedback.looking import READERS
from scoring.feedback.models import Amendment, Learning
from scoring.feedback.proposals import LEAST
from scoring.feedback.scoring_views import frame
from scoring.feedback.services import dismiss_amendment, draft_amendments, learn
from scoring.feedback.words import argument_sentences, change_of, name_of
from scoring.rules.definition import Rule

MOST = 60  # a version has no more rules
ANSWERED = 20


def _reader(request: HttpRequest) -> User:
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    return user


@login_required
@require_GET
def amendments(request: HttpRequest) -> HttpResponse:
    """What the numbers propose, the strongest first, and when they were last asked."""
    return _page(request, _reader(request))


def _page(
    request: HttpRequest, user: User, *, refusal: str = "", chosen: tuple[str, ...] = ()
) -> HttpResponse:
    rows = list(Amendment.objects.open().select_related("version__agreement")[:MOST])
    answered = Amendment.objects.exclude(state=Amendment.State.OPEN).select_related(
        "answered_by", "draft__agreement", "version__agreement"
    )
    found = definition_in_force(timezone.now())
    last = Learning.objects.select_related("version__agreement", "by").order_by("-at", "-pk")
    learning = last.first()
    context = frame(None, "amendments") | {
        "amendments": [_shown(one, str(one.pk) in chosen) for one in rows],
        "answered": [_shown(one) for one in answered.order_by("-answered_at", "-pk")[:ANSWERED]],
        "learning": learning,
        "too_little": _too_little(learning, found[1].rules if found else ()),
        "version": found[0] if found else None,
        "is_thin": learning is not None and learning.handoffs < LEAST,
        "least": LEAST,
        "days": PERIOD.days,
        "may_edit": user.role in EDITORS,
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return render(request, "scoring/feedback/amendments.html", context, status=status)


def _shown(one: Amendment, is_chosen: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
    old, new = change_of(one)
    return {
        "row": one,
        "subject": name_of(one),
        "old": old,
        "new": new,
        "says": argument_sentences(one),
        "key": "" if one.kind in {"gate", "add"} else one.key,
        "draft_url": address(one.draft) if one.draft else "",
        "is_chosen": is_chosen,
    }


def _too_little(learning: Learning | None, rules: Sequence[Rule]) -> list[tuple[str, int, int]]:
    if learning is None:
        return []
    names = {rule.key: rule.name for rule in rules}
    return [(names.get(key, key), *counts) for key, counts in learning.too_little.items()]


@login_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Look for amendments now. Answers 403 for those who do not co-edit."""
    user = _reader(request)
    found = learn(at=timezone.now(), by=user)
    if found is None:
        raise DomainError(_("No definition is in force yet. Both sides sign one first."))
    messages.success(
        request,
        ngettext(
            "Read %(n)s decided handoff: %(found)s amendments stand.",
            "Read %(n)s decided handoffs: %(found)s amendments stand.",
            found.handoffs,
        )
        % {"n": f"{found.handoffs:,}", "found": found.found},
    )
    return redirect("amendments")


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
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
